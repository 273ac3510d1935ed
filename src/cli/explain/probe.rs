//! What a check asks, in words.

use super::page::{Page, filled};
use crate::{
    catalog::{Check, ProbeSpec, Template},
    shell,
};

/// Every question of the check, the main one first.
pub(super) fn describe(check: &Check, page: &mut Page) {
    question(&check.probe, check.r#become, page);
    for evidence in &check.evidence {
        question(&evidence.probe, evidence.r#become, page);
    }
}

fn question(probe: &ProbeSpec, sudo: bool, page: &mut Page) {
    let (words, code) = told(probe, page);
    let sudo = if sudo { page.say(" (through sudo -n)", "(sudo -n で)") } else { "" };
    page.prose(&format!("{words}{sudo}"));
    if let Some(code) = code {
        page.code(&code);
    }
}

fn told(probe: &ProbeSpec, page: &Page) -> (String, Option<String>) {
    let words = |en: &'static str, ja: &'static str| page.say(en, ja).to_owned();
    match probe {
        ProbeSpec::Command { argv, .. } => (words("a command", "コマンド"), Some(command_line(argv))),
        ProbeSpec::Nagios { argv } => (words("a monitoring plugin", "監視プラグイン"), Some(command_line(argv))),
        ProbeSpec::Shell { cmd, .. } => (words("a shell text", "シェルの文"), Some(filled(cmd))),
        ProbeSpec::Script { script, .. } => {
            let run = [script.interpreter.join(" "), script.source.name.clone(), command_line(&script.args)];
            (words("a script of the check", "チェックに付属のスクリプト"), Some(run.join(" ").trim_end().to_owned()))
        }
        ProbeSpec::File { path } => (words("what stands at a path", "パスにあるもの"), Some(filled(path))),
        ProbeSpec::UnixSocket { path } => {
            (words("whether a unix socket is alive", "unix ソケットが生きているか"), Some(filled(path)))
        }
        ProbeSpec::StreamLocal { path, .. } => {
            let words = words("opens a unix socket of the host through SSH", "ホストの unix ソケットを SSH 経由で開く");
            (words, Some(filled(path)))
        }
        ProbeSpec::Tcp { host, port } => {
            let words = words("a TCP connection from the host", "ホストからの TCP 接続");
            (words, Some(format!("{}:{}", filled(host), filled(port))))
        }
        ProbeSpec::Clock => (words("the host's clock against ours", "ホストの時計とこちらの時計の差"), None),
        ProbeSpec::Connection => (
            words(
                "what the connection itself tells, such as the server's banner",
                "接続そのものから分かること(バナーなど)",
            ),
            None,
        ),
        ProbeSpec::Definition { rule } => {
            let words = words(
                "a rule about the inventory's own text, without a connection",
                "インベントリの記述についての規則(接続しない)",
            );
            (words, Some(rule.to_string()))
        }
        ProbeSpec::Manual { verify } => (verify.get(page.lang()).to_owned(), None),
        ProbeSpec::Inventory => {
            (words("the inventory only, without a connection", "インベントリだけ(接続しない)"), None)
        }
    }
}

fn command_line(argv: &[Template]) -> String {
    argv.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn word(argument: &Template) -> String {
    let text = filled(argument);
    if argument.is_constant() { shell::quote(&text) } else { text }
}
