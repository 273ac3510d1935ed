//! Words for what could not be judged, and what an operator does about it.

use super::{ErrorKind, RemedyStep};
use crate::{jinja::JinjaError, probe::ProbeError, text::Text};

/// Why a probe brought nothing back, for people.
pub(super) fn of_probe(error: &ProbeError) -> (ErrorKind, Text) {
    match error {
        ProbeError::TimedOut(limit) => {
            let seconds = limit.as_secs_f64();
            let en = format!("could not be judged: the host did not answer this probe within {seconds} s");
            (ErrorKind::Timeout, Text::new(en, format!("判定できません: {seconds} 秒以内に応答がありませんでした")))
        }
        ProbeError::Truncated(cap) => {
            let en = format!("could not be judged: output truncated at {cap} bytes");
            (
                ErrorKind::Truncated,
                Text::new(en, format!("判定できません: 出力が上限の {cap} バイトで打ち切られました")),
            )
        }
        ProbeError::NoAnswer(detail) => {
            let en = format!("could not be judged: no complete answer came back ({detail})");
            (ErrorKind::NoAnswer, Text::new(en, format!("判定できません: 応答が完全には返りませんでした（{detail}）")))
        }
        ProbeError::Sudo(words) => {
            let en = format!("could not be judged: becoming another user was refused: {words}");
            (ErrorKind::Sudo, Text::new(en, format!("判定できません: 別ユーザへの切り替えを拒否されました: {words}")))
        }
        ProbeError::ExitStatus { status, detail } => {
            let en = format!("could not be judged: the probe ended with exit status {status}: {detail}");
            let ja = format!("判定できません: 調査コマンドが終了ステータス {status} で終わりました: {detail}");
            (ErrorKind::ExitStatus, Text::new(en, ja))
        }
        ProbeError::MissingTool(tool) => {
            let en = format!("could not be judged: `{tool}` is not there or cannot be run");
            (ErrorKind::MissingTool, Text::new(en, format!("判定できません: `{tool}` がないか、実行できません")))
        }
        ProbeError::Unreadable(detail) => {
            let en = format!("could not be judged: the answer cannot be read: {detail}");
            (ErrorKind::NoAnswer, Text::new(en, format!("判定できません: 応答を解釈できません: {detail}")))
        }
    }
}

/// What an operator does about a probe that brought nothing back.
pub(super) fn remedy(kind: &ErrorKind, host: &str) -> Vec<RemedyStep> {
    let step = |en: String, ja: String, command: Option<String>| {
        vec![RemedyStep { text: Text::new(en, ja), command, on: Some(host.to_owned()) }]
    };
    match kind {
        ErrorKind::Timeout => step(
            format!("look at the load of `{host}`, or give the probe more time with `--probe-timeout SECONDS`"),
            format!("`{host}` の負荷を確認するか、`--probe-timeout 秒数` で待ち時間を延ばしてください"),
            None,
        ),
        ErrorKind::MissingTool => step(
            format!("install the missing program on `{host}`, or leave the check out with `--skip`"),
            format!("`{host}` に不足しているプログラムをインストールするか、`--skip` でこのチェックを外してください"),
            None,
        ),
        _ => Vec::new(),
    }
}

/// Why an expression has no value, for people.
pub(super) fn of_expression(what: &str, error: &JinjaError) -> (ErrorKind, Text) {
    let detail = &error.message;
    let en = format!("could not be judged: {what} has no value: {detail}");
    (ErrorKind::Expression, Text::new(en, format!("判定できません: {what} を評価できません: {detail}")))
}
