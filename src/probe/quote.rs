//! The one place where text becomes a word of the shell.

/// `text` as one word of a POSIX shell, whatever it holds (a shell word cannot hold a NUL: see [`super::Batch::new`]).
#[must_use]
pub(super) fn quote(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/._-+:,@%".contains(&byte)
}

/// `words` as one line of the shell.
#[must_use]
pub(super) fn join<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quoted_words_split_into_themselves(words in prop::collection::vec("[^\0]{0,12}", 1..5)) {
            prop_assert_eq!(shell_words::split(&join(&words)).expect("quoted text splits"), words);
        }
    }

    #[test]
    fn an_assignment_is_no_plain_word() {
        assert_eq!(quote("A=b"), "'A=b'");
        assert_eq!(quote("~root"), "'~root'");
        assert_eq!(quote(""), "''");
    }
}
