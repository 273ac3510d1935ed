//! Standard error as `indicatif` draws on it, without the blanks with which it fills a line up: what a terminal shows for a
//! Ctrl-C would go to the next line, and the old line would stay.

use std::{
    io::{self, Write as _},
    sync::{Mutex, PoisonError},
};

use indicatif::TermLike;

/// Takes the line away on which the cursor stands.
pub(crate) const CLEAR: &str = "\r\x1b[2K";
/// Columns where nobody tells the width.
const WIDTH: u16 = 80;

/// What was drawn since the last flush.
#[derive(Debug, Default)]
pub(super) struct Screen(Mutex<String>);

/// Columns of the terminal.
pub(super) fn width() -> u16 {
    terminal_size::terminal_size_of(io::stderr()).map_or(WIDTH, |(width, _)| width.0)
}

impl Screen {
    #[expect(clippy::unnecessary_wraps, reason = "the trait's methods may fail")]
    fn push(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }

    fn moved(&self, n: usize, to: char) -> io::Result<()> {
        if n == 0 { Ok(()) } else { self.push(&format!("\x1b[{n}{to}")) }
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        width()
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.push(text)?;
        self.push("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text.chars().all(|c| c == ' ') { Ok(()) } else { self.push(text) }
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push(CLEAR)
    }

    fn flush(&self) -> io::Result<()> {
        let text = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut stderr = io::stderr().lock();
        stderr.write_all(text.as_bytes())?;
        stderr.flush()
    }
}
