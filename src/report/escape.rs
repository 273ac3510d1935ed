//! Text from hosts and inventories made safe to show: nothing in it can move the cursor, hide or reorder what is read.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// So many marks may sit on one letter; further ones are shown by number, lest they paint over other lines.
const MARKS_PER_LETTER: usize = 3;

/// Whether `c` is a control character, or one that is not seen but changes what is (direction, joining, fillers).
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether `command` can be pasted into a shell as it is shown. A replacement character stands for bytes that were no
/// UTF-8, so that the command would mean another file.
pub(super) fn is_pasteable(command: &str) -> bool {
    !command.chars().any(|c| is_hidden(c) || c == char::REPLACEMENT_CHARACTER)
}

/// `text` as one line: hidden characters by number (`\x1b`, `\u{202e}`), line ends as `\n`, tabs as a blank.
pub(super) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        match c {
            '\t' => out.push(' '),
            c if is_hidden(c) || marks > MARKS_PER_LETTER => push_number(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

/// The lines of `text`, each escaped, with tabs set out to every eighth column and blank lines at the end left out.
pub(super) fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.split('\n').map(|one| line(&expand_tabs(one.trim_end()))).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn push_number(out: &mut String, c: char) {
    // Writing into a `String` cannot fail.
    let _ = match c {
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        c if u32::from(c) < 0x100 => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "\\u{{{:x}}}", u32::from(c)),
    };
}

fn expand_tabs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for c in text.chars() {
        let width = if c == '\t' { 8 - column % 8 } else { c.width().unwrap_or(0) };
        if c == '\t' {
            out.extend(std::iter::repeat_n(' ', width));
        } else {
            out.push(c);
        }
        column += width;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{is_pasteable, line, lines};

    #[test]
    fn escape_sequences_are_shown_not_obeyed() {
        assert_eq!(line("\x1b[2J\x1b]0;owned\x07ok\u{9b}31m"), r"\x1b[2J\x1b]0;owned\x07ok\x9b31m");
    }

    #[test]
    fn direction_changes_and_invisible_letters_are_shown() {
        assert_eq!(line("a\u{202e}b\u{200b}c\u{feff}\0"), r"a\u{202e}b\u{200b}c\u{feff}\x00");
    }

    #[test]
    fn stacked_marks_are_told_by_number_beyond_three() {
        assert_eq!(line("e\u{301}"), "e\u{301}");
        assert_eq!(line("e\u{301}\u{301}\u{301}\u{301}x"), "e\u{301}\u{301}\u{301}\\u{301}x");
    }

    #[test]
    fn tabs_and_line_ends_of_output_stay_readable() {
        assert_eq!(lines("a\tb\r\nname\tvalue\n\n"), ["a       b", "name    value"]);
        assert_eq!(lines("half\rover"), ["half\\rover"]);
    }

    #[test]
    fn commands_with_hidden_characters_are_not_for_pasting() {
        assert!(is_pasteable("rm -- '/var/tmp/日本語'"));
        for command in ["ls\nrm -rf ~", "rm \u{202e}x", "rm a\tb", "rm \u{fffd}", "\x1b[200~"] {
            assert!(!is_pasteable(command), "{command:?}");
        }
    }
}
