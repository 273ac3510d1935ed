//! What came back, cut into frames. Both streams carry the same markers in the same order.
//!
//! A marker is the nonce, a letter and its fields, up to the end of the line; it may stand in the middle of a line,
//! because what precedes it need not end with one. Whatever breaks the order ends the reading: frames that were complete
//! before stay answers, everything else has none.

use memchr::memmem;

use super::nonce::Nonce;

/// What the batch told about itself before its first frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Effective user id.
    pub uid: Option<u32>,
    /// Seconds since boot, where the host tells.
    pub uptime: Option<f64>,
    /// System and release, as `uname -sr` says.
    pub system: String,
}

/// How a probe ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// With this status.
    Status(i32),
    /// Its directory could not be entered.
    NoDirectory,
}

/// How a frame was closed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Close {
    /// By the probe's end; with the host's seconds since boot before and after.
    Ended { exit: Exit, from: Option<f64>, to: Option<f64> },
    /// By the probe's deadline.
    TimedOut,
    /// Not at all.
    Cut,
}

/// One probe's part of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame<'a> {
    pub(super) data: &'a [u8],
    pub(super) close: Close,
}

/// What became of `sudo`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sudo<'a> {
    /// It was not needed, or not reached.
    Unused,
    /// It ran the shell.
    Ran,
    /// It ended without running the shell; its words on this stream.
    Refused(&'a [u8]),
    /// It neither ran the shell nor ended in time.
    Silent,
}

/// A stream, read.
#[derive(Debug)]
pub(super) struct Stream<'a> {
    /// What stands before the first marker: a noisy login shell, or why there is no marker.
    pub(super) noise: &'a [u8],
    pub(super) header: Option<Header>,
    /// By index; shorter than the batch where the stream ended or broke off.
    pub(super) frames: Vec<Frame<'a>>,
    pub(super) sudo: Sudo<'a>,
    /// Seconds since boot at the very end, where it was reached and the host tells them.
    pub(super) ended: Option<f64>,
}

#[derive(Debug, PartialEq)]
enum Marker {
    Header(Header),
    Begin(usize),
    End { index: usize, close: Close },
    TimedOut(usize),
    SudoBegin,
    SudoEnd { timed_out: bool },
    Trailer(Option<f64>),
}

/// A marker, absent where it is malformed, and the bytes between it and the one before.
struct Token<'a> {
    before: &'a [u8],
    marker: Option<Marker>,
}

/// Reads one stream.
pub(super) fn read<'a>(bytes: &'a [u8], nonce: &Nonce) -> Stream<'a> {
    let mut reader = Reader {
        stream: Stream { noise: bytes, header: None, frames: Vec::new(), sudo: Sudo::Unused, ended: None },
        open: false,
        in_sudo: false,
    };
    let mut tokens = tokens(bytes, nonce).into_iter();
    if let Some(first) = tokens.next() {
        reader.stream.noise = first.before;
        if let Some(Marker::Header(header)) = first.marker {
            reader.stream.header = Some(header);
            for token in tokens {
                if reader.take(token).is_none() {
                    break;
                }
            }
        }
    }
    if reader.in_sudo && reader.stream.sudo == Sudo::Unused {
        reader.stream.sudo = Sudo::Silent;
    }
    reader.stream
}

struct Reader<'a> {
    stream: Stream<'a>,
    /// The last frame has no end yet.
    open: bool,
    in_sudo: bool,
}

impl<'a> Reader<'a> {
    /// Takes the next marker; none where it cannot stand here, or nothing may follow. A frame's broken end costs that
    /// frame only: a capped stream is cut in the middle of it.
    fn take(&mut self, token: Token<'a>) -> Option<()> {
        let was_open = self.open;
        if was_open {
            self.close(&token);
        }
        let Some(marker) = token.marker else { return was_open.then_some(()) };
        match marker {
            Marker::Header(_) if self.in_sudo && self.stream.sudo == Sudo::Unused => self.stream.sudo = Sudo::Ran,
            Marker::Begin(index) => self.begin(index)?,
            Marker::End { index, .. } if self.is_last(index) => {}
            Marker::TimedOut(index) => self.timed_out(index)?,
            Marker::SudoBegin if !self.in_sudo => self.in_sudo = true,
            Marker::SudoEnd { timed_out } if self.in_sudo => self.sudo_end(timed_out, token.before),
            Marker::Trailer(uptime) if !self.in_sudo => {
                self.stream.ended = uptime;
                return None;
            }
            Marker::Header(_)
            | Marker::End { .. }
            | Marker::SudoBegin
            | Marker::SudoEnd { .. }
            | Marker::Trailer(_) => return None,
        }
        Some(())
    }

