//! The words of [`TransportError`]: every class in both languages, side by side.

mod container;
mod kerberos;
mod mother;
mod public_key;
mod security_key;

use std::path::Path;

use super::error::{
    AlgorithmMismatch, Attempt, AuthRefusal, ErrorRemedy, HostKey, KeyFileFault, KeyFileProblem, KnownInstead,
    KnownKey, Phase, TransportError, TransportErrorKind as Kind,
};
use crate::{shell::quote, text::Text};

/// What happened.
pub(super) fn message(error: &TransportError) -> Text {
    let to = error.target();
    match &*error.kind {
        Kind::Name { detail } => both(
            format!("the name `{}` has no address: {detail}", error.host),
            format!("ホスト名 `{}` のアドレスが見つかりません: {detail}", error.host),
        ),
        Kind::Refused { attempts } => both(
            format!("nothing listens at `{to}`: {}", attempts_text(attempts)),
            format!("`{to}` で待ち受けているものがありません: {}", attempts_text(attempts)),
        ),
        Kind::UnreachableNetwork { attempts } => both(
            format!("there is no way to `{to}`: {}", attempts_text(attempts)),
            format!("`{to}` への経路がありません: {}", attempts_text(attempts)),
        ),
        Kind::Timeout { phase, after } => timeout(&to, *phase, after.as_secs_f64()),
        Kind::Silent { attempts, after } => {
            let Text { en, ja } = timeout(&to, Phase::Connect, after.as_secs_f64());
            both(format!("{en}: {}", attempts_text(attempts)), format!("{ja}: {}", attempts_text(attempts)))
        }
        Kind::NotSsh { said } => both(
            format!("what answers at `{to}` is no SSH server; it said `{said}`"),
            format!("`{to}` で応答したのは SSH サーバーではありません。応答: `{said}`"),
        ),
        Kind::Busy { said } => both(
            format!("`{to}` takes no further connection for now; it said `{said}`"),
            format!("`{to}` は今のところ新しい接続を受け付けていません。応答: `{said}`"),
        ),
        Kind::Handshake { detail, mismatches } => handshake(&to, detail, mismatches),
        Kind::HostKeyUnknown { key, name, files, instead } => unknown_key(&to, key, name, &joined(files), instead),
        Kind::HostKeyChanged { key, name, known } => changed_key(&to, key, name, known),
        Kind::HostKeyRevoked { key, by } => both(
            format!("the host key of `{to}` is revoked: {} at {}", shown(key), place(by)),
            format!("`{to}` のホスト鍵は失効しています: {} ({})", shown(key), place(by)),
        ),
        Kind::KeyFile { problems, offered } => no_key(&to, problems, offered),
        Kind::Auth(refusal) => auth(&to, refusal),
        Kind::Channel { detail } => both(
            format!("`{to}` let us log in but refused to run a command: {detail}"),
            format!("`{to}` にログインできましたが、コマンドの実行を拒否されました: {detail}"),
        ),
        Kind::Lost { phase, detail } => lost(&to, *phase, detail),
        Kind::Proxy { command, detail } => both(
            format!("the way to `{to}` failed: `{command}`: {detail}"),
            format!("`{to}` への中継に失敗しました: `{command}`: {detail}"),
        ),
        Kind::Local { detail } => both(
            format!("a program of this machine could not be started: {detail}"),
            format!("このマシンのプログラムを起動できません: {detail}"),
        ),
        Kind::Container { program, fault } => container::message(&error.host, program, fault),
        Kind::FromMother { mother, kind, .. } => mother::message(error, mother, kind),
    }
}

fn both(en: String, ja: String) -> Text {
    Text { en, ja }
}

fn timeout(to: &str, phase: Phase, seconds: f64) -> Text {
    let (en, ja) = match phase {
        Phase::Name => ("the name lookup gave no answer", "名前解決の応答がありません"),
        Phase::Connect => ("the TCP connection was not answered", "TCP 接続に応答がありません"),
        Phase::Banner | Phase::Handshake => ("the SSH handshake was not completed", "SSH ハンドシェイクが完了しません"),
        Phase::Auth => ("the authentication was not answered", "認証の応答がありません"),
        Phase::Agent => ("the agent of the keys did not answer", "ssh-agent の応答がありません"),
        Phase::Exec => ("the command was not answered", "コマンドの応答がありません"),
    };
    both(format!("`{to}`: {en} within {seconds:.1} s"), format!("`{to}`: {seconds:.1} 秒以内に{ja}"))
}

