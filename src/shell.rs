//! Text as words of a POSIX shell: the one rule for all scripts, arguments and commands that are shown to people.

/// Words that a shell takes for its own where a command may stand, although no letter of them is special.
const RESERVED: [&str; 17] = [
    "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while", "function",
    "select", "time", "coproc",
];

/// `text` as one word that every POSIX shell reads as itself, wherever a word may stand. A word cannot hold a NUL: who
/// takes text from outside refuses one before.
#[must_use]
pub(crate) fn quote(text: &str) -> String {
    // `a=b` would be an assignment, and `{a,b}` is two words to some shells.
    if text.is_empty() || !text.bytes().all(is_plain) || RESERVED.contains(&text) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    text.to_owned()
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/._-+:,@".contains(&byte)
}

/// `words` as one line of the shell.
#[must_use]
pub(crate) fn join<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// The words of `text` as Ansible takes arguments apart: as a shell does, but a `#` begins no comment.
pub(crate) fn split(text: &str) -> Result<Vec<String>, shell_words::ParseError> {
    let mut plain = String::with_capacity(text.len());
    let (mut quote, mut is_start) = (None, true);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '#' && is_start {
            plain.push('\\');
        }
        plain.push(c);
        is_start = quote.is_none() && c.is_ascii_whitespace();
        match (quote, c) {
            (None | Some('"'), '\\') => plain.extend(chars.next()),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    shell_words::split(&plain)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    const SHELLS: [&[&str]; 4] = [&["dash"], &["bash"], &["bash", "--posix"], &["busybox", "sh"]];

    fn run(shell: &[&str], script: &str) -> std::process::Output {
        Command::new(shell[0]).args(&shell[1..]).args(["-c", script]).output().expect("the shell is there")
    }

    proptest! {
        #[test]
        fn quoted_words_split_into_themselves(words in prop::collection::vec("[^\0]{0,12}", 1..5)) {
            prop_assert_eq!(shell_words::split(&join(&words)).expect("quoted text splits"), words);
        }
    }

    #[test]
    fn arguments_come_apart_as_in_python() {
        for text in [
            "-o A=b # -o C=d",
            "#",
            "-o 'A=b #c' \"x # y\" z#w",
            r"a\ # b\# \#c",
            r#""a\" # b" # c"#,
            "'a'#b '' # \t#c\n#d",
            "-o \"ProxyCommand=ssh -W %h:%p jump\" -C",
        ] {
            let script = "import shlex,sys; sys.stdout.write('\\0'.join(shlex.split(sys.argv[1])))";
            let output = Command::new("python3").args(["-c", script, text]).output().expect("Ansible has a Python");
            assert!(output.status.success(), "{output:?}");
            assert_eq!(split(text).unwrap().join("\0"), String::from_utf8_lossy(&output.stdout), "{text}");
        }
        assert!(split("'a").is_err());
    }

    proptest! {
        // Each case starts four processes.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn words_come_out_of_every_shell_as_themselves(words in prop::collection::vec("[^\0]{0,12}", 1..5)) {
            for shell in SHELLS {
                let output = run(shell, &format!("printf '%s\\0' {}", join(&words)));
                prop_assert_eq!(String::from_utf8_lossy(&output.stdout), words.join("\0") + "\0", "{:?}", shell);
            }
        }
    }

    #[test]
    fn a_word_at_the_beginning_is_the_name_of_a_command() {
        let letters = RESERVED.into_iter().chain(["!", "{", "}", "A=b", "~root", "#", "a b", "-x"]);
        for word in letters {
            for shell in SHELLS {
                let output = run(shell, &format!("PATH=/nowhere; {} x", quote(word)));
                // A shell that is told a path that it cannot find the program in says so with 127.
                assert_eq!(output.status.code(), Some(127), "{word} {shell:?}: {output:?}");
            }
        }
    }

    #[test]
    fn plain_words_stay_readable() {
        assert_eq!(join(&["ssh-keygen", "-f", "/a/b_c", "-R", "[h]:22"]), "ssh-keygen -f /a/b_c -R '[h]:22'");
        assert_eq!((quote("A=b"), quote("~root"), quote("")), ("'A=b'".into(), "'~root'".into(), "''".into()));
    }
}