    fn is_last(&self, index: usize) -> bool {
        index + 1 == self.stream.frames.len()
    }

    fn begin(&mut self, index: usize) -> Option<()> {
        (index == self.stream.frames.len()).then(|| {
            self.stream.frames.push(Frame { data: &[], close: Close::Cut });
            self.open = true;
        })
    }

    /// The first marker after a begin holds the frame's data before it, and is its end or the proof that there is none.
    fn close(&mut self, token: &Token<'a>) {
        self.open = false;
        let last = self.stream.frames.len().saturating_sub(1);
        let Some(frame) = self.stream.frames.last_mut() else { return };
        frame.data = token.before;
        match &token.marker {
            Some(Marker::End { index, close }) if *index == last => frame.close = *close,
            Some(Marker::TimedOut(index)) if *index == last => frame.close = Close::TimedOut,
            _ => {}
        }
    }

    /// A probe that is ended from outside may have lost its begin on the way, or have told its end on one stream only.
    fn timed_out(&mut self, index: usize) -> Option<()> {
        if index == self.stream.frames.len() {
            self.stream.frames.push(Frame { data: &[], close: Close::TimedOut });
            return Some(());
        }
        self.is_last(index).then(|| {
            if let Some(frame) = self.stream.frames.last_mut() {
                frame.close = Close::TimedOut;
            }
        })
    }

    fn sudo_end(&mut self, timed_out: bool, words: &'a [u8]) {
        self.in_sudo = false;
        if self.stream.sudo == Sudo::Unused {
            self.stream.sudo = if timed_out { Sudo::Silent } else { Sudo::Refused(words) };
        }
    }
}

fn tokens<'a>(bytes: &'a [u8], nonce: &Nonce) -> Vec<Token<'a>> {
    let nonce = nonce.as_str().as_bytes();
    let starts: Vec<usize> = memmem::find_iter(bytes, nonce).collect();
    let mut tokens = Vec::with_capacity(starts.len());
    let mut from = 0;
    for (nth, start) in starts.iter().copied().enumerate() {
        let fields = start + nonce.len();
        let until = starts.get(nth + 1).copied().unwrap_or(bytes.len());
        let line = bytes[fields..until].iter().position(|byte| *byte == b'\n').map(|length| fields + length);
        let marker = line.and_then(|end| marker(&bytes[fields..end]));
        tokens.push(Token { before: &bytes[from..start], marker });
        from = line.map_or(fields, |end| end + 1);
    }
    tokens
}

fn marker(fields: &[u8]) -> Option<Marker> {
    let text = std::str::from_utf8(fields).ok()?.strip_prefix(' ')?;
    let words: Vec<&str> = text.split(' ').collect();
    Some(match words.as_slice() {
        ["H", uid, uptime, system @ ..] => {
            Marker::Header(Header { uid: uid.parse().ok(), uptime: seconds(uptime), system: system.join(" ") })
        }
        ["B", index] => Marker::Begin(index.parse().ok()?),
        ["E", index, exit, from, to] => Marker::End {
            index: index.parse().ok()?,
            close: Close::Ended { exit: exit_of(exit)?, from: seconds(from), to: seconds(to) },
        },
        ["T", index] => Marker::TimedOut(index.parse().ok()?),
        ["S"] => Marker::SudoBegin,
        ["R", "T"] => Marker::SudoEnd { timed_out: true },
        ["R", status] => status.parse::<i32>().ok().map(|_| Marker::SudoEnd { timed_out: false })?,
        ["Z", uptime] => Marker::Trailer(seconds(uptime)),
        _ => return None,
    })
}

fn exit_of(word: &str) -> Option<Exit> {
    match word {
        "cd" => Some(Exit::NoDirectory),
        status => status.parse().ok().map(Exit::Status),
    }
}

fn seconds(word: &str) -> Option<f64> {
    word.parse().ok().filter(|seconds: &f64| seconds.is_finite())
}