fn lost(to: &str, phase: Phase, detail: &str) -> Text {
    let (en, ja) = match phase {
        Phase::Name | Phase::Connect => ("while it was being opened", "接続中"),
        Phase::Banner => (
            "before the server said anything, as OpenSSH does when too many log in at a time (`MaxStartups`)",
            "サーバーが何も応答しないうち (OpenSSH では同時ログインが多すぎる場合 (`MaxStartups`) にも起こります) ",
        ),
        Phase::Handshake => ("during the SSH handshake", "SSH ハンドシェイク中"),
        Phase::Auth | Phase::Agent => ("during authentication", "認証中"),
        Phase::Exec => ("while a command ran", "コマンド実行中"),
    };
    both(
        format!("the connection to `{to}` was lost {en}: {detail}"),
        format!("`{to}` との接続が{ja}に切れました: {detail}"),
    )
}

fn handshake(to: &str, detail: &str, mismatches: &[AlgorithmMismatch]) -> Text {
    if mismatches.is_empty() {
        return both(
            format!("the SSH handshake with `{to}` failed: {detail}"),
            format!("`{to}` との SSH ハンドシェイクに失敗しました: {detail}"),
        );
    }
    let en: Vec<_> =
        mismatches.iter().map(|m| format!("no common {}: the server offers {}", m.what, m.server.join(","))).collect();
    let ja: Vec<_> = mismatches
        .iter()
        .map(|m| format!("共通の {} がありません (サーバー側: {})", m.what, m.server.join(",")))
        .collect();
    both(
        format!("the SSH handshake with `{to}` failed: {}", en.join("; ")),
        format!("`{to}` との SSH ハンドシェイクに失敗しました: {}", ja.join("; ")),
    )
}

fn unknown_key(to: &str, key: &HostKey, name: &str, files: &str, instead: &KnownInstead) -> Text {
    let (en, ja) = match instead {
        KnownInstead::Nothing => (String::new(), String::new()),
        KnownInstead::OtherTypes(keys) => {
            let list =
                keys.iter().map(|k| format!("{} at {}", k.key.key_type, place(k))).collect::<Vec<_>>().join(", ");
            (
                format!("; the files know it by keys that are not supported here: {list}"),
                format!("。登録されているのは未対応の種類の鍵だけです: {list}"),
            )
        }
        KnownInstead::Authority => (
            "; a `@cert-authority` line names it, but host certificates are checked only with `--transport openssh`"
                .to_owned(),
            "。`@cert-authority` 行はありますが、ホスト証明書の検証は `--transport openssh` でのみ行います".to_owned(),
        ),
        KnownInstead::CertificateRefused(words) => {
            (format!("; its certificate does not hold: {words}"), format!("。ホスト証明書は無効です: {words}"))
        }
    };
    both(
        format!("the host key of `{to}` is not known: {} is not under `{name}` in {files}{en}", shown(key)),
        format!("`{to}` のホスト鍵が登録されていません: {} は {files} の `{name}` にありません{ja}", shown(key)),
    )
}

fn changed_key(to: &str, key: &HostKey, name: &str, known: &[KnownKey]) -> Text {
    let list = known.iter().map(|k| format!("{} at {}", shown(&k.key), place(k))).collect::<Vec<_>>().join(", ");
    both(
        format!("the host key of `{to}` has changed: it shows {}, `{name}` is known by {list}", shown(key)),
        format!("`{to}` のホスト鍵が変わっています: 現在の鍵 {}、登録済みの鍵 (`{name}`) {list}", shown(key)),
    )
}

fn no_key(to: &str, problems: &[KeyFileProblem], offered: &[String]) -> Text {
    let Text { en, ja } = problems_text(problems);
    let (en, ja) = (format!("no key can be tried on `{to}`: {en}"), format!("`{to}` に使える鍵がありません: {ja}"));
    match kerberos::instead_of_keys(offered) {
        Some(also) => both(format!("{en}; {}", also.en), format!("{ja}。{}", also.ja)),
        None => both(en, ja),
    }
}

