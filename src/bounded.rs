//! Files that somebody else may have named or made, read without waiting for ever and up to a bound: a pipe may have no
//! writer, a device no end, and a file more than the memory holds.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    os::unix::fs::FileTypeExt as _,
    path::Path,
};

/// Reads a file of at most `limit` bytes. A pipe is an error, so that nobody is waited for.
///
/// # Errors
/// Where it cannot be read, waits for somebody, or is larger.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_fifo() || kind.is_socket() {
        return Err(io::Error::other("it is a pipe or a socket; a file is expected"));
    }
    read_from(File::open(path)?, limit)
}

/// The same as text.
///
/// # Errors
/// As [`read`], and where it is no UTF-8 text.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    text(read(path, limit)?)
}

/// The same of what the user himself gives to the program, which may be a pipe.
///
/// # Errors
/// As [`read_text`].
pub(crate) fn read_text_from(stream: impl Read, limit: u64) -> io::Result<String> {
    text(read_from(stream, limit)?)
}

/// Reads a stream of at most `limit` bytes to its end.
///
/// # Errors
/// Where it cannot be read, or is longer.
pub(crate) fn read_from(stream: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let message = format!("it is larger than {} MiB", limit / 1024 / 1024);
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_or_no_writer_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let (file, pipe) = (directory.path().join("file"), directory.path().join("pipe"));
        fs::write(&file, "12345").unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert_eq!(read(&file, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read(Path::new("/dev/zero"), 9).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read(Path::new("/dev/null"), 9).unwrap(), b"");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert!(read(&pipe, 9).unwrap_err().to_string().contains("a file is expected"));
    }
}
