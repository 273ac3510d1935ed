//! Ways to a host that are code, which `--no-scripts` lets not run.

use crate::{
    plan::{Reach, ReachError, Wanted},
    probe::Becoming,
    text::Text,
    transport::{Endpoint, SshEndpoint},
};

/// Where the system keeps the programs by which one becomes another user.
const SYSTEM: [&str; 4] = ["/usr/bin/", "/bin/", "/usr/local/bin/", ""];

/// What `--no-scripts` has against this way.
pub(super) fn check(wanted: &Wanted, reach: &Reach) -> Result<(), ReachError> {
    let name = &wanted.name;
    match reach {
        Reach::At(Endpoint::Ssh(ssh)) => over_ssh(name, ssh)?,
        Reach::At(Endpoint::Openssh(_)) => return Err(program_refused(name, "--transport openssh")),
        Reach::At(Endpoint::FromMother(_)) => return Err(program_refused(name, "--via-mother")),
        _ => {}
    }
    becoming(name, &wanted.becoming)
}

fn over_ssh(name: &str, ssh: &SshEndpoint) -> Result<(), ReachError> {
    match (&ssh.proxy_command, ssh.proxy_jump.is_empty(), &ssh.jump_config) {
        (Some(_), true, _) => Err(proxy_refused(name)),
        (Some(_), false, Some(file)) => Err(jump_refused(name, file)),
        _ => Ok(()),
    }
}

/// Words of the inventory with which a program is started, which may be any program.
fn becoming(name: &str, becoming: &Becoming) -> Result<(), ReachError> {
    let own = becoming.method.name();
    let is_own = |program: &String| SYSTEM.iter().any(|directory| program.strip_prefix(directory) == Some(own));
    let is_harmless = |flag: &String| ["-H", "-n", "-S", "-E"].contains(&flag.as_str());
    if !becoming.program.as_ref().is_none_or(is_own) {
        return Err(become_refused(name, "ansible_become_exe"));
    }
    if becoming.flags.iter().all(is_harmless) { Ok(()) } else { Err(become_refused(name, "ansible_become_flags")) }
}

fn become_refused(host: &str, variable: &str) -> ReachError {
    ReachError(Text::new(
        format!("`{variable}` of `{host}` says which program is started, and `--no-scripts` lets no code run"),
        format!("`{host}` の `{variable}` は実行するプログラムを指定していますが、`--no-scripts` が指定されています"),
    ))
}

/// The program runs whatever its configuration says.
fn program_refused(host: &str, option: &str) -> ReachError {
    ReachError(Text::new(
        format!(
            "`{host}` would be reached by `ssh` (`{option}`), which runs the commands of `ssh_config`, and `--no-scripts` lets no code run"
        ),
        format!(
            "`{host}` への接続に使う `ssh`（`{option}`）は `ssh_config` のコマンドを実行しますが、`--no-scripts` が指定されています"
        ),
    ))
}

fn proxy_refused(host: &str) -> ReachError {
    ReachError(Text::new(
        format!(
            "`{host}` is reached through a `ProxyCommand`, and `--no-scripts` lets no code run; `ProxyJump` is none"
        ),
        format!(
            "`{host}` への接続には `ProxyCommand` が必要ですが、`--no-scripts` が指定されています（`ProxyJump` なら使えます）"
        ),
    ))
}

/// The jump's `ssh` would read the file, too, and run its commands.
fn jump_refused(host: &str, file: &str) -> ReachError {
    ReachError(Text::new(
        format!(
            "`{host}` is reached through a `ProxyJump` by an `ssh` that runs the commands of `{file}`, and `--no-scripts` lets no code run"
        ),
        format!(
            "`{host}` への `ProxyJump` に使う `ssh` は `{file}` のコマンドを実行しますが、`--no-scripts` が指定されています"
        ),
    ))
}