fn auth(to: &str, refusal: &AuthRefusal) -> Text {
    let tried = refusal.tried.join(", ");
    let head = if refusal.partial {
        both(
            format!("`{to}` accepted a key but wants a further proof"),
            format!("`{to}` は鍵を受け付けましたが、さらに別の認証を求めています"),
        )
    } else {
        both(format!("`{to}` refused to let us log in"), format!("`{to}` へのログインを拒否されました"))
    };
    let mut parts = vec![head];
    if !tried.is_empty() {
        parts.push(both(format!("tried: {tried}"), format!("試したもの: {tried}")));
    } else if !kerberos::was_tried(refusal) {
        parts.push(both("there was nothing to try".to_owned(), "試せる鍵がありません".to_owned()));
    }
    if !refusal.offered.is_empty() {
        let offered = refusal.offered.join(", ");
        parts.push(both(format!("it offers: {offered}"), format!("サーバーが提示した方式: {offered}")));
    }
    parts.extend(kerberos::part(refusal));
    if !refusal.problems.is_empty() {
        let problems = problems_text(&refusal.problems);
        parts.push(both(format!("of no use: {}", problems.en), format!("使えなかった鍵: {}", problems.ja)));
    }
    if let Some(words) = &refusal.said {
        parts.push(both(format!("it said `{words}`"), format!("サーバーのメッセージ: `{words}`")));
    }
    if let Some(words) = &refusal.disconnected {
        let words = if words.is_empty() { String::new() } else { format!(": {words}") };
        parts.push(both(format!("then it closed the connection{words}"), format!("その後接続が閉じられました{words}")));
    }
    let join = |pick: fn(&Text) -> &str, by: &str| parts.iter().map(pick).collect::<Vec<_>>().join(by);
    both(join(|t| &t.en, "; "), join(|t| &t.ja, "。"))
}

fn attempts_text(attempts: &[Attempt]) -> String {
    attempts.iter().map(|a| format!("{} {}", a.address, a.detail)).collect::<Vec<_>>().join(", ")
}

fn problems_text(problems: &[KeyFileProblem]) -> Text {
    let all: Vec<_> = problems.iter().map(key_file).collect();
    let join = |pick: fn(&Text) -> &str| all.iter().map(pick).collect::<Vec<_>>().join(", ");
    both(join(|t| &t.en), join(|t| &t.ja))
}

/// One key file and its fault.
pub(super) fn key_file(problem: &KeyFileProblem) -> Text {
    let file = problem.file.display();
    match &problem.why {
        KeyFileFault::Missing => both(format!("`{file}` does not exist"), format!("`{file}` がありません")),
        KeyFileFault::Unreadable(words) => {
            both(format!("`{file}` cannot be read: {words}"), format!("`{file}` を読めません: {words}"))
        }
        KeyFileFault::Mode(mode) => both(
            format!("`{file}` may be read by others (mode {mode:04o})"),
            format!("`{file}` は他のユーザーから読める状態です (モード {mode:04o})"),
        ),
        KeyFileFault::Encrypted => both(
            format!("`{file}` needs a passphrase and there is no terminal to ask on"),
            format!("`{file}` にはパスフレーズが必要ですが、入力できる端末がありません"),
        ),
        KeyFileFault::WrongPassphrase => both(
            format!("the passphrase given for `{file}` does not fit"),
            format!("`{file}` のパスフレーズが違います"),
        ),
        KeyFileFault::Bad(words) => both(
            format!("`{file}` is no usable private key: {words}"),
            format!("`{file}` は使える秘密鍵ではありません: {words}"),
        ),
        KeyFileFault::CertificateOfAgent => both(
            format!(
                "`{file}` is a certificate whose private key is only in the agent, which only the `ssh` program can use"
            ),
            format!("`{file}` は証明書ですが、その秘密鍵は ssh-agent にしかなく、`ssh` コマンドでしか使えません"),
        ),
        KeyFileFault::SecurityKey(fault) => security_key::message(&file.to_string(), fault),
    }
}

fn shown(key: &HostKey) -> String {
    format!("{} {}", key.key_type, key.fingerprint)
}

fn place(known: &KnownKey) -> String {
    format!("{}:{}", known.file.display(), known.line)
}

