//! The arguments of `ssh` that people put into `ansible_ssh_common_args` and the like.

use std::path::PathBuf;

use super::{
    file::{ConfigOption, Place},
    notice::{Notice, NoticeKind},
    raw::KEY_ARGUMENT,
    words,
};
use crate::shell;

/// Arguments, understood as `ssh` understands them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SshArgs {
    /// `-F`; the path `none` for no file at all.
    pub config_file: Option<PathBuf>,
    /// Everything that is an option of `ssh_config` too, in order.
    pub(super) options: Vec<ConfigOption>,
    /// What was not understood.
    pub notices: Vec<Notice>,
}

/// Letters of `ssh` that take a value; all others stand alone.
const WITH_VALUE: &str = "BbcDEeFIiJLlmOoPpQRSWw";

/// Reads `text`, which is split into words as a shell does. Words that `ssh` would obey and we do not become notices.
#[must_use]
pub fn parse_ssh_args(text: &str) -> SshArgs {
    let mut args = SshArgs::default();
    match shell::split(text) {
        Ok(words) => args.take(words),
        Err(_) => args.note(NoticeKind::Unreadable(format!("a quote is not closed in `{text}`"))),
    }
    args
}

impl SshArgs {
    fn take(&mut self, words: Vec<String>) {
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                self.note(NoticeKind::NotHonoured(word));
                continue;
            };
            // Letters may be joined, as in `-qt`, and the last one may have its value joined, as in `-p22`.
            for (at, letter) in letters.char_indices() {
                if !WITH_VALUE.contains(letter) {
                    self.flag(letter);
                    continue;
                }
                let joined = &letters[at + letter.len_utf8()..];
                let value = if joined.is_empty() { words.next() } else { Some(joined.to_owned()) };
                match value {
                    Some(value) => self.valued(letter, value),
                    None => self.note(NoticeKind::BadValue(format!("-{letter}"), String::new())),
                }
                break;
            }
        }
    }

    fn flag(&mut self, letter: char) {
        match letter {
            '4' => return self.overriding("addressfamily", "inet".to_owned()),
            '6' => return self.overriding("addressfamily", "inet6".to_owned()),
            _ => {}
        }
        // Verbosity, terminals, compression, forwarding and sharing say nothing about whether we get in.
        if !"AaCfGgKkMNnqsTtVvXxYy12".contains(letter) {
            self.note(NoticeKind::Unknown(format!("-{letter}")));
        }
    }

    fn valued(&mut self, letter: char, value: String) {
        match letter {
            'F' => self.config_file = Some(PathBuf::from(value)),
            'i' => self.option(KEY_ARGUMENT, value),
            'b' => self.overriding("bindaddress", value),
            'B' => self.overriding("bindinterface", value),
            'c' => self.overriding("ciphers", value),
            'm' => self.overriding("macs", value),
            'I' => self.option("pkcs11provider", value),
            'p' => self.option("port", value),
            'l' => self.option("user", value),
            'J' => self.option("proxyjump", value),
            'o' => self.written(&value),
            // Forwardings, logs, escape characters, control sockets.
            'D' | 'E' | 'e' | 'L' | 'O' | 'Q' | 'R' | 'S' | 'w' => {}
            _ => self.note(NoticeKind::NotHonoured(format!("-{letter}"))),
        }
    }

    /// `-o Key=Value` or `-o "Key Value"`: a line of `ssh_config`.
    fn written(&mut self, text: &str) {
        match words::split(text) {
            Some(Ok((keyword, args))) => self.options.push(ConfigOption { keyword, args, place: Place::Arguments }),
            _ => self.note(NoticeKind::BadValue("-o".to_owned(), text.to_owned())),
        }
    }

    fn option(&mut self, keyword: &str, value: String) {
        self.options.push(ConfigOption { keyword: keyword.to_owned(), args: vec![value], place: Place::Arguments });
    }

    /// Such a flag wins also over what stands before it.
    fn overriding(&mut self, keyword: &str, value: String) {
        let option = ConfigOption { keyword: keyword.to_owned(), args: vec![value], place: Place::Arguments };
        self.options.insert(0, option);
    }

    fn note(&mut self, kind: NoticeKind) {
        self.notices.push(Notice { file: None, line: 0, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::parse_ssh_args;

    fn options(text: &str) -> Vec<String> {
        let args = parse_ssh_args(text);
        args.options.iter().map(|option| format!("{} {}", option.keyword, option.args.join("|"))).collect()
    }

    #[test]
    fn usual_arguments_are_understood() {
        let args = parse_ssh_args("-F /x/ssh_config -o ControlMaster=auto -o ControlPersist=60s -C -tt");
        assert_eq!(args.config_file.as_deref().and_then(|p| p.to_str()), Some("/x/ssh_config"));
        assert!(args.notices.is_empty(), "{args:?}");
        assert_eq!(
            options(
                r#"-o "User me" -oPort=23 -p 24 -i '/a b/key' -l you -J j1,j2 -o ProxyCommand="ssh -W %h:%p jump" -qp25"#
            ),
            [
                "user me",
                "port 23",
                "port 24",
                "-i /a b/key",
                "user you",
                "proxyjump j1,j2",
                "proxycommand ssh -W %h:%p jump",
                "port 25"
            ]
        );
    }

    #[test]
    fn what_is_not_understood_is_told() {
        for (text, count) in [
            ("-4", 0),
            ("-Z", 1),
            ("host", 1),
            ("# -C", 1),
            ("-p", 1),
            ("-o 'a", 1),
            ("-b 1.2.3.4", 0),
            ("-W a:1", 1),
            ("", 0),
        ] {
            assert_eq!(parse_ssh_args(text).notices.len(), count, "{text}");
        }
    }
}
