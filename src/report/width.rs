//! Text measured and folded by the columns that it takes on a terminal: Japanese letters take two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of `text` on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// `text` filled up with blanks to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(blanks))
}

/// `text` cut to `width` columns, with an ellipsis where something was cut away.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let (head, _) = split_at(text, room);
    if columns(head) <= room { format!("{head}…") } else { "…".to_owned() }
}

/// Folds one line of text at `width` columns: English at blanks, Japanese before a phrase (a change of script, as from
/// `を` to a kanji, or punctuation). A phrase wider than [`LONG_PHRASE`] is folded between letters where the usual rules
/// (kinsoku: no line begins with `。` or ends with `「`) allow it, and a word wider than a line anywhere.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut folder = Folder { lines: Vec::new(), line: String::new(), width: width.max(2) };
    for phrase in pieces(text, At::Phrases) {
        folder.push_phrase(phrase);
    }
    folder.finish()
}

/// Columns from which on a phrase is folded inside, lest the line before it stays half empty.
const LONG_PHRASE: usize = 24;
/// The same for a phrase with a command or a message between backticks, which is read better in one piece.
const LONG_CODE: usize = 48;

struct Folder {
    lines: Vec<String>,
    line: String,
    width: usize,
}

impl Folder {
    fn push_phrase(&mut self, phrase: &str) {
        let long = if phrase.contains('`') { LONG_CODE } else { LONG_PHRASE };
        if self.has_room(phrase) || columns(phrase.trim_end()) <= long.min(self.width) {
            self.push_whole(phrase);
            return;
        }
        for letters in pieces(phrase, At::Letters) {
            self.push_whole(letters);
        }
    }

    fn push_whole(&mut self, piece: &str) {
        if !self.has_room(piece) && !self.line.is_empty() {
            self.end_line();
        }
        let mut rest = piece;
        while !self.has_room(rest) {
            let (head, tail) = split_at(rest, self.width);
            self.line.push_str(head);
            self.end_line();
            rest = tail;
        }
        self.line.push_str(rest);
    }

    fn has_room(&self, piece: &str) -> bool {
        let (piece, Some(room)) = (piece.trim_end(), self.width.checked_sub(columns(&self.line))) else { return false };
        // Only as far as there is room: a piece may be all that a host said.
        piece.is_empty() || (split_at(piece, room).1.is_empty() && columns(piece) <= room)
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.lines.push(line.trim_end().to_owned());
    }

    fn finish(mut self) -> Vec<String> {
        self.end_line();
        self.lines
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

/// Where a line may end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Between phrases; what stands between backticks is one.
    Phrases,
    /// Wherever it is not wrong.
    Letters,
}

/// The pieces between which a line may end; blanks stand at the end of the piece before them.
fn pieces(text: &str, at: At) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, tail) = rest.split_at(piece_end(rest, at));
        rest = tail;
        (!piece.is_empty()).then_some(piece)
    })
}

fn piece_end(text: &str, at: At) -> usize {
    let mut chars = text.char_indices();
    let (mut before, Some((_, mut previous))) = (None, chars.next()) else { return 0 };
    let mut in_code = previous == '`';
    for (end, next) in chars {
        if next.width() == Some(0) {
            continue;
        }
        let ends = match at {
            At::Phrases => !in_code && begins_phrase(before, previous, next),
            At::Letters => may_break(before, previous, next),
        };
        if ends {
            return end;
        }
        in_code ^= next == '`';
        (before, previous) = (Some(previous), next);
    }
    text.len()
}

fn may_break(before: Option<char>, previous: char, next: char) -> bool {
    if next == ' ' || never_begins(next) || never_ends(previous) {
        return false;
    }
    if previous == ' ' {
        // `3 件`: a number and what it counts stay together.
        return !(is_wide(next) && before.is_some_and(|c| c.is_ascii_digit()));
    }
    (is_wide(previous) || is_wide(next)) && !(is_katakana(previous) && is_katakana(next))
}

fn begins_phrase(before: Option<char>, previous: char, next: char) -> bool {
    // `お` and `ご` stand before the word that they make polite.
    let after_particle = is_hiragana(previous) && !is_hiragana(next) && !matches!(previous, 'お' | 'ご');
    let after_bracket = matches!(previous, '」' | '』' | '）' | '】') && !is_hiragana(next);
    let after_stop = matches!(previous, ' ' | '、' | '。' | '！' | '？' | '，' | '．' | '；');
    may_break(before, previous, next) && (after_stop || after_particle || after_bracket || never_ends(next))
}

fn is_wide(c: char) -> bool {
    c.width() == Some(2)
}

fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}')
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
    fn japanese_folds_before_phrases_and_keeps_its_punctuation() {
        assert_eq!(wrap("接続できません。再試行してください", 20), ["接続できません。", "再試行してください"]);
        assert_eq!(wrap("これは「例」です", 8), ["これは", "「例」で", "す"]);
        assert_eq!(wrap("鍵を追加してください。", 12), ["鍵を追加して", "ください。"]);
        assert_eq!(wrap("以上、ご更新ください", 14), ["以上、", "ご更新ください"]);
    }

    #[test]
    fn long_phrases_fold_between_letters() {
        let text = "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字";
        assert_eq!(wrap(text, 30), [&text[..45], &text[45..]]);
    }

    #[test]
    fn what_stands_between_backticks_stays_in_one_piece() {
        assert_eq!(wrap("it stops with `Bad local forwarding`.", 30), ["it stops with", "`Bad local forwarding`."]);
        assert_eq!(wrap("an odd ` mark does no harm", 12), ["an odd `", "mark does no", "harm"]);
    }

    #[test]
    fn katakana_latin_words_and_counts_stay_whole_in_japanese() {
        assert_eq!(wrap("古いフォワーディング設定", 22), ["古い", "フォワーディング設定"]);
        assert_eq!(wrap("版は6.6.1p1です", 12), ["版は", "6.6.1p1です"]);
        assert_eq!(wrap("エラー 12 件", 10), ["エラー", "12 件"]);
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

    #[test]
    fn a_word_of_all_that_a_host_may_say_is_folded_once() {
        // To measure what is left for each line would take hours.
        let lines = wrap(&"x".repeat(2 * 1024 * 1024), 64);
        assert_eq!((lines.len(), lines[0].len()), (32 * 1024, 64));
    }
}
