//! One captured stream: what is kept, what is thrown away, and when it is enough.

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

#[cfg(test)]
mod tests {
    use super::{Capture, PATIENCE};

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
