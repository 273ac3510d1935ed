//! Synthetic runs: a fleet of five hosts with every outcome, and the extremes.

use std::{path::PathBuf, sync::Arc, time::Duration};

use hive_preflight::{
    catalog::{CheckId, Phase},
    event::{Event, HostError, HostResult},
    inventory::HostName,
    judge::{ErrorKind, Outcome, RemedyStep, Severity, Verdict},
    location::Location,
    report::{Collector, Report},
    text::Text,
};

/// What is known before a run.
pub(super) fn frame() -> Report {
    Report {
        stage: Some("production".into()),
        phase: Some(Phase::BuildImages),
        started: "2026-01-15T03:04:05Z".into(),
        ..Report::default()
    }
}

/// A report made by the collector from hosts and verdicts.
pub(super) fn collect(frame: Report, hosts: Vec<HostResult>, verdicts: Vec<Verdict>) -> Report {
    let order: Vec<(HostName, String)> = hosts.iter().map(|host| (host.name.clone(), host.address.clone())).collect();
    let mut collector = Collector::new(frame, order);
    collector.take(Event::RunStarted { hosts: hosts.len(), checks: verdicts.len() });
    for verdict in verdicts {
        collector.take(Event::Verdict(Box::new(verdict)));
    }
    for host in hosts {
        collector.take(Event::HostFinished(Box::new(host)));
    }
    collector.take(Event::RunFinished { duration: Duration::from_millis(3240) });
    collector.finish()
}

/// A host that was asked.
pub(super) fn host(name: &str, address: &str, outcome: Outcome) -> HostResult {
    HostResult {
        name: name.into(),
        address: address.into(),
        outcome,
        error: None,
        location: None,
        duration: Duration::from_millis(812),
    }
}

/// A passing verdict, to be changed where a test needs another.
pub(super) fn pass(check: &str, host: &str) -> Verdict {
    Verdict {
        check: check.parse::<CheckId>().expect("a check id"),
        host: host.into(),
        item: None,
        outcome: Outcome::Pass,
        severity: Severity::Error,
        error_kind: None,
        title: Text::new("the OpenSSH server forwards unix sockets", "OpenSSH サーバが UNIX ソケットを転送できる"),
        why: Text::new(
            "hive reaches docker through a forwarded socket.",
            "hive はソケット転送経由で docker を操作します。",
        ),
        message: Text::new("OpenSSH 9.6 is new enough", "OpenSSH 9.6 は要件を満たしています"),
        evidence: vec!["SSH-2.0-OpenSSH_9.6".into()],
        failed: Vec::new(),
        location: None,
        remedy: Vec::new(),
        faq: None,
        url: None,
        excuse: None,
        blocked_by: Vec::new(),
        duration: Duration::from_millis(41),
    }
}

/// A position in the hive definition.
fn at(line: u32) -> Location {
    Location { file: Arc::new(PathBuf::from("inventory/hive.yml")), line, column: 5 }
}

/// One step of a remedy.
pub(super) fn step(en: &str, ja: &str, command: Option<&str>, on: Option<&str>) -> RemedyStep {
    RemedyStep { text: Text::new(en, ja), command: command.map(Into::into), on: on.map(Into::into) }
}

fn old_client() -> Verdict {
    Verdict {
        outcome: Outcome::Fail,
        title: Text::new(
            "the OpenSSH client on the mother is 6.7 or later",
            "マザーマシンの OpenSSH クライアントが 6.7 以降である",
        ),
        why: Text::new(
            "hive build-images forwards /var/run/docker.sock of the repository server through `ssh -L`. Clients before 6.7 \
             cannot, and stop with `Bad local forwarding specification`.",
            "hive build-images は `ssh -L` でリポジトリサーバの /var/run/docker.sock を転送します。6.7 より古いクライアントは\
             この機能を持たず、`Bad local forwarding specification` で停止します。",
        ),
        message: Text::new("OpenSSH 6.6.1 is installed", "OpenSSH 6.6.1 がインストールされています"),
        evidence: vec!["$ ssh -V".into(), "OpenSSH_6.6.1p1, OpenSSL 1.0.1e-fips 11 Feb 2013".into()],
        failed: vec!["client is version('6.7', '>=')".into()],
        remedy: vec![
            step(
                "Update the OpenSSH client.",
                "OpenSSH クライアントを更新してください。",
                Some("sudo yum update openssh-clients"),
                Some("mother"),
            ),
            step(
                "Make sure that the new one is found first.",
                "新しいクライアントが使われることを確認してください。",
                Some("ssh -V"),
                Some("mother"),
            ),
        ],
        faq: Some("bad-local-forwarding".into()),
        url: Some("https://hive-builder.readthedocs.io/ja/latest/faq.html".into()),
        ..pass("ssh/client-unix-forward", "mother")
    }
}

