//! Adds a host to a known-hosts file: all of the line or nothing, and no line of anybody else is lost.

use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use tempfile::NamedTempFile;

use super::{KnownHosts, MAX_FILE, line::type_of};
use crate::{
    bounded,
    stop::{Stop, Undo},
};

/// How long others may hold the lock.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is begun anew where somebody writes without asking for the lock, as `ssh` does.
const TRIES: usize = 10;

/// Writes down that `name` (`host`, or `[host]:port`) has the key `blob`, with the name hashed where that is wanted. A file that
/// has the line already stays as it is; one that is not there is made, with its directory.
///
/// The file is replaced by a whole new one of the same owner and mode (of which `stop` leaves nothing half done), while a lock on its directory keeps other runs out.
pub(in crate::transport) fn add(file: &Path, name: &str, blob: &[u8], hashed: bool, stop: &Stop) -> io::Result<()> {
    let file = real(file)?;
    let directory = file.parent().ok_or(ErrorKind::InvalidInput)?;
    let lock = File::open(directory)?;
    hold(&lock)?;
    for _ in 0..TRIES {
        let (old, about) = read(&file)?;
        if KnownHosts::of_text(&file, &old).has(name, blob) {
            return Ok(());
        }
        let text = format!("{}{}", gap(&old), line(name, blob, hashed)?);
        let (new, _kept) = stop.keep(|| temporary(directory))?;
        let new = prepare(new, old, &text, about.as_ref())?;
        if is_untouched(&file, about.as_ref())? {
            new.persist(&file).map_err(|error| error.error)?;
            return Ok(());
        }
    }
    Err(io::Error::new(ErrorKind::ResourceBusy, "others keep writing to it"))
}

/// The file behind all links; its directory is made where it is missing, for nobody else to read.
fn real(file: &Path) -> io::Result<PathBuf> {
    match file.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        found => return found,
    }
    let (directory, name) = file.parent().zip(file.file_name()).ok_or(ErrorKind::InvalidInput)?;
    if !directory.exists() {
        std::fs::DirBuilder::new().mode(0o700).create(directory)?;
    }
    Ok(directory.canonicalize()?.join(name))
}

fn hold(lock: &File) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(std::fs::TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn read(file: &Path) -> io::Result<(Vec<u8>, Option<Metadata>)> {
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), None)),
        Err(error) => return Err(error),
    };
    let about = opened.metadata()?;
    // A new file in the place of a read-only one would be against its owner's wish.
    rustix::fs::access(file, rustix::fs::Access::WRITE_OK)?;
    if about.mode() & 0o222 == 0 {
        return Err(ErrorKind::PermissionDenied.into());
    }
    Ok((bounded::read_from(opened, MAX_FILE)?, Some(about)))
}

/// What has to come between the old text and a new line.
fn gap(bytes: &[u8]) -> &'static str {
    if bytes.is_empty() || bytes.ends_with(b"\n") { "" } else { "\n" }
}

/// A file beside it, which goes where the program ends at once.
fn temporary(directory: &Path) -> io::Result<(NamedTempFile, Undo)> {
    let new = tempfile::Builder::new().prefix(".known_hosts-").tempfile_in(directory)?;
    let undo = Undo::Path(new.path().to_path_buf());
    Ok((new, undo))
}

fn prepare(
    mut new: NamedTempFile,
    mut old: Vec<u8>,
    added: &str,
    about: Option<&Metadata>,
) -> io::Result<NamedTempFile> {
    old.extend_from_slice(added.as_bytes());
    new.write_all(&old)?;
    let mode = about.map_or(0o600, |about| about.mode() & 0o7777);
    if let Some(about) = about.filter(|about| about.uid() != rustix::process::getuid().as_raw()) {
        let (owner, group) = (rustix::fs::Uid::from_raw(about.uid()), rustix::fs::Gid::from_raw(about.gid()));
        rustix::fs::fchown(new.as_file(), Some(owner), Some(group))?;
    }
    new.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    new.as_file().sync_all()?;
    Ok(new)
}

/// Whether the file is still the one that was read.
fn is_untouched(file: &Path, about: Option<&Metadata>) -> io::Result<bool> {
    let now = match std::fs::metadata(file) {
        Ok(now) => Some(now),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mark = |about: &Metadata| (about.ino(), about.len(), about.mtime(), about.mtime_nsec());
    Ok(now.as_ref().map(mark) == about.map(mark))
}

fn line(name: &str, blob: &[u8], hashed: bool) -> io::Result<String> {
    let key_type = type_of(blob).ok_or(ErrorKind::InvalidData)?;
    let name = if hashed { hash(name)? } else { name.to_owned() };
    Ok(format!("{name} {key_type} {}\n", STANDARD.encode(blob)))
}

/// As `ssh-keygen -H` writes it.
pub(super) fn hash(name: &str) -> io::Result<String> {
    let mut salt = [0; 20];
    getrandom::fill(&mut salt).map_err(|error| io::Error::other(error.to_string()))?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&salt).map_err(|error| io::Error::other(error.to_string()))?;
    mac.update(name.as_bytes());
    Ok(format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::Stop;

    fn add(file: &std::path::Path, name: &str, blob: &[u8], hashed: bool) -> std::io::Result<()> {
        super::add(file, name, blob, hashed, &Stop::default())
    }

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIKaJq0eTmcLoG6pZ3pmuoQYhVzVPsyUdDRXQ2m5vXbNZ";

    fn blob() -> Vec<u8> {
        STANDARD.decode(KEY).unwrap()
    }

    #[test]
    fn a_line_is_added_once_and_ssh_keygen_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("known"), dir.path().join("link"));
        fs::write(&file, format!("other ssh-ed25519 {KEY}")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for (name, hashed) in [("plain", false), ("[hidden]:2222", true), ("plain", false), ("[hidden]:2222", true)] {
            add(&link, name, &blob(), hashed).unwrap();
        }
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!((text.lines().count(), text.contains("hidden")), (3, false), "{text}");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        for name in ["other", "plain", "[hidden]:2222"] {
            let found = Command::new("ssh-keygen").arg("-f").arg(&file).args(["-F", name]).output().unwrap();
            assert!(found.status.success(), "{name} in {text}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left behind");
    }

    #[test]
    fn a_new_file_is_the_users_own() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(".ssh/known_hosts");
        add(&file, "h", &blob(), false).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_read_only_file_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("known");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(add(&file, "h", &blob(), false).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "");
    }

    #[test]
    fn many_writers_lose_no_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("known");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let file = &file;
                scope.spawn(move || {
                    for number in 0..12 {
                        add(file, &format!("h{writer}-{number}"), &blob(), number % 2 == 0).unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 96);
    }
}
