//! Containers that cannot be asked.

use super::{both, step};
use crate::{
    shell::quote,
    text::Text,
    transport::error::{ContainerFault, ErrorRemedy},
};

/// What happened.
pub(super) fn message(name: &str, program: &str, fault: &ContainerFault) -> Text {
    match fault {
        // Podman has no daemon: it knows only what is its caller's own.
        ContainerFault::Missing if program == "podman" => both(
            format!("podman has no container `{name}` for this user; each user has containers of their own"),
            format!(
                "このユーザーの podman にコンテナー `{name}` がありません (podman のコンテナーはユーザーごとに分かれています)"
            ),
        ),
        ContainerFault::Missing => both(
            format!("there is no container `{name}` in {program} of this machine"),
            format!("このマシンの {program} にコンテナー `{name}` がありません"),
        ),
        ContainerFault::NotRunning(status) => both(
            format!("the container `{name}` does not run: its status is `{status}`"),
            format!("コンテナー `{name}` が動いていません: 状態は `{status}` です"),
        ),
        ContainerFault::NoDaemon(words) => both(
            format!("{program}, in which the container `{name}` is looked for, does not answer: {words}"),
            format!("コンテナー `{name}` の {program} が応答しません: {words}"),
        ),
        ContainerFault::Forbidden(words) => both(
            format!("you may not use {program}, in which the container `{name}` is looked for: {words}"),
            format!("コンテナー `{name}` の {program} を使う権限がありません: {words}"),
        ),
        ContainerFault::Other(words) => both(
            format!("{program} cannot tell of the container `{name}`: {words}"),
            format!("{program} でコンテナー `{name}` を調べられません: {words}"),
        ),
    }
}

/// What to do about it.
pub(super) fn remedy(name: &str, program: &str, fault: &ContainerFault) -> ErrorRemedy {
    match fault {
        ContainerFault::Missing if program == "podman" => step(
            "correct the name in the inventory (`ansible_host`), make the container, or run hive-preflight as the user whose container it is",
            "インベントリの名前 (`ansible_host`) を直すか、コンテナーを作成するか、コンテナーの所有者として hive-preflight を実行してください",
            vec!["podman ps --all".to_owned(), "sudo podman ps --all".to_owned()],
        ),
        ContainerFault::Missing => step(
            "correct the name in the inventory (`ansible_host`), or make the container",
            "インベントリの名前 (`ansible_host`) を直すか、コンテナーを作成してください",
            vec![format!("{program} ps --all")],
        ),
        ContainerFault::NotRunning(_) => step(
            "start the container, and see why it ended",
            "コンテナーを起動し、止まっていた理由を確認してください",
            vec![format!("{program} start {0} && {program} logs --tail 30 {0}", quote(name))],
        ),
        ContainerFault::NoDaemon(_) if program == "podman" => step(
            "start the service that podman was told to ask (`CONTAINER_HOST`, or its default connection), or leave it out",
            "podman の接続先のサービス (`CONTAINER_HOST` または既定の接続) を起動するか、その指定を外してください",
            vec!["podman system connection list".to_owned()],
        ),
        ContainerFault::NoDaemon(_) => step(
            "start the daemon, or correct `DOCKER_HOST`",
            "デーモンを起動するか、`DOCKER_HOST` を直してください",
            vec!["sudo systemctl start docker".to_owned()],
        ),
        ContainerFault::Forbidden(_) if program == "podman" => step(
            "run hive-preflight as the user whose container it is",
            "コンテナーの所有者として hive-preflight を実行してください",
            vec!["sudo podman ps --all".to_owned()],
        ),
        ContainerFault::Forbidden(_) => step(
            "join the group of the daemon's socket, and log in again",
            "デーモンのソケットのグループに加わり、ログインし直してください",
            vec!["sudo usermod -aG docker \"$(id -un)\"".to_owned()],
        ),
        ContainerFault::Other(_) => {
            step("try it by hand", "手動で試してください", vec![format!("{program} container inspect {}", quote(name))])
        }
    }
}
