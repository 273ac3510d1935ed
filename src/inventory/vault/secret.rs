//! Where passwords come from: a file, a script, or what was typed.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

use super::{HEADER, PasswordFault, decrypt_with, envelope::Envelope};
use crate::{
    secret::Secret,
    stop::{Group, Stop},
    trust::Scripts,
};

/// How long a password script may take: it may ask somebody.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// How much of a password is read, in bytes.
const MAX_PASSWORD: u64 = 1024 * 1024;

/// A password under its label.
#[derive(Debug)]
pub(super) struct Password {
    pub(super) label: String,
    pub(super) bytes: Secret<Vec<u8>>,
}

/// Where a password is.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) label: String,
    /// Whether the user gave the label, so that a client script is told it.
    pub(super) named: bool,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) enum Place {
    /// A file with the password, or a script that prints it.
    File(PathBuf),
    /// Typed already.
    Given(Secret<Vec<u8>>),
}

impl Source {
    /// Whether there is something to read; says nothing of what is in it.
    pub(super) fn check(&self) -> Result<(), PasswordFault> {
        let Place::File(file) = &self.place else { return Ok(()) };
        match fs::metadata(file) {
            Ok(metadata) if metadata.is_dir() => Err(PasswordFault::Directory(file.clone())),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(PasswordFault::Missing(file.clone())),
            Err(error) => Err(unreadable(file, &error)),
        }
    }

    /// The file with the password; one that was typed is written into `file`, for this user only.
    pub(super) fn file(&self, file: &Path) -> io::Result<PathBuf> {
        match &self.place {
            Place::File(named) => std::path::absolute(named),
            Place::Given(password) => {
                let mut written = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
                written.write_all(password.expose())?;
                Ok(file.to_path_buf())
            }
        }
    }

    /// Reads the password; `earlier` ones may open its file.
    pub(super) fn load(&self, earlier: &[Password], scripts: Scripts, stop: &Stop) -> Result<Password, PasswordFault> {
        self.check()?;
        let bytes = match &self.place {
            Place::Given(password) => password.clone(),
            Place::File(file) if is_executable(file) => {
                scripts.check(file).map_err(|why| PasswordFault::Untrusted { file: file.clone(), why })?;
                script(file, self.named.then_some(self.label.as_str()), stop)?
            }
            Place::File(file) => read(file, earlier)?,
        };
        Ok(Password { label: self.label.clone(), bytes })
    }
}

fn unreadable(file: &Path, error: &io::Error) -> PasswordFault {
    PasswordFault::Unreadable { file: file.to_path_buf(), message: error.to_string() }
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

/// The file's content without blanks around it; a file that is encrypted itself is opened with an earlier password.
fn read(file: &Path, earlier: &[Password]) -> Result<Secret<Vec<u8>>, PasswordFault> {
    let mut bytes = Zeroizing::new(Vec::new());
    let opened = fs::File::open(file).map_err(|error| unreadable(file, &error))?;
    opened.take(MAX_PASSWORD).read_to_end(&mut bytes).map_err(|error| unreadable(file, &error))?;
    let mut password = Zeroizing::new(bytes.trim_ascii().to_vec());
    if password.starts_with(HEADER.as_bytes()) {
        let opened = Envelope::parse(&password).and_then(|envelope| decrypt_with(&envelope, earlier));
        password = Zeroizing::new(opened.map_err(|_| PasswordFault::Encrypted(file.to_path_buf()))?);
    }
    not_empty(file, &password)
}

fn not_empty(file: &Path, password: &[u8]) -> Result<Secret<Vec<u8>>, PasswordFault> {
    let line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = password.iter().position(|byte| !line_end(byte));
    let end = password.iter().rposition(|byte| !line_end(byte));
    match (start, end) {
        (Some(start), Some(end)) => Ok(password[start..=end].to_vec().into()),
        _ => Err(PasswordFault::Empty(file.to_path_buf())),
    }
}

/// Ansible goes by the name: `something-client`, with any one ending or none.
fn is_client(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-client"))
}

/// What the script prints. Its standard error stays the terminal's, so that it can ask.
fn script(file: &Path, label: Option<&str>, stop: &Stop) -> Result<Secret<Vec<u8>>, PasswordFault> {
    let start = |error: io::Error| PasswordFault::Start { file: file.to_path_buf(), message: error.to_string() };
    let mut command = Command::new(std::path::absolute(file).map_err(start)?);
    if let Some(label) = label.filter(|_| is_client(file)) {
        command.args(["--vault-id", label]);
    }
    // It stays in our process group, where it can ask on the terminal.
    let mut group = Group::start_beside_us(stop, command.stdout(Stdio::piped())).map_err(start)?;
    let deadline = Instant::now() + TIME_LIMIT;
    let output =
        collect(&mut group.child).map_err(start)?.recv_timeout(TIME_LIMIT).ok().filter(|_| group.ended_by(deadline));
    let (Some(output), Some(status)) = (output, group.finish()) else {
        return Err(PasswordFault::Timeout { file: file.to_path_buf(), seconds: TIME_LIMIT.as_secs() });
    };
    if !status.success() {
        return Err(PasswordFault::Failed { file: file.to_path_buf(), status: status.to_string() });
    }
    not_empty(file, &output)
}

/// An error where the user may start no further thread.
fn collect(child: &mut Child) -> io::Result<mpsc::Receiver<Zeroizing<Vec<u8>>>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::Builder::new().spawn(move || {
            let mut bytes = Zeroizing::new(Vec::new());
            // What was read before an error is what there is.
            let _ = stdout.take(MAX_PASSWORD).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
        })?;
    }
    Ok(receiver)
}
