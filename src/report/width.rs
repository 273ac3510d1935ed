//! Text measured and folded by the columns that it takes on a terminal: Japanese letters take two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of `text` on a terminal.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// `text` filled up with blanks to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(blanks))
}

/// `text` cut to `width` columns, with an ellipsis where something was cut away.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let (head, _) = split_at(text, width.saturating_sub(1));
    format!("{head}…")
}

/// Folds one line of text at `width` columns: at blanks, and between Japanese letters where the usual rules (kinsoku:
/// no line begins with `。` or ends with `「`) allow it. A word wider than a line is broken.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = vec![String::new()];
    for word in words(text) {
        push(&mut lines, word, width);
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

fn push(lines: &mut Vec<String>, word: &str, width: usize) {
    let Some(line) = lines.last_mut() else { return };
    if columns(line) + columns(word.trim_end()) <= width {
        line.push_str(word);
        return;
    }
    if !line.is_empty() {
        lines.push(String::new());
    }
    let mut rest = word;
    while columns(rest.trim_end()) > width {
        let (head, tail) = split_at(rest, width);
        if let Some(line) = lines.last_mut() {
            line.push_str(head);
        }
        lines.push(String::new());
        rest = tail;
    }
    if let Some(line) = lines.last_mut() {
        line.push_str(rest);
    }
}

/// The longest head of at most `width` columns that ends between two letters, and the rest. The head has at least one
/// letter, so that folding goes on.
fn split_at(text: &str, width: usize) -> (&str, &str) {
    let mut end = 0;
    for next in letter_ends(text) {
        if end > 0 && columns(&text[..next]) > width {
            break;
        }
        end = next;
    }
    text.split_at(end)
}

/// Where letters end: a letter and the marks upon it stay together.
fn letter_ends(text: &str) -> impl Iterator<Item = usize> {
    let mut chars = text.char_indices().skip(1);
    std::iter::from_fn(move || chars.by_ref().find(|(_, c)| c.width() != Some(0)).map(|(at, _)| at))
        .chain(std::iter::once(text.len()).filter(|end| *end > 0))
}

/// The pieces between which a line may end; blanks stand at the end of the piece before them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (word, tail) = rest.split_at(word_end(rest));
        rest = tail;
        (!word.is_empty()).then_some(word)
    })
}

fn word_end(text: &str) -> usize {
    let mut chars = text.char_indices();
    let Some((_, mut previous)) = chars.next() else { return 0 };
    for (at, next) in chars {
        if may_break(previous, next) {
            return at;
        }
        if next.width() != Some(0) {
            previous = next;
        }
    }
    text.len()
}

fn may_break(previous: char, next: char) -> bool {
    if next == ' ' || next.width() == Some(0) || never_begins(next) || never_ends(previous) {
        return false;
    }
    if previous == ' ' {
        return true;
    }
    let wide = |c: char| c.width() == Some(2);
    (wide(previous) || wide(next)) && !(is_katakana(previous) && is_katakana(next))
}

fn never_begins(c: char) -> bool {
    matches!(
        c,
        '、' | '。'
            | '，'
            | '．'
            | '・'
            | '：'
            | '；'
            | '？'
            | '！'
            | 'ー'
            | '々'
            | '〜'
            | '～'
            | '…'
            | '）'
            | '」'
            | '』'
            | '】'
            | '〕'
            | '〉'
            | '》'
            | '］'
            | '｝'
            | 'ぁ'
            | 'ぃ'
            | 'ぅ'
            | 'ぇ'
            | 'ぉ'
            | 'っ'
            | 'ゃ'
            | 'ゅ'
            | 'ょ'
            | 'ァ'
            | 'ィ'
            | 'ゥ'
            | 'ェ'
            | 'ォ'
            | 'ッ'
            | 'ャ'
            | 'ュ'
            | 'ョ'
            | ')'
            | ']'
            | '}'
            | ','
            | '.'
            | ':'
            | ';'
            | '!'
            | '?'
            | '%'
    )
}

fn never_ends(c: char) -> bool {
    matches!(c, '（' | '「' | '『' | '【' | '〔' | '〈' | '《' | '［' | '｛' | '(' | '[' | '{' | '$' | '#')
}

fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a0}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{columns, cut, pad, wrap};

    #[test]
    fn english_folds_at_blanks() {
        assert_eq!(wrap("one two  three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn japanese_folds_between_letters_and_keeps_its_punctuation() {
        assert_eq!(wrap("接続できません。再試行", 12), ["接続できませ", "ん。再試行"]);
        assert_eq!(wrap("これは「例」です", 8), ["これは", "「例」で", "す"]);
    }

    #[test]
    fn katakana_and_latin_words_stay_whole_in_japanese() {
        assert_eq!(wrap("古いフォワーディング設定", 18), ["古い", "フォワーディング設", "定"]);
        assert_eq!(wrap("版は6.6.1p1です", 10), ["版は", "6.6.1p1で", "す"]);
    }

    #[test]
    fn words_wider_than_a_line_are_broken() {
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
    }

    #[test]
    fn cutting_leaves_room_for_the_ellipsis() {
        assert_eq!(cut("日本語です", 10), "日本語です");
        assert_eq!(cut("日本語です", 6), "日本…");
        assert_eq!(pad("日本", 6), "日本  ");
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_letter_is_lost(text in r"[a-zA-Z。、「」あ-んア-ン漢字語 (),.ー]{0,80}", width in 4usize..40) {
            let lines = wrap(&text, width);
            for line in &lines {
                prop_assert!(columns(line) <= width, "{line:?}");
            }
            let without_blanks = |text: &str| text.replace(' ', "");
            prop_assert_eq!(without_blanks(&lines.concat()), without_blanks(&text));
        }

        #[test]
        fn any_text_is_cut_to_its_width(text in r"\PC{0,60}", width in 2usize..40) {
            prop_assert!(columns(&cut(&text, width)) <= width);
        }
    }
}
