//! What `ssh` met on the mother: where from, and on which machine each step helps.

use super::{both, by_hand, compare, write_down};
use crate::{
    shell::quote,
    text::Text,
    transport::error::{ErrorRemedy, Phase, TransportError, TransportErrorKind as Kind},
};

/// The error that the mother met, as if it were ours.
fn on_mother(error: &TransportError, kind: &Kind) -> TransportError {
    TransportError { kind: Box::new(kind.clone()), ..error.clone() }
}

/// What the mother met on the way to the host.
pub(super) fn message(error: &TransportError, mother: &str, kind: &Kind) -> Text {
    if let Kind::Local { detail } = kind {
        return both(
            format!("the mother `{mother}` cannot reach `{}`: {detail}", error.host),
            format!("マザーマシン `{mother}` から `{}` へ接続できません: {detail}", error.host),
        );
    }
    let Text { en, ja } = super::message(&on_mother(error, kind));
    both(format!("from the mother `{mother}`: {en}"), format!("マザーマシン `{mother}` から: {ja}"))
}

/// What to do about what the mother met; only hive's `config` there says what a target's name means.
pub(super) fn remedy(error: &TransportError, mother: (&str, u16), config: &str, kind: &Kind) -> Vec<ErrorRemedy> {
    let host = error.address.map_or_else(|| error.host.clone(), |address| address.ip().to_string());
    let there = TransportError { host, ..on_mother(error, kind) };
    match kind {
        // The console is the target's, whoever connects to it.
        Kind::HostKeyUnknown { key, files, .. } => {
            let known = files.first().map(|file| write_down(&there, key, file));
            std::iter::once(compare(key)).chain(remedy_on(mother, known.into_iter().collect())).collect()
        }
        Kind::Timeout { phase: Phase::Banner | Phase::Handshake | Phase::Auth | Phase::Exec, .. }
        | Kind::Lost { .. } => {
            remedy_on(mother, vec![by_hand(format!("ssh -v -F {} {}", quote(config), quote(&error.host)))])
        }
        // Its commands name that configuration.
        Kind::Auth(_) => remedy_on(mother, super::remedy(&on_mother(error, kind))),
        _ => remedy_on(mother, super::remedy(&there)),
    }
}

/// The same steps, whose commands are for the mother.
fn remedy_on((mother, port): (&str, u16), mut steps: Vec<ErrorRemedy>) -> Vec<ErrorRemedy> {
    for command in steps.iter_mut().flat_map(|step| &mut step.commands) {
        // It asks for a password, which must not be shown.
        let asks = command == "kinit" || command.contains("ssh-copy-id ") || command.contains("ssh -F ");
        let terminal = if asks { "-t " } else { "" };
        *command = format!("ssh {terminal}-p {port} {} {}", quote(mother), quote(command));
    }
    steps
}
