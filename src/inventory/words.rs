//! Shell words as Python's `shlex.split(line, comments=True)` makes them.

/// Why a line has no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordsFault {
    /// A quote is not closed.
    Quote,
    /// The line ends in a backslash.
    Escape,
    /// There are more than [`MAX_WORDS`].
    TooMany,
}

/// How many words a line may have.
pub(super) const MAX_WORDS: usize = 100_000;

/// A word and the column (from 1) at which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) column: u32,
}

/// What the next character means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Blank,
    Word,
    Quoted(char),
    /// After a backslash; the state to return to.
    Escaped(Option<char>),
}

/// Splits a line that holds no line break.
pub(super) fn split(line: &str) -> Result<Vec<Word>, WordsFault> {
    let mut words: Vec<Word> = Vec::new();
    let mut state = State::Blank;
    for (column, c) in (1u32..).zip(line.chars()) {
        if state == State::Blank && !is_blank(c) && c != '#' {
            if words.len() >= MAX_WORDS {
                return Err(WordsFault::TooMany);
            }
            words.push(Word { text: String::new(), column });
        }
        let Some(next) = step(state, c, words.last_mut()) else { break };
        state = next;
    }
    match state {
        State::Quoted(_) => Err(WordsFault::Quote),
        State::Escaped(_) => Err(WordsFault::Escape),
        State::Blank | State::Word => Ok(words),
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The next state; nothing where a comment begins.
fn step(state: State, c: char, word: Option<&mut Word>) -> Option<State> {
    let mut nowhere = String::new();
    let text = word.map_or(&mut nowhere, |word| &mut word.text);
    match (state, c) {
        (State::Blank | State::Word, '#') => None,
        (State::Blank | State::Word, c) if is_blank(c) => Some(State::Blank),
        (State::Blank | State::Word, '\\') => Some(State::Escaped(None)),
        (State::Blank | State::Word, '"' | '\'') => Some(State::Quoted(c)),
        (State::Quoted(quote), c) if c == quote => Some(State::Word),
        (State::Quoted('"'), '\\') => Some(State::Escaped(Some('"'))),
        (State::Escaped(Some(quote)), c) => {
            // Inside double quotes only the quote and the backslash can be escaped.
            text.extend((c != quote && c != '\\').then_some('\\'));
            text.push(c);
            Some(State::Quoted(quote))
        }
        (State::Quoted(_), c) => {
            text.push(c);
            Some(state)
        }
        (State::Escaped(None) | State::Blank | State::Word, c) => {
            text.push(c);
            Some(State::Word)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Result<Vec<String>, WordsFault> {
        split(line).map(|words| words.into_iter().map(|word| word.text).collect())
    }

    #[test]
    fn words_are_pythons() {
        let cases: [(&str, &[&str]); 9] = [
            ("h1 a=1 b=\"x y\"", &["h1", "a=1", "b=x y"]),
            ("h a=\"b#q\" c=d # e", &["h", "a=b#q", "c=d"]),
            ("h a=x#y b=1", &["h", "a=x"]),
            ("a\\ b 'c\\d' \"e\\\"f\\g\"", &["a b", "c\\d", "e\"f\\g"]),
            ("\"\" x", &["", "x"]),
            ("C:\\\\dir", &["C:\\dir"]),
            ("a=\"x\"'y'z", &["a=xyz"]),
            ("  ", &[]),
            ("é\tü", &["é", "ü"]),
        ];
        for (line, words) in cases {
            assert_eq!(
                texts(line).as_deref(),
                Ok(words.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
                "{line}"
            );
        }
    }

    #[test]
    fn open_ends_are_faults() {
        assert_eq!(texts("a 'b"), Err(WordsFault::Quote));
        assert_eq!(texts("a \\"), Err(WordsFault::Escape));
        assert_eq!(texts("a \"b\\"), Err(WordsFault::Escape));
    }

    #[test]
    fn words_know_their_column() {
        let columns: Vec<u32> = split("é  b='x'  c").into_iter().flatten().map(|word| word.column).collect();
        assert_eq!(columns, [1, 4, 11]);
    }
}
