//! Keys whose private part is in a security key (FIDO).

use super::{both, step};
use crate::{
    shell::quote,
    text::Text,
    transport::error::{ErrorRemedy, SecurityKeyFault as Fault, TransportError},
};

/// Why the key of `file` is of no use.
pub(super) fn message(file: &str, fault: &Fault) -> Text {
    match fault {
        Fault::OnlySsh => both(
            format!("`{file}` needs a security key (FIDO), which only `--transport openssh` asks"),
            format!("`{file}` はセキュリティキー (FIDO) の鍵です。使うには `--transport openssh` が必要です"),
        ),
        Fault::Absent => both(
            format!("the security key of `{file}` is not plugged in"),
            format!("`{file}` のセキュリティキーが接続されていません"),
        ),
        Fault::Untouched(after) => {
            let seconds = after.as_secs_f64();
            both(
                format!("nobody touched the security key of `{file}` within {seconds:.1} s"),
                format!("`{file}` のセキュリティキーが {seconds:.1} 秒以内にタッチされませんでした"),
            )
        }
        Fault::Failed(words) => both(
            format!("the security key of `{file}` did not sign, because nobody touched it or it failed: {words}"),
            format!(
                "`{file}` のセキュリティキーが署名しませんでした (タッチされなかったか、エラーが起きました): {words}"
            ),
        ),
        Fault::Pin => both(
            format!("the security key of `{file}` wants a PIN, and nobody is asked for one"),
            format!("`{file}` のセキュリティキーは PIN を求めますが、PIN の入力には対応していません"),
        ),
        Fault::Library(words) => both(
            format!("the security key of `{file}` cannot be asked: {words}"),
            format!("`{file}` のセキュリティキーを使えません: {words}"),
        ),
        Fault::Unproven => both(
            format!(
                "the server refused the signature of the security key of `{file}`, as it does where a touch is missing"
            ),
            format!("`{file}` のセキュリティキーの署名が拒否されました (サーバーがタッチを求める場合に起こります)"),
        ),
    }
}

/// What to do about it; `file` is a word of the shell.
pub(super) fn remedy(error: &TransportError, file: &str, fault: &Fault) -> ErrorRemedy {
    match fault {
        Fault::OnlySsh => step(
            "let the `ssh` program ask the security key: `--transport openssh`",
            "`ssh` コマンドにセキュリティキーを使わせてください: `--transport openssh`",
            vec![],
        ),
        Fault::Absent => step(
            "plug in the security key that has this key",
            "この鍵を作成したセキュリティキーを接続してください",
            vec![],
        ),
        Fault::Untouched(_) | Fault::Failed(_) => step(
            "touch the security key when it blinks, once for each host: `--forks 1` asks them one after the other",
            "セキュリティキーが点滅したらタッチしてください (ホストごとに 1 回)。`--forks 1` で 1 台ずつ接続します",
            vec![],
        ),
        Fault::Pin => step(
            "use a key that wants a touch only",
            "タッチだけで使える鍵を使ってください",
            vec![format!("ssh-keygen -t ed25519-sk -f {file}.touch")],
        ),
        Fault::Library(_) => step(
            "correct `SecurityKeyProvider` (`SSH_SK_PROVIDER`); without it `ssh` asks USB keys by itself",
            "`SecurityKeyProvider` (`SSH_SK_PROVIDER`) を直してください。指定しなければ `ssh` 内蔵の USB 対応が使われます",
            vec![],
        ),
        Fault::Unproven => step(
            "use a key that wants a touch, or allow this one on the server with `no-touch-required` in authorized_keys",
            "タッチを必要とする鍵を使うか、サーバーの authorized_keys でこの鍵に `no-touch-required` を付けてください",
            vec![format!("ssh -v -p {} -i {file} {}", error.port, quote(&format!("{}@{}", error.user, error.host)))],
        ),
    }
}
