//! Inventories that Ansible itself should read for us, and could not. What the program told stays in its own words.

use crate::inventory::EngineFault;

pub(super) fn of(fault: &EngineFault) -> String {
    match fault {
        EngineFault::Untrusted(why) => {
            format!("プロジェクトのプラグインはコードなので起動しません。{}", why.text().ja)
        }
        EngineFault::NotInstalled(program) => {
            format!("`{program}` が PATH にありません。このインベントリの読み取りに必要です")
        }
        EngineFault::Copy { path, message } => format!("`{}` をコピーできません（{message}）", path.display()),
        EngineFault::TooManyFiles { path, limit } => {
            format!("`{}` のファイルが {limit} 個を超えているため、コピーできません", path.display())
        }
        EngineFault::TooLarge { path, limit } => {
            format!("`{}` が {} MiB を超えているため、コピーできません", path.display(), limit / 1024 / 1024)
        }
        EngineFault::Start(why) => format!("起動できません（{why}）"),
        EngineFault::Failed { status, stderr } => {
            format!("インベントリを読み取れませんでした（{status}）{}", told(stderr))
        }
        EngineFault::Timeout { seconds, stderr } => {
            format!("{seconds} 秒以内に応答しませんでした{}", told(stderr))
        }
        EngineFault::TooMuchOutput { limit } => format!("出力が {} MiB を超えました", limit / 1024 / 1024),
        EngineFault::Output { what, stderr } => {
            format!("出力がインベントリの JSON ではありません（{what}）{}", told(stderr))
        }
    }
}

fn told(stderr: &str) -> String {
    stderr.lines().fold(String::new(), |text, line| text + "\n  | " + line)
}
