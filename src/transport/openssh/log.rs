//! What `ssh` says about itself at `LogLevel DEBUG1`, and how that is told from what the host says.

use crate::transport::{
    capture::Capture,
    error::{HostKey, Phase},
};

/// Longest line of `ssh`'s own; what is longer is somebody else's.
const LONGEST: usize = 4096;

/// How many of the lines that come after the login are kept.
const KEPT_LINES: usize = 200;

/// How the lines begin that `ssh` writes while the host's standard error passes through.
const BEGINNINGS: [&str; 3] = ["debug1: ", "Transferred: sent ", "Bytes per second: sent "];

/// The line with which the shell on the mother tells how `ssh` ended there.
pub(super) const ENDED: &str = "debug1: on the mother ssh ended with ";

/// Lines of `ssh`, in their order.
#[derive(Debug, Default, Clone)]
pub(super) struct Log(Vec<String>);

impl Log {
    /// The lines of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        Self(text.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect())
    }

    /// All lines.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.0.iter().map(String::as_str)
    }

    /// What follows `prefix` on the lines that begin with it.
    pub(super) fn after<'a>(&'a self, prefix: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.0.iter().filter_map(move |line| line.strip_prefix(prefix))
    }

    /// The first such line: what a server makes `ssh` say comes later than what it says of itself.
    fn debug<'a>(&'a self, prefix: &str) -> Option<&'a str> {
        self.0.iter().find_map(|line| line.strip_prefix("debug1: ")?.strip_prefix(prefix))
    }

    /// The lines that `ssh` says to everybody, not only to who debugs it.
    pub(super) fn words(&self) -> impl DoubleEndedIterator<Item = &str> {
        let is_word = |line: &&str| {
            !line.is_empty() && !line.starts_with("debug2: ") && !BEGINNINGS.iter().any(|b| line.starts_with(b))
        };
        self.0.iter().map(|line| line.trim()).filter(is_word)
    }

    /// The first of these lines in which `text` stands.
    pub(super) fn word<'a>(&'a self, text: &str) -> Option<&'a str> {
        self.words().find(|line| line.contains(text))
    }

    /// Whether `ssh` has said anything about what it does.
    pub(super) fn has_begun(&self) -> bool {
        self.after("debug1: ").next().is_some()
    }

    /// What was going on last, before the login was over.
    pub(super) fn phase(&self) -> Phase {
        if self.debug("SSH2_MSG_NEWKEYS received").is_some() {
            Phase::Auth
        } else if self.debug("Connection established").is_some() || self.proxy().is_some() {
            Phase::Handshake
        } else if self.addresses() > 0 {
            Phase::Connect
        } else {
            Phase::Name
        }
    }

    /// How many addresses were tried so far.
    pub(super) fn addresses(&self) -> usize {
        self.connecting().count()
    }

    fn connecting(&self) -> impl Iterator<Item = &str> {
        let lines = self.lines().take_while(|line| !line.starts_with("debug1: Connection established"));
        lines.filter_map(|line| line.strip_prefix("debug1: Connecting to "))
    }

    /// What `ssh` said before it heard anything of the server.
    pub(super) fn alone(&self) -> impl Iterator<Item = &str> {
        self.lines().take_while(|line| !line.starts_with("debug1: Local version string "))
    }

    /// The address and port of the connection; nothing through a proxy.
    pub(super) fn answered(&self) -> Option<(&str, u16)> {
        self.debug("Connection established")?;
        let line = self.connecting().last()?;
        let (ip, port) = line.rsplit_once(" [")?.1.split_once("] port ")?;
        Some((ip, port.trim_end_matches('.').parse().ok()?))
    }

    /// The user whose name is given to the server.
    pub(super) fn user(&self) -> Option<&str> {
        self.debug("Authenticating to ")?.rsplit_once(" as '")?.1.strip_suffix('\'')
    }

    /// The proxy's command.
    pub(super) fn proxy(&self) -> Option<&str> {
        self.debug("Executing proxy command: exec ")
    }

    /// The server's banner, as it sent it.
    pub(super) fn banner(&self) -> Option<String> {
        let (protocol, software) = self.debug("Remote protocol version ")?.split_once(", remote software version ")?;
        Some(format!("SSH-{protocol}-{software}"))
    }

    /// The software of the banner, without its comment.
    pub(super) fn software(&self) -> Option<&str> {
        let (_, software) = self.debug("Remote protocol version ")?.split_once(", remote software version ")?;
        software.split_ascii_whitespace().next()
    }

    /// The key, or the key of the certificate, that the server showed.
    pub(super) fn host_key(&self) -> Option<HostKey> {
        let line = self.debug("Server host key: ").or_else(|| self.debug("Server host certificate: "))?;
        let (key_type, fingerprint) = line.split_once(' ')?;
        let fingerprint = fingerprint.split([',', ' ']).next()?;
        Some(HostKey { key_type: key_type.to_owned(), fingerprint: fingerprint.to_owned() })
    }

    /// Whether the server told how the command ended.
    pub(super) fn has_ended(&self) -> bool {
        self.has_status() || self.0.iter().any(|line| line.contains(" rtype exit-signal "))
    }

    /// Whether the server told the command's exit status. `ssh` tells it twice, and loses the first where nobody reads
    /// fast enough.
    pub(super) fn has_status(&self) -> bool {
        let comes = |line: &str| line.starts_with("debug1: ") && line.contains(" rtype exit-status ");
        self.0.iter().any(|line| comes(line)) || self.after("debug1: Exit status ").any(|status| status != "-1")
    }

    /// How `ssh` ended on the mother.
    pub(super) fn mothers_status(&self) -> Option<i32> {
        self.after(ENDED).next_back()?.trim().parse().ok()
    }
}

