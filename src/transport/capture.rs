//! One captured stream: what is kept, what is thrown away, and when it is enough.

use std::time::{Duration, Instant};

use memchr::memmem;

/// What is read and thrown away beyond the cap before the other side is cut off.
const PATIENCE: usize = 16 * 1024 * 1024;

/// A stream that is read to its end but kept only up to a cap.
#[derive(Debug)]
pub(super) struct Capture {
    kept: Vec<u8>,
    cap: usize,
    dropped: usize,
}

impl Capture {
    /// Keeps the first `cap` bytes.
    pub(super) fn new(cap: usize) -> Self {
        Self { kept: Vec::new(), cap, dropped: 0 }
    }

    /// Takes what was just read.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let (keep, rest) = bytes.split_at(bytes.len().min(self.cap - self.kept.len()));
        self.kept.extend_from_slice(keep);
        self.dropped += rest.len();
    }

    /// Whether something was thrown away.
    pub(super) fn truncated(&self) -> bool {
        self.dropped > 0
    }

    /// Whether so much came beyond the cap that its end is not worth waiting for.
    pub(super) fn is_flood(&self) -> bool {
        self.dropped > PATIENCE
    }

    /// What was kept so far.
    pub(super) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Takes out what was kept.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.kept)
    }

    /// What was kept.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.kept
    }
}

/// How the reading of both streams ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Both came to their end, and who wrote them ended.
    Complete,
    /// Everything came, and what still holds the streams is not waited for.
    Left,
    /// The time was over.
    TimedOut,
    /// The connection was.
    Lost,
    /// More came than anybody wants to read.
    Flood,
}

/// How long a stream may stay open once nothing is wanted of it any more: somebody's login file may have left a program behind
/// that holds it, for ever.
const LINGER: Duration = Duration::from_secs(1);

/// Where the last mark of a stream is looked for: a login shell may say something when it is left.
const TAIL: usize = 4096;

/// What ends both streams, and until when they are waited for since it came.
#[derive(Debug)]
pub(super) struct Ending {
    mark: Option<Vec<u8>>,
    until: Option<Instant>,
}

impl Ending {
    /// An end that is known by `mark`, or by nothing but the end of the streams.
    pub(super) fn by(mark: Option<&[u8]>) -> Self {
        Self { mark: mark.filter(|mark| !mark.is_empty()).map(<[u8]>::to_vec), until: None }
    }

    /// Until when the streams are waited for, once both have the mark; `deadline` before that.
    pub(super) fn until(&mut self, streams: [&Capture; 2], deadline: Instant) -> Instant {
        if let (Some(mark), None) = (&self.mark, self.until) {
            let has = |stream: &&Capture| {
                let tail = &stream.kept[stream.kept.len().saturating_sub(TAIL)..];
                memmem::find(tail, mark).is_some()
            };
            self.until = streams.iter().all(has).then(|| deadline.min(Instant::now() + LINGER));
        }
        self.until.unwrap_or(deadline)
    }

    /// What it means that the time is over.
    pub(super) fn too_late(&self) -> End {
        if self.until.is_some() { End::Left } else { End::TimedOut }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Capture, End, Ending, PATIENCE};

    #[test]
    fn the_end_is_near_once_both_streams_have_the_mark() {
        let (mut out, mut err) = (Capture::new(9000), Capture::new(9000));
        let (mut ending, far) = (Ending::by(Some(b"Z 1")), Instant::now() + Duration::from_secs(60));
        out.push(b"text\nZ 1\nlogout\n");
        assert_eq!((ending.until([&out, &err], far), ending.too_late()), (far, End::TimedOut));
        err.push(&[b'e'; 8000]);
        err.push(b"Z 1\n");
        let until = ending.until([&out, &err], far);
        assert!(until < far && ending.too_late() == End::Left);
        out.push(b"more");
        assert_eq!(ending.until([&out, &err], far), until, "it does not move");
        assert_eq!(Ending::by(None).until([&out, &err], far), far);
    }

    #[test]
    fn the_head_is_kept_and_a_flood_is_told() {
        let mut capture = Capture::new(4);
        capture.push(b"abc");
        assert!(!capture.truncated());
        capture.push(b"def");
        assert!(capture.truncated() && !capture.is_flood());
        capture.push(&vec![0; PATIENCE]);
        assert!(capture.is_flood());
        assert_eq!(capture.into_bytes(), b"abcd");
    }
}