fn leftover_socket(server: &str) -> Verdict {
    let path = format!("/var/tmp/hive/docker.sock@{server}");
    Verdict {
        outcome: Outcome::Fail,
        item: Some(server.into()),
        title: Text::new("no docker.sock of an earlier run is left over", "以前の実行の docker.sock が残っていない"),
        why: Text::new(
            "hive refuses to start while the file is there: `fail to create socket ...`.",
            "このファイルがあると hive は `fail to create socket ...` で停止します。",
        ),
        message: Text::new(
            format!("`{path}` is left over, and no process listens on it"),
            format!("`{path}` が残っていますが、待ち受けているプロセスはありません"),
        ),
        evidence: vec![format!("srwxr-xr-x 1 admin admin 0 Jan 14 21:10 {path}")],
        remedy: vec![step(
            "Remove the file.",
            "ファイルを削除してください。",
            Some(&format!("rm -- {path}")),
            Some("mother"),
        )],
        faq: Some("fail-to-create-socket".into()),
        location: Some(at(12)),
        ..pass("hive/no-leftover-docker-socket", "mother")
    }
}

fn stale_flow(host: &str, line: u32) -> Verdict {
    Verdict {
        outcome: Outcome::Fail,
        severity: Severity::Warning,
        title: Text::new("the conntrack command is there", "conntrack コマンドがインストールされている"),
        why: Text::new(
            "Without it a stale UDP flow can neither be seen nor removed.",
            "このコマンドがないと、古い UDP フローの確認も削除もできません。",
        ),
        message: Text::new("`conntrack` is not installed", "`conntrack` がインストールされていません"),
        evidence: vec!["$ command -v conntrack".into()],
        remedy: vec![step(
            "Install conntrack-tools.",
            "conntrack-tools をインストールしてください。",
            Some("sudo dnf install conntrack-tools"),
            Some(host),
        )],
        faq: Some("udp-not-received".into()),
        location: Some(at(line)),
        ..pass("network/conntrack-tools", host)
    }
}

fn sudo_refused(check: &str, host: &str) -> Verdict {
    Verdict {
        outcome: Outcome::Error,
        error_kind: Some(ErrorKind::Sudo),
        message: Text::new(
            "`sudo -n` refused: a password is required",
            "`sudo -n` が拒否されました: a password is required",
        ),
        evidence: vec!["sudo: a password is required".into()],
        remedy: vec![step(
            "Let the user run sudo without a password.",
            "パスワードなしで sudo を実行できるようにしてください。",
            Some("sudo visudo -f /etc/sudoers.d/admin"),
            Some(host),
        )],
        location: Some(at(9)),
        ..pass(check, host)
    }
}

fn not_reached(check: &str, host: &str) -> Verdict {
    Verdict { outcome: Outcome::Unreachable, evidence: Vec::new(), message: Text::default(), ..pass(check, host) }
}

fn blocked(host: &str) -> Verdict {
    Verdict {
        outcome: Outcome::Blocked,
        evidence: Vec::new(),
        message: Text::new("needs ssh/client-unix-forward", "ssh/client-unix-forward が前提です"),
        blocked_by: vec!["ssh/client-unix-forward".parse().expect("a check id")],
        ..pass("ssh/docker-socket-reachable", host)
    }
}

