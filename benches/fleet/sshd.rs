//! Loopback hosts: a listener each, which hands every connection to OpenSSH's own `sshd -i`.

use std::{
    fs, io,
    net::{TcpListener, TcpStream},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// One loopback host.
pub(crate) struct Host {
    /// Its name in the inventory.
    pub(crate) name: String,
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    /// Where its next command is recorded, if it is.
    pub(crate) record: PathBuf,
    recording: Arc<AtomicBool>,
}

impl Host {
    /// Starts listening. Files are made in `directory`, which holds `host_key` and `authorized_keys`.
    ///
    /// # Errors
    /// No port, or a file cannot be written.
    pub(crate) fn start(directory: &Path, name: String) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let record = directory.join(format!("{name}.command"));
        let (plain, recorder) = write_configs(directory, &name, &record)?;
        let recording = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&recording);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = if flag.load(Ordering::Relaxed) { &recorder } else { &plain };
                // A client sees a refused connection, and the bench fails over it.
                let _ = serve(stream, config);
            }
        });
        Ok(Self { name, port, record, recording })
    }

    /// From now on commands are run without being recorded.
    pub(crate) fn stop_recording(&self) {
        self.recording.store(false, Ordering::Relaxed);
    }
}

/// Writes the two configurations: one that runs commands, one that also records them.
fn write_configs(directory: &Path, name: &str, record: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let plain = directory.join(format!("{name}.sshd_config"));
    let recorder = directory.join(format!("{name}.recording.sshd_config"));
    let (directory, record) = (directory.display(), record.display());
    let common = format!(
        "HostKey {directory}/host_key\nAuthorizedKeysFile {directory}/authorized_keys\nStrictModes no\nUsePAM no\n\
         PidFile none\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUseDNS no\n\
         LogLevel QUIET\n"
    );
    let force = format!(
        "ForceCommand printf %s \"$SSH_ORIGINAL_COMMAND\" >{record}; exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"\n"
    );
    fs::write(&plain, &common)?;
    fs::write(&recorder, common + &force)?;
    Ok((plain, recorder))
}

fn serve(stream: TcpStream, config: &Path) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let output = OwnedFd::from(stream.try_clone()?);
    let mut command = Command::new("/usr/sbin/sshd");
    command.args(["-i", "-f"]).arg(config).stdin(OwnedFd::from(stream)).stdout(output).stderr(Stdio::null());
    let mut child = command.spawn()?;
    thread::spawn(move || child.wait());
    Ok(())
}
