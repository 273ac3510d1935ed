//! A Kerberos realm of a test's own: a key distribution centre on loopback whose files are all in one temporary directory.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::sshd::run;

/// Everybody asks the test's own centre, and names are taken as they are written.
const CLIENT: &str = "[libdefaults]
 default_realm = LAB.TEST
 rdns = false
 dns_canonicalize_hostname = false
 dns_lookup_kdc = false
 dns_lookup_realm = false
 qualify_shortname = \"\"
 udp_preference_limit = 1
[realms]
 LAB.TEST = {
  kdc = 127.0.0.1:PORT
 }
";

const CENTRE: &str = "[kdcdefaults]
 kdc_listen = \"\"
 kdc_tcp_listen = 127.0.0.1:PORT
[realms]
 LAB.TEST = {
  database_name = DIR/principal
  key_stash_file = DIR/stash
  acl_file = DIR/acl
  max_life = 1h
 }
[logging]
 kdc = FILE:DIR/kdc.log
";

/// A running realm; its centre ends when it is dropped.
pub(crate) struct Kerberos {
    dir: TempDir,
    centre: Child,
}

impl Kerberos {
    /// Makes the realm, with a key for the server at 127.0.0.1.
    pub(crate) fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("krb-").tempdir().unwrap();
        // Accounts of the tests read the configuration in here.
        fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        write_configuration(&dir, 0);
        run(tool(&dir, "kdb5_util").args(["create", "-s", "-r", "LAB.TEST", "-P", "of the database"]));
        let centre = start_centre(&dir);
        let realm = Self { dir, centre };
        realm.add("host/127.0.0.1", "host.keytab");
        realm
    }

    /// Adds a principal whose key is in a file of this name.
    fn add(&self, principal: &str, keytab: &str) {
        let admin = |query: String| run(tool(&self.dir, "kadmin.local").args(["-r", "LAB.TEST", "-q", &query]));
        admin(format!("addprinc -randkey {principal}"));
        admin(format!("ktadd -norandkey -k {} {principal}", self.path(keytab).display()));
    }

    /// A ticket for a new principal of this name, for so long, in a file.
    pub(crate) fn ticket(&self, name: &str, lifetime: &str) -> PathBuf {
        let (keytab, cache) = (format!("{name}.keytab"), self.path(&format!("{name}.cache")));
        self.add(name, &keytab);
        let mut kinit = tool(&self.dir, "kinit");
        run(kinit.args(["-l", lifetime, "-k", "-t"]).arg(self.path(&keytab)).arg("-c").arg(&cache).arg(name));
        cache
    }

    /// A file of the realm.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What a client's environment needs to know of the realm.
    pub(crate) fn configuration(&self) -> (&'static str, String) {
        ("KRB5_CONFIG", self.path("krb5.conf").display().to_string())
    }

    /// What the environment of the server at 127.0.0.1 needs.
    pub(crate) fn of_server(&self) -> Vec<(&'static str, String)> {
        let keytab = ("KRB5_KTNAME", self.path("host.keytab").display().to_string());
        // Else it would write to a directory of the system.
        vec![self.configuration(), keytab, ("KRB5RCACHENAME", "none:".to_owned())]
    }
}

impl Drop for Kerberos {
    fn drop(&mut self) {
        let _ = self.centre.kill();
        let _ = self.centre.wait();
    }
}

fn tool(dir: &TempDir, program: &str) -> Command {
    let mut command = Command::new(program);
    let at = |name: &str| dir.path().join(name);
    // Administration is for root, whose path need not be the tester's.
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("KRB5_CONFIG", at("krb5.conf")).env("KRB5_KDC_PROFILE", at("kdc.conf")).env("KRB5CCNAME", at("cache"));
    command
}

fn write_configuration(dir: &TempDir, port: u16) {
    for (name, text) in [("krb5.conf", CLIENT), ("kdc.conf", CENTRE)] {
        let text = text.replace("PORT", &port.to_string()).replace("DIR", &dir.path().display().to_string());
        fs::write(dir.path().join(name), text).unwrap();
    }
}

fn start_centre(dir: &TempDir) -> Child {
    // Another process may take the port in between; then the next one is tried.
    for _ in 0..20 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        write_configuration(dir, port);
        // Also a test that is killed leaves none behind.
        let mut command = tool(dir, "setpriv");
        let command = command
            .args(["--pdeathsig", "KILL", "krb5kdc", "-n"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut centre = command.spawn().expect("krb5-kdc is installed; tests/setup.sh does that");
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return centre;
            }
            if centre.try_wait().is_ok_and(|status| status.is_some()) {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = centre.kill();
        let _ = centre.wait();
    }
    panic!("no key distribution centre came up: {}", fs::read_to_string(dir.path().join("kdc.log")).unwrap_or_default())
}