/// Takes `ssh`'s own lines out of a stream in which they may stand anywhere: `ssh` ends them with a carriage return and
/// a line feed, and writes each at once.
#[derive(Debug, Default)]
pub(super) struct Filter {
    held: Vec<u8>,
    log: Vec<String>,
}

/// What stands at a place of the stream.
enum Found {
    /// A line of `ssh` of this length.
    Line(usize),
    /// The beginning of one, perhaps.
    Perhaps,
    Nothing,
}

impl Filter {
    /// Takes `bytes`, and hands on what is the host's.
    pub(super) fn push(&mut self, bytes: &[u8], host: &mut Capture) {
        self.held.extend_from_slice(bytes);
        let (mut at, mut clean) = (0, 0);
        while at < self.held.len() {
            match look(&self.held[at..]) {
                Found::Nothing => at += 1,
                Found::Perhaps => break,
                Found::Line(length) => {
                    host.push(&self.held[clean..at]);
                    self.keep(at, length);
                    at += length;
                    clean = at;
                }
            }
        }
        host.push(&self.held[clean..at]);
        self.held.drain(..at);
    }

    fn keep(&mut self, at: usize, length: usize) {
        if self.log.len() == KEPT_LINES {
            self.log.remove(0);
        }
        self.log.push(String::from_utf8_lossy(&self.held[at..at + length]).trim_end().to_owned());
    }

    /// The stream is over: hands on what was held back. The log is what `ssh` said in it, with the host's last lines,
    /// among which those of `ssh` to everybody are.
    pub(super) fn finish(mut self, host: &mut Capture) -> Log {
        host.push(&self.held);
        let kept = host.kept();
        let tail = &kept[kept.len().saturating_sub(LONGEST)..];
        self.log.extend(Log::read(tail).0);
        Log(self.log)
    }
}

fn look(bytes: &[u8]) -> Found {
    if !matches!(bytes.first(), Some(b'd' | b'T' | b'B')) {
        return Found::Nothing;
    }
    let begins = BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning.as_bytes()));
    if !begins {
        let may = BEGINNINGS.iter().any(|beginning| beginning.as_bytes().starts_with(bytes));
        return if may { Found::Perhaps } else { Found::Nothing };
    }
    match bytes.iter().take(LONGEST).position(|byte| *byte == b'\n') {
        Some(end) if bytes[end - 1] == b'\r' => Found::Line(end + 1),
        None if bytes.len() < LONGEST => Found::Perhaps,
        Some(_) | None => Found::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOGIN: &str = "debug1: Connecting to a.example [192.0.2.1] port 22.\r\ndebug1: connect to address 192.0.2.1 port 22: No route\r\n\
        debug1: Connecting to a.example [2001:db8::1] port 22.\r\ndebug1: Connection established.\r\n\
        debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1 Debian-2\r\n\
        debug1: Authenticating to a.example:22 as 'op'\r\n\
        debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com SHA256:abc, serial 0 ID \"a\" CA ssh-rsa SHA256:d\r\n";

    #[test]
    fn facts_are_read() {
        let log = Log::read(LOGIN.as_bytes());
        assert_eq!(log.answered(), Some(("2001:db8::1", 22)));
        assert_eq!(log.addresses(), 2);
        assert_eq!(log.banner().as_deref(), Some("SSH-2.0-OpenSSH_9.2p1 Debian-2"));
        assert_eq!((log.software(), log.user()), (Some("OpenSSH_9.2p1"), Some("op")));
        assert_eq!(log.host_key().unwrap().fingerprint, "SHA256:abc");
        assert_eq!(log.phase(), Phase::Handshake);
    }

    #[test]
    fn a_line_in_the_middle_of_the_hosts_is_taken_out() {
        let (mut filter, mut host) = (Filter::default(), Capture::new(1000));
        filter.push(b"one debug1: client_input: rtype exit-status reply 0\r\nmore debug1: not ours\nde", &mut host);
        let log = filter.finish(&mut host);
        assert_eq!(host.kept(), b"one more debug1: not ours\nde");
        assert!(log.has_status());
    }

    proptest! {
        #[test]
        fn what_is_the_hosts_comes_through_however_it_is_cut(
            pieces in prop::collection::vec("(debug1: |deb|Transferred: sent |x|\n|é){0,6}", 0..8),
            cut in 1usize..20,
        ) {
            let line = b"debug1: of ssh\r\n";
            let text: Vec<u8> = pieces.join("").into_bytes();
            let mut stream = text.clone();
            stream.extend_from_slice(b"\n");
            stream.extend_from_slice(line);
            let (mut filter, mut host) = (Filter::default(), Capture::new(10_000));
            stream.chunks(cut).for_each(|chunk| filter.push(chunk, &mut host));
            filter.finish(&mut host);
            prop_assert_eq!(host.kept(), [text, b"\n".to_vec()].concat());
        }
    }
}
