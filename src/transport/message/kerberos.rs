//! Logins by a Kerberos ticket (GSSAPI), which the `ssh` program can do and libssh2 cannot.

use super::{both, step};
use crate::{
    shell::quote,
    text::Text,
    transport::error::{AuthRefusal, ErrorRemedy, KerberosFault as Fault, TransportError},
};

fn offers(offered: &[String], method: &str) -> bool {
    offered.iter().any(|offer| offer.starts_with(method))
}

/// What is said where keys are of no use because the server takes tickets only.
pub(super) fn instead_of_keys(offered: &[String]) -> Option<Text> {
    let only = offers(offered, "gssapi") && !offers(offered, "publickey");
    only.then(|| {
        both(
            "it takes Kerberos tickets (GSSAPI), for which `--transport openssh` is needed".to_owned(),
            "サーバーは Kerberos チケット (GSSAPI) を受け付けますが、それには `--transport openssh` が必要です"
                .to_owned(),
        )
    })
}

/// Whether a ticket was shown, or should have been: there is, or was, one.
pub(super) fn was_tried(refusal: &AuthRefusal) -> bool {
    matches!(refusal.kerberos.as_deref(), Some(Fault::Expired(_) | Fault::Failed(_) | Fault::Refused))
}

/// Whether a ticket would have been the way: many servers take tickets too, where nobody has any.
fn is_wanted(refusal: &AuthRefusal) -> bool {
    let is_only = !offers(&refusal.offered, "publickey") || refusal.tried.is_empty();
    was_tried(refusal) || (offers(&refusal.offered, "gssapi") && is_only)
}

/// What became of it.
pub(super) fn part(refusal: &AuthRefusal) -> Option<Text> {
    if !is_wanted(refusal) {
        return None;
    }
    Some(match refusal.kerberos.as_deref() {
        None => return instead_of_keys(&refusal.offered),
        Some(Fault::NoTicket(words)) => {
            both(format!("there was no Kerberos ticket: {words}"), format!("Kerberos チケットがありません: {words}"))
        }
        Some(Fault::Expired(words)) => both(
            format!("the Kerberos ticket has expired (`ssh`: {words})"),
            format!("Kerberos チケットの有効期限が切れています (`ssh`: {words})"),
        ),
        Some(Fault::Failed(words)) => {
            both(format!("Kerberos failed: {words}"), format!("Kerberos でエラーが起きました: {words}"))
        }
        Some(Fault::Refused) => both(
            "it did not let us in by the Kerberos ticket".to_owned(),
            "Kerberos チケットによるログインは拒否されました".to_owned(),
        ),
        Some(Fault::SwitchedOff) => both(
            "it takes Kerberos tickets, but `GSSAPIAuthentication` is not switched on".to_owned(),
            "サーバーは Kerberos チケットを受け付けますが、`GSSAPIAuthentication` が有効になっていません".to_owned(),
        ),
    })
}

/// What to do about it.
pub(super) fn remedy(error: &TransportError, refusal: &AuthRefusal) -> Option<ErrorRemedy> {
    is_wanted(refusal).then(|| step_for(error, refusal.kerberos.as_deref()))
}

/// The step for a fault; for none where this way to connect has no Kerberos.
pub(super) fn step_for(error: &TransportError, fault: Option<&Fault>) -> ErrorRemedy {
    let kinit = || vec!["kinit".to_owned()];
    match fault {
        None => step(
            "get a Kerberos ticket, and let the `ssh` program show it: `--transport openssh`",
            "Kerberos チケットを取得し、`ssh` コマンドで接続してください: `--transport openssh`",
            kinit(),
        ),
        Some(Fault::NoTicket(_)) => step("get a Kerberos ticket", "Kerberos チケットを取得してください", kinit()),
        Some(Fault::Expired(_)) => {
            step("get a new Kerberos ticket", "Kerberos チケットを取得し直してください", kinit())
        }
        Some(Fault::Failed(_)) => step(
            "look at your ticket, and ask Kerberos for one for this host",
            "チケットを確認し、このホスト用のチケットを取得できるか試してください",
            vec!["klist".to_owned(), format!("kvno {}", quote(&format!("host/{}", error.host)))],
        ),
        Some(Fault::Refused) => step(
            "check whose ticket it is: its principal must be allowed to log in as this user (`~/.k5login` on the host), and the host needs a keytab for its name",
            "誰のチケットか確認してください。そのプリンシパルにこのユーザーでのログインが許可されている必要があります (ホストの `~/.k5login`)。ホストにはその名前の keytab も必要です",
            vec!["klist".to_owned()],
        ),
        Some(Fault::SwitchedOff) => step(
            "get a Kerberos ticket, and set `GSSAPIAuthentication yes` for this host (`ssh_config`, `ansible_ssh_common_args`)",
            "Kerberos チケットを取得し、このホストに `GSSAPIAuthentication yes` を設定してください (`ssh_config`、`ansible_ssh_common_args`)",
            kinit(),
        ),
    }
}
