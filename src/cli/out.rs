//! Standard output: written through one lock, and quietly given up when the reader has gone.

use std::io::{self, ErrorKind, Write};

use super::secrets;

/// Standard output took not all of it: its disk is full.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written")]
pub(super) struct StdoutError(#[from] io::Error);

/// Writes `text` to standard output. A closed pipe (`| head`) is an end, not an error.
///
/// # Errors
/// Whatever else kept the output from being written (a full disk).
pub(super) fn print(text: &str) -> Result<(), StdoutError> {
    print_bytes(text.as_bytes())
}

/// The same for text that is bytes already.
///
/// # Errors
/// As [`print`].
pub(super) fn print_bytes(text: &[u8]) -> Result<(), StdoutError> {
    Ok(write_all(&mut io::stdout().lock(), text)?)
}

/// The same without what is secret, for text that is no report and no inventory.
///
/// # Errors
/// As [`print`].
pub(super) fn print_redacted(text: &str) -> Result<(), StdoutError> {
    print(&secrets::redactor().redact(text))
}

/// The same for standard error; nobody can be told when that fails.
pub(super) fn print_error(text: &str) {
    let _ = write_all(&mut io::stderr().lock(), secrets::redactor().redact(text).as_bytes());
}

/// What another library has written to standard output, judged in the same way.
///
/// # Errors
/// As [`print`].
pub(super) fn printed(written: io::Result<()>) -> Result<(), StdoutError> {
    Ok(unless_left(written.and_then(|()| io::stdout().flush()))?)
}

fn write_all(to: &mut impl Write, text: &[u8]) -> io::Result<()> {
    unless_left(to.write_all(text).and_then(|()| to.flush()))
}

fn unless_left(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_an_end_and_a_full_disk_an_error() {
        assert!(write_all(&mut Broken(ErrorKind::BrokenPipe), b"text").is_ok());
        assert!(write_all(&mut Broken(ErrorKind::StorageFull), b"text").is_err());
    }
}