fn joined(files: &[std::path::PathBuf]) -> String {
    files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// What to do, in order.
pub(super) fn remedy(error: &TransportError) -> Vec<ErrorRemedy> {
    match &*error.kind {
        Kind::HostKeyUnknown { instead: KnownInstead::Authority, .. } => vec![step(
            "let the `ssh` program check the host's certificate: `--transport openssh`",
            "ホスト証明書を `ssh` コマンドに検証させてください: `--transport openssh`",
            vec![],
        )],
        Kind::HostKeyUnknown { key, files, .. } => {
            unknown_remedy(error, key, files.first().map(std::path::PathBuf::as_path))
        }
        Kind::HostKeyChanged { name, known, .. } => changed_remedy(name, known),
        Kind::KeyFile { problems, offered } => {
            let instead = kerberos::instead_of_keys(offered).map(|_| kerberos::step_for(error, None));
            instead.into_iter().chain(problems.iter().map(|problem| key_remedy(error, problem))).collect()
        }
        Kind::Auth(refusal) => auth_remedy(error, refusal),
        Kind::FromMother { mother, port, config, kind } => mother::remedy(error, (mother, *port), config, kind),
        Kind::Container { program, fault } => vec![container::remedy(&error.host, program, fault)],
        _ => simple_remedy(error),
    }
}

fn by_hand(command: String) -> ErrorRemedy {
    step(
        "see what the server says about it in its log, and try it by hand",
        "サーバーのログを確認し、手動で接続してみてください",
        vec![command],
    )
}

fn step(en: &str, ja: &str, commands: Vec<String>) -> ErrorRemedy {
    ErrorRemedy { text: Text::new(en, ja), commands }
}

fn simple_remedy(error: &TransportError) -> Vec<ErrorRemedy> {
    let host = quote(&error.host);
    let one = |en: &str, ja: &str, commands: Vec<String>| vec![step(en, ja, commands)];
    match &*error.kind {
        Kind::Name { .. } => one(
            "correct the name in the inventory (`ansible_host`), or make it resolvable",
            "インベントリのホスト名 (`ansible_host`) を直すか、名前解決できるようにしてください",
            vec![format!("getent hosts {host}")],
        ),
        Kind::Refused { .. } => one(
            "check that the host is up and that sshd listens on this port; correct `ansible_port` if it is another one",
            "ホストが起動していて sshd がこのポートで待ち受けているか確認してください。ポートが違う場合は `ansible_port` を直してください",
            vec![],
        ),
        Kind::UnreachableNetwork { .. } => one(
            "check this machine's network, VPN and routes, and the address in the inventory",
            "このマシンのネットワーク、VPN、経路と、インベントリのアドレスを確認してください",
            vec![],
        ),
        Kind::Timeout { phase: Phase::Name | Phase::Connect, .. } | Kind::Silent { .. } => one(
            "check that the host is up and that no firewall drops the port; a slow link needs a longer `--connect-timeout`",
            "ホストが起動しているか、ファイアウォールで遮断されていないか確認してください。遅い回線では `--connect-timeout` を延ばしてください",
            vec![],
        ),
        Kind::Timeout { phase: Phase::Agent, .. } => one(
            "confirm the use of the key where the agent asks for it, or restart an agent that hangs; this must answer",
            "ssh-agent の確認画面で鍵の使用を許可してください。応答しない ssh-agent は再起動してください。次のコマンドで応答を確認できます",
            vec!["ssh-add -l".to_owned()],
        ),
        Kind::Timeout { .. } | Kind::Lost { .. } => {
            let login = quote(&format!("{}@{}", error.user, error.host));
            vec![by_hand(format!("ssh -v -p {} {login}", error.port))]
        }
        Kind::NotSsh { .. } => one(
            "correct the port (`ansible_port`), or ask what listens there",
            "ポート (`ansible_port`) を直すか、そこで待ち受けているものを確認してください",
            vec![],
        ),
        Kind::Busy { said } if said.contains("MaxStartups") => one(
            "ask fewer hosts at a time (`--forks`) or try longer (`--retries`), or raise `MaxStartups` on the server",
            "同時に調べるホストを減らすか (`--forks`)、再試行を増やすか (`--retries`)、サーバーの `MaxStartups` を上げてください",
            vec![],
        ),
        Kind::Busy { .. } => one(
            "wait before you try again: the server turns this address away for earlier failures (`PerSourcePenalties`)",
            "しばらく待ってから再試行してください。以前の失敗のため、サーバーがこのアドレスを拒否しています (`PerSourcePenalties`)",
            vec![],
        ),
        Kind::Handshake { .. } => one(
            "update the OpenSSH server, or allow it one of the algorithms that this side offers",
            "OpenSSH サーバーを更新するか、こちらが対応するアルゴリズムを有効にしてください",
            vec![],
        ),
        Kind::HostKeyRevoked { .. } => one(
            "do not connect before you know why the key was revoked; give the host a new key",
            "鍵が失効された理由が分かるまで接続しないでください。ホストに新しい鍵を用意してください",
            vec![],
        ),
        Kind::Channel { .. } => one(
            "look for `ForceCommand`, `MaxSessions 0` or a `command=` in authorized_keys on the server",
            "サーバーの `ForceCommand`、`MaxSessions 0`、authorized_keys の `command=` を確認してください",
            vec![],
        ),
        Kind::Proxy { .. } => one(
            "make the jump host reachable first; the command must work by hand",
            "先に踏み台ホストへ接続できるようにしてください。上記コマンドが手動で動く必要があります",
            vec![],
        ),
        _ => vec![],
    }
}

fn unknown_remedy(error: &TransportError, key: &HostKey, file: Option<&Path>) -> Vec<ErrorRemedy> {
    std::iter::once(compare(key)).chain(file.map(|file| write_down(error, key, file))).collect()
}

/// `ed25519` of `ssh-ed25519`, as files and programs call it.
fn short_type(key: &HostKey) -> &str {
    let short = key.key_type.trim_start_matches("ssh-");
    short.split("-sha2-").next().unwrap_or(short)
}

fn compare(key: &HostKey) -> ErrorRemedy {
    step(
        "on the host's console, compare the fingerprint",
        "ホストのコンソールで、フィンガープリントが一致するか確認してください",
        vec![format!("ssh-keygen -lf /etc/ssh/ssh_host_{}_key.pub", short_type(key))],
    )
}

fn write_down(error: &TransportError, key: &HostKey, file: &Path) -> ErrorRemedy {
    let (host, file) = (quote(&error.host), quote(&file.display().to_string()));
    step(
        "if it is the same, write the key down",
        "一致していれば、鍵を登録してください",
        vec![format!("ssh-keyscan -t {} -p {} {host} >> {file}", short_type(key), error.port)],
    )
}

fn changed_remedy(name: &str, known: &[KnownKey]) -> Vec<ErrorRemedy> {
    let mut commands: Vec<String> = Vec::new();
    for key in known {
        let command = format!("ssh-keygen -f {} -R {}", quote(&key.file.display().to_string()), quote(name));
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    vec![step(
        "if the host was rebuilt, forget its old key; if not, find out who answers there before you go on",
        "ホストを作り直した場合は古い鍵を削除してください。心当たりがなければ、応答しているのが誰かを先に確認してください",
        commands,
    )]
}

fn key_remedy(error: &TransportError, problem: &KeyFileProblem) -> ErrorRemedy {
    let file = quote(&problem.file.display().to_string());
    match &problem.why {
        KeyFileFault::Mode(_) => step(
            "take the key away from the others",
            "鍵を他のユーザーから読めないようにしてください",
            vec![format!("chmod 600 {file}")],
        ),
        KeyFileFault::Encrypted | KeyFileFault::WrongPassphrase => {
            step("give the key to an agent", "鍵を ssh-agent に登録してください", vec![format!("ssh-add {file}")])
        }
        KeyFileFault::Missing => step(
            "correct the path (`ansible_ssh_private_key_file`, `IdentityFile`), or put the key there",
            "パス (`ansible_ssh_private_key_file`、`IdentityFile`) を直すか、鍵を置いてください",
            vec![format!("ls -l {file}")],
        ),
        KeyFileFault::Unreadable(_) | KeyFileFault::Bad(_) => {
            step("look at the file", "ファイルを確認してください", vec![format!("ssh-keygen -yf {file}")])
        }
        KeyFileFault::CertificateOfAgent => step(
            "let the `ssh` program connect: run again with `--transport openssh`; or name the private key as `IdentityFile`",
            "`--transport openssh` を付けて実行し、`ssh` コマンドで接続するか、秘密鍵を `IdentityFile` に指定してください",
            vec![],
        ),
        KeyFileFault::SecurityKey(fault) => security_key::remedy(error, &file, fault),
    }
}

fn auth_remedy(error: &TransportError, refusal: &AuthRefusal) -> Vec<ErrorRemedy> {
    let mut steps: Vec<_> = refusal.problems.iter().map(|problem| key_remedy(error, problem)).collect();
    let publickey = refusal.offered.is_empty() || refusal.offered.iter().any(|m| m == "publickey");
    let kerberos = kerberos::remedy(error, refusal);
    if refusal.partial {
        steps.push(step(
            "only the first factor can be given here: exempt this account from `AuthenticationMethods`, or give `ansible_password`",
            "二つ目の要素は入力できません。このアカウントを `AuthenticationMethods` の対象外にするか、`ansible_password` を指定してください",
            vec![],
        ));
    } else if publickey && !(kerberos::was_tried(refusal) && refusal.tried.is_empty()) {
        steps.push(public_key::remedy(error, refusal));
    } else if kerberos.is_none() {
        steps.push(step(
            "the server takes no keys: allow `PubkeyAuthentication` there, or give `ansible_password`",
            "サーバーが公開鍵認証を受け付けていません。`PubkeyAuthentication` を有効にするか `ansible_password` を指定してください",
            vec![],
        ));
    }
    // Whoever has a ticket, or had one, wants to log in by it.
    let place = if kerberos::was_tried(refusal) { 0 } else { steps.len() };
    steps.splice(place..place, kerberos);
    steps
}
