//! What to do where the server refused a public key: install it there by `ssh-copy-id`.

use std::path::Path;

use super::step;
use crate::{
    shell::{join, quote},
    transport::{
        error::{AuthRefusal, ErrorRemedy, TransportError},
        refused_key::{RefusedKey as Key, public_name},
    },
};

/// The step that installs the key; where several were tried, the first one that has a file.
pub(super) fn remedy(error: &TransportError, refusal: &AuthRefusal) -> ErrorRemedy {
    let mut commands = copy(error, refusal);
    if let Some(directory) = &refusal.directory {
        commands = commands.into_iter().map(|command| format!("cd {} && {command}", quote(directory))).collect();
    }
    match &refusal.key {
        Some(Key::Agent(_)) => step(
            "check the user (`ansible_user`), and install the public keys for it, which are all that the agent has",
            "ユーザー (`ansible_user`) を確認し、公開鍵を登録してください (ssh-agent のすべての鍵が登録されます)",
            commands,
        ),
        Some(Key::PrivateFile(_)) => step(
            "check the user (`ansible_user`), make the public key's file, which is missing, and install the key for it",
            "ユーザー (`ansible_user`) を確認し、公開鍵のファイルがないので作成してから登録してください",
            commands,
        ),
        _ => step(
            "check the user (`ansible_user`), and install the public key for it",
            "ユーザー (`ansible_user`) を確認し、公開鍵を登録してください",
            commands,
        ),
    }
}

fn copy(error: &TransportError, refusal: &AuthRefusal) -> Vec<String> {
    match &refusal.key {
        Some(Key::Pair(public)) => vec![install(error, refusal, &["-i"], public)],
        // Without `-f`, which must stand first, the private key's file is wanted too.
        Some(Key::PublicFile(public)) => vec![install(error, refusal, &["-f", "-i"], public)],
        Some(Key::PrivateFile(private)) => {
            let public = public_name(private);
            let make = format!("ssh-keygen -yf {} > {}", word(private), word(&public));
            vec![make, install(error, refusal, &["-i"], &public)]
        }
        Some(Key::Agent(Some(socket))) => {
            vec![format!("SSH_AUTH_SOCK={} {}", word(socket), line(error, refusal, &["ssh-copy-id"]))]
        }
        Some(Key::Agent(None)) | None => vec![line(error, refusal, &["ssh-copy-id"])],
    }
}

/// The command that installs the key in `public`. `ssh-copy-id` puts its name between double quotes into a line of the
/// shell, which would run what stands in it.
fn install(error: &TransportError, refusal: &AuthRefusal, options: &[&str], public: &Path) -> String {
    let name = public.to_string_lossy();
    if name.contains(['"', '$', '`', '\\']) {
        let append = quote("mkdir -p ~/.ssh && chmod 700 ~/.ssh && cat >> ~/.ssh/authorized_keys");
        return format!("{} {append} < {}", line(error, refusal, &["ssh"]), word(public));
    }
    line(error, refusal, &[&["ssh-copy-id"], options, &[&*name]].concat())
}

/// `words` with the options and the login that lead to the host.
fn line(error: &TransportError, refusal: &AuthRefusal, words: &[&str]) -> String {
    let mut line: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
    line.extend(refusal.way.iter().cloned());
    if error.port != 22 {
        line.extend(["-p".to_owned(), error.port.to_string()]);
    }
    line.push(format!("{}@{}", error.user, error.host));
    join(&line)
}

fn word(file: &Path) -> String {
    quote(&file.display().to_string())
}