fn skipped(check: &str, host: &str) -> Verdict {
    Verdict {
        outcome: Outcome::Skipped,
        evidence: Vec::new(),
        message: Text::new("the provider is not vagrant", "プロバイダが vagrant ではありません"),
        ..pass(check, host)
    }
}

fn waived() -> Verdict {
    Verdict {
        outcome: Outcome::Waived,
        severity: Severity::Warning,
        message: Text::new(
            "two hives only, answered for by ops until March",
            "コンテナ収容サーバが 2 台のみ (運用担当が 3 月まで許容)",
        ),
        ..pass("inventory/quorum", "mother")
    }
}

fn info(host: &str) -> Verdict {
    Verdict {
        outcome: Outcome::Fail,
        severity: Severity::Info,
        title: Text::new("the running kernel is the newest installed", "最新のカーネルで起動している"),
        message: Text::new(
            "5.14.0-427 runs, 5.14.0-503 is installed",
            "5.14.0-427 で稼働中ですが、5.14.0-503 がインストール済みです",
        ),
        why: Text::default(),
        location: Some(at(7)),
        ..pass("drbd/build-for-kernel", host)
    }
}

fn locked_out(name: &str, address: &str, line: u32) -> HostResult {
    let login = address.trim_end_matches(":22");
    HostResult {
        outcome: Outcome::Unreachable,
        error: Some(HostError {
            class: "auth".into(),
            message: Text::new(
                format!("{login} refused every key that was offered (2 from files, 1 from the agent)"),
                format!("{login} は提示した鍵をすべて拒否しました (ファイル 2 個、エージェント 1 個)"),
            ),
            remedy: vec![
                step(
                    "See whether the key of the stage gets in.",
                    "ステージの鍵でログインできるか確認してください。",
                    Some(&format!("ssh -i .hive/production/id_rsa {login}")),
                    Some("mother"),
                ),
                step(
                    "If not, put its public half into ~/.ssh/authorized_keys.",
                    "ログインできない場合は、公開鍵を ~/.ssh/authorized_keys に追加してください。",
                    None,
                    None,
                ),
            ],
        }),
        location: Some(at(line)),
        ..host(name, address, Outcome::Unreachable)
    }
}

/// Five hosts with every outcome and severity; the verdicts arrive out of order.
pub(super) fn mixed() -> Report {
    let hosts = vec![
        host("mother", "local", Outcome::Fail),
        host("hive0.site", "admin@192.168.56.11:22", Outcome::Fail),
        host("hive1.site", "admin@192.168.56.12:22", Outcome::Error),
        locked_out("hive2.site", "admin@192.168.56.13:22", 10),
        locked_out("repository.site", "admin@192.168.56.14:22", 11),
    ];
    let verdicts = vec![
        pass("ssh/server-unix-forward", "hive1.site"),
        Verdict {
            severity: Severity::Warning,
            faq: Some("udp-not-received".into()),
            ..sudo_refused("network/no-stale-udp-flow", "hive1.site")
        },
        sudo_refused("firewall/iptables-state-trusted", "hive1.site"),
        stale_flow("hive1.site", 9),
        not_reached("ssh/server-unix-forward", "hive2.site"),
        not_reached("network/conntrack-tools", "hive2.site"),
        not_reached("ssh/server-unix-forward", "repository.site"),
        info("hive0.site"),
        stale_flow("hive0.site", 8),
        pass("ssh/server-unix-forward", "hive0.site"),
        old_client(),
        leftover_socket("hive0.site"),
        leftover_socket("hive1.site"),
        blocked("hive0.site"),
        blocked("hive1.site"),
        skipped("vagrant/command-works", "mother"),
        skipped("vagrant/machines-up", "mother"),
        waived(),
    ];
    let notices = vec![Text::new(
        "host keys of hive1.site are not checked (StrictHostKeyChecking no in .hive/production/ssh_config)",
        "hive1.site のホスト鍵を検証していません (.hive/production/ssh_config の StrictHostKeyChecking no による)",
    )];
    collect(Report { notices, ..frame() }, hosts, verdicts)
}

