//! A probe as the words that follow `sh -c` on the host.

use std::time::Duration;

use super::{Probe, ScriptSource};
use crate::shell;

/// A longer word cannot be an argument on Linux (`MAX_ARG_STRLEN`, with its NUL).
const LONGEST_WORD: usize = 128 * 1024 - 1;
/// What a shell runs whose text must not stand among its words.
const READ_TEXT: &str = "eval \"$(cat)\"";
const RUN_WORDS: &str = "\"$@\"";

/// What one line of the script asks for.
#[derive(Debug)]
pub(super) struct Call {
    /// The directory in which it runs; empty = where the shell starts.
    pub(super) directory: String,
    pub(super) max_bytes: usize,
    text: Text,
    /// The name that the shell gives itself in messages, then the arguments.
    arguments: Vec<String>,
}

#[derive(Debug)]
enum Text {
    Own(String),
    Helper(Helper),
}

/// A text of ours that is sent once a batch, however many probes use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Helper {
    File,
    Socket,
    Tcp,
}

impl Helper {
    /// The shell variable that holds it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::File => "hpfile",
            Self::Socket => "hpsocket",
            Self::Tcp => "hptcp",
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::File => include_str!("sh/file.sh"),
            Self::Socket => include_str!("sh/socket.sh"),
            Self::Tcp => include_str!("sh/tcp.sh"),
        }
    }
}

impl Call {
    pub(super) fn helper(&self) -> Option<Helper> {
        match self.text {
            Text::Own(_) => None,
            Text::Helper(helper) => Some(helper),
        }
    }

    /// Why no shell can be given these words, or would answer another question; none where all is well.
    pub(super) fn impossible(&self) -> Option<&'static str> {
        let asks_nothing = match &self.text {
            Text::Own(text) => text == RUN_WORDS && self.arguments.len() < 2,
            Text::Helper(_) => self.arguments.get(1).is_none_or(String::is_empty),
        };
        if asks_nothing {
            return Some("the question is empty");
        }
        let own = match &self.text {
            Text::Own(text) => text,
            Text::Helper(_) => "",
        };
        let mut words = self.arguments.iter().map(String::as_str).chain([own, &self.directory]);
        if words.clone().any(|word| word.contains('\0')) {
            return Some("a NUL character in the question");
        }
        words.any(|word| word.len() > LONGEST_WORD).then_some("a text of more than 128 KiB in the question")
    }

    /// The text that is this question's own.
    pub(super) fn own_text(&self) -> Option<&str> {
        match &self.text {
            Text::Own(text) => Some(text),
            Text::Helper(_) => None,
        }
    }

    /// The words for a text that its shell reads from a pipe; the prelude puts it there.
    pub(super) fn fed_words(&self) -> String {
        match self.text {
            Text::Own(_) => format!("{} {}", shell::quote(READ_TEXT), shell::join(&self.arguments)),
            Text::Helper(_) => self.words(),
        }
    }

    /// The words, quoted.
    pub(super) fn words(&self) -> String {
        let text = match &self.text {
            Text::Own(text) => shell::quote(text),
            Text::Helper(helper) => format!("\"${}\"", helper.name()),
        };
        format!("{text} {}", shell::join(&self.arguments))
    }
}

/// The call for `probe`; none where no shell is asked.
pub(super) fn of(probe: &Probe, timeout: Duration) -> Option<Call> {
    let own = |text: &str, arguments: Vec<String>, chdir: &Option<String>, max_bytes: usize| {
        let text = Text::Own(text.to_owned());
        Call { directory: chdir.clone().unwrap_or_default(), max_bytes, text, arguments }
    };
    let helper = |helper, arguments: &[&str]| Call {
        directory: String::new(),
        max_bytes: 64 * 1024,
        text: Text::Helper(helper),
        arguments: named(arguments.iter().copied()),
    };
    Some(match probe {
        Probe::Command { argv, chdir, max_bytes, .. } => own(RUN_WORDS, named(argv), chdir, *max_bytes),
        Probe::Nagios { argv } => own(RUN_WORDS, named(argv), &None, 64 * 1024),
        Probe::Shell { cmd, chdir, max_bytes, .. } => own(cmd, named::<&str>([]), chdir, *max_bytes),
        Probe::Script { source, args, interpreter, max_bytes, .. } => script(source, args, interpreter, *max_bytes),
        Probe::File { path } => helper(Helper::File, &[path]),
        Probe::UnixSocket { path } => helper(Helper::Socket, &[path]),
        Probe::Tcp { host, port } => {
            helper(Helper::Tcp, &[host, &port.to_string(), &connect_seconds(timeout).to_string()])
        }
        Probe::Clock => own("date +%s.%N", named::<&str>([]), &None, 4096),
        Probe::StreamLocal { .. } | Probe::Connection | Probe::Inventory => return None,
    })
}

fn named<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Vec<String> {
    std::iter::once("sh".to_owned()).chain(words.into_iter().map(|word| word.as_ref().to_owned())).collect()
}

/// Time for a connection, so that it is known to have hung before the probe's own deadline passes.
fn connect_seconds(timeout: Duration) -> u64 {
    timeout.as_secs().saturating_sub(1).clamp(1, 60)
}

/// How an interpreter takes a program that is not in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feed {
    /// `-c TEXT NAME ARGUMENTS`.
    Shell,
    /// `-c TEXT ARGUMENTS`.
    Python,
    /// `-e TEXT -- ARGUMENTS`.
    Perl,
    /// `TEXT ARGUMENTS`.
    Awk,
    /// On standard input; the arguments follow the interpreter's own.
    Input,
}

fn script(source: &ScriptSource, args: &[String], interpreter: &[String], max_bytes: usize) -> Call {
    let body: &str = &source.body;
    let (text, words) = match feed(interpreter) {
        Feed::Shell if interpreter == ["sh"] => (body.to_owned(), vec![source.name.as_str()]),
        Feed::Shell => (RUN_WORDS.to_owned(), fed(interpreter, &["-c", body, &source.name])),
        Feed::Python => (RUN_WORDS.to_owned(), fed(interpreter, &["-c", body])),
        Feed::Perl => (RUN_WORDS.to_owned(), fed(interpreter, &["-e", body, "--"])),
        Feed::Awk => (RUN_WORDS.to_owned(), fed(interpreter, &[body])),
        Feed::Input => (format!("printf %s {}|\"$@\"", shell::quote(body)), fed(interpreter, &[])),
    };
    let arguments = words.into_iter().chain(args.iter().map(String::as_str)).map(str::to_owned).collect();
    Call { directory: String::new(), max_bytes, text: Text::Own(text), arguments }
}

fn fed<'a>(interpreter: &'a [String], words: &[&'a str]) -> Vec<&'a str> {
    std::iter::once("sh").chain(interpreter.iter().map(String::as_str)).chain(words.iter().copied()).collect()
}

/// By the last word that names a known interpreter: `[env, python3, -u]` is one for Python, `[busybox, sh]` a shell.
fn feed(interpreter: &[String]) -> Feed {
    let known = |word: &String| {
        let name = word.rsplit('/').next().unwrap_or(word);
        match name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
            "sh" | "bash" | "dash" | "ash" | "ksh" | "mksh" | "zsh" => Some(Feed::Shell),
            "python" | "pypy" | "platform-python" => Some(Feed::Python),
            "perl" | "ruby" | "node" => Some(Feed::Perl),
            "awk" | "gawk" | "mawk" => Some(Feed::Awk),
            _ => None,
        }
    };
    interpreter.iter().rev().find_map(known).unwrap_or(Feed::Input)
}
