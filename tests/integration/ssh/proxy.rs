//! Hosts behind a `ProxyCommand` and behind a jump host.

use std::process::Command;

use hive_preflight::transport::SshEndpoint;

use super::{open, refusal, stdout};
use crate::{
    lab::sshd::{Sshd, roomy},
    support::{CliTest, Run},
};

#[test]
fn a_proxy_command_and_a_jump_host_lead_to_the_host() {
    let (jump, server) = (Sshd::start(), Sshd::start());
    let known = jump.known_hosts();
    let command = format!(
        "ssh -F none -o BatchMode=yes -o UserKnownHostsFile={} -i {} -p {} -W 127.0.0.1:{} root@127.0.0.1",
        known.display(),
        jump.key().display(),
        jump.port(),
        server.port()
    );
    let mut session = open(SshEndpoint { proxy_command: Some(command), ..server.endpoint("root") }).unwrap();
    assert_eq!(stdout(&session.exec("echo through", &roomy()).unwrap()), "through\n");
    assert!(jump.log().contains("Accepted publickey"));
    let endpoint = SshEndpoint { proxy_command: Some("echo no way >&2; exit 1".to_owned()), ..server.endpoint("root") };
    let error = refusal(endpoint);
    assert_eq!(error.class(), "proxy", "{error}");
    assert!(error.to_string().contains("no way"), "{error}");
}

/// A command that only `bash` understands leads where it leads `ssh`, and nowhere where `SHELL` is another shell.
#[test]
fn a_proxy_command_is_run_by_the_users_own_shell() {
    let (server, test) = (Sshd::start(), CliTest::new());
    let options = format!(
        "-F none -o BatchMode=yes -o IdentityAgent=none -o UserKnownHostsFile={} -o ProxyCommand='socat - $(cat <<<TCP:%h:%p)'",
        server.known_hosts().display()
    );
    let options = options.replace('\'', "\"");
    test.write(
        "hosts",
        &format!(
            "h ansible_host=127.0.0.1 ansible_port={} ansible_user=root ansible_ssh_private_key_file={} \
             ansible_ssh_common_args='{options}'\n",
            server.port(),
            server.key().display()
        ),
    );
    let refused = Some("yntax error");
    for (shell, told) in [
        (Some("/bin/bash"), None),
        (Some("/bin/dash"), refused),
        (Some(""), refused),
        (None, refused),
        (Some("/none/sh"), Some("the shell `/none/sh`: No such file or directory")),
    ] {
        let mut ours = test.command();
        ours.args(["run", "-i", "hosts", "--check", "ssh/server-unix-forward", "--format", "json"]);
        let mut theirs = Command::new("ssh");
        theirs.args(shell_words::split(&options).unwrap());
        theirs.arg("-i").arg(server.key()).args(["-p", &server.port().to_string(), "root@127.0.0.1", "true"]);
        for command in [&mut ours, &mut theirs] {
            command.env_remove("SHELL").envs(shell.map(|shell| ("SHELL", shell)));
        }
        let report = Run::of(&mut ours).json();
        let error = &report["hosts"][0]["error"];
        assert_eq!(error["class"].as_str(), told.map(|_| "proxy"), "{shell:?}: {report}");
        assert!(told.is_none_or(|told| error["message"].as_str().unwrap().contains(told)), "{shell:?}: {report}");
        assert_eq!(theirs.output().unwrap().status.success(), told.is_none(), "{shell:?}");
    }
}