/// All of them.
pub(super) fn all() -> [Report; 6] {
    [mixed(), many(), clean(), nothing(), hostile(), interrupted()]
}

/// Three hundred hosts with the same finding, each with its own process to end.
pub(super) fn many() -> Report {
    let names: Vec<String> = (0..300).map(|n| format!("hive{n}.site")).collect();
    let hosts = names.iter().map(|name| host(name, &format!("admin@{name}:22"), Outcome::Fail)).collect();
    let verdicts = names.iter().enumerate().map(|(n, name)| orphan(name, 4000 + n));
    collect(frame(), hosts, verdicts.collect())
}

fn orphan(host: &str, pid: usize) -> Verdict {
    Verdict {
        outcome: Outcome::Fail,
        message: Text::new(
            format!("an ssh without a parent listens on {host}"),
            format!("{host} で親プロセスのない ssh が待ち受けています"),
        ),
        evidence: vec![format!("pid={pid} ppid=1 comm=ssh")],
        remedy: vec![step("End it.", "終了させてください。", Some(&format!("kill {pid}")), Some(host))],
        location: Some(at(u32::try_from(pid).expect("small") - 3990)),
        ..pass("hive/no-leftover-docker-socket", host)
    }
}

/// Everything passed.
pub(super) fn clean() -> Report {
    let hosts =
        vec![host("mother", "local", Outcome::Pass), host("hive0.site", "admin@192.168.56.11:22", Outcome::Pass)];
    let verdicts = vec![
        pass("ssh/server-unix-forward", "hive0.site"),
        pass("ssh/docker-socket-reachable", "hive0.site"),
        pass("ssh/client-unix-forward", "mother"),
    ];
    collect(frame(), hosts, verdicts)
}

/// No check and no host was selected.
pub(super) fn nothing() -> Report {
    collect(Report { stage: None, phase: None, ..frame() }, Vec::new(), Vec::new())
}

/// Every text that a host or an inventory brings tries to deceive the terminal.
pub(super) fn hostile() -> Report {
    let evil = "\x1b[2J\x1b]0;owned\x07\u{9b}31m\0\u{202e}drow\u{200b}\r\n✓ ready";
    let name = "evil\x1b[1Ahost";
    let host = HostResult {
        error: Some(HostError {
            class: "channel".into(),
            message: Text::new(evil, evil),
            remedy: vec![step(evil, evil, Some(evil), Some(name))],
        }),
        ..host(name, evil, Outcome::Error)
    };
    let finding = Verdict {
        outcome: Outcome::Fail,
        item: Some(evil.into()),
        title: Text::new(evil, evil),
        why: Text::new(evil, evil),
        message: Text::new(evil, evil),
        evidence: vec![evil.into(), "word".repeat(200), "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}zalgo".into()],
        location: Some(Location { file: Arc::new(PathBuf::from(evil)), line: 1, column: 1 }),
        remedy: vec![
            step(evil, evil, Some("rm -- 'a\nrm -rf ~'"), Some(name)),
            step("", "", Some("touch -- '/srv/日本語 x'"), None),
        ],
        faq: Some(evil.into()),
        url: Some(evil.into()),
        ..pass("hive/no-leftover-docker-socket", name)
    };
    let skipped = Verdict { outcome: Outcome::Skipped, ..finding.clone() };
    let blocked = Verdict { outcome: Outcome::Blocked, ..finding.clone() };
    let frame =
        Report { stage: Some(evil.into()), started: evil.into(), notices: vec![Text::new(evil, evil)], ..frame() };
    collect(frame, vec![host], vec![finding, skipped, blocked])
}

/// The events stop after the first host of three.
pub(super) fn interrupted() -> Report {
    let order = ["mother", "hive0.site", "hive1.site"].map(|name| (HostName::from(name), format!("admin@{name}:22")));
    let mut collector = Collector::new(frame(), order);
    collector.take(Event::Verdict(Box::new(pass("ssh/server-unix-forward", "hive1.site"))));
    collector.take(Event::HostFinished(Box::new(host("mother", "local", Outcome::Pass))));
    collector.finish()
}
