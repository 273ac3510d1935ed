//! Why a host was not asked, as the reports tell it.

use crate::{
    event::HostError,
    judge::RemedyStep,
    plan::ReachError,
    text::Text,
    transport::{ErrorRemedy, TransportError},
};

/// The class of what the inventory says wrong: nobody was asked, and the host itself may be well.
pub(super) const INVENTORY: &str = "inventory";

/// A connection that failed.
pub(super) fn of_transport(error: &TransportError) -> HostError {
    HostError {
        class: error.class().into(),
        message: error.message(),
        remedy: error.remedy().into_iter().flat_map(steps).collect(),
    }
}

/// A connection variable that cannot be used.
pub(super) fn of_inventory(error: &ReachError) -> HostError {
    let todo = Text::new(
        "mend the variable in the inventory; `hive-preflight inventory --list` shows what is read",
        "インベントリの変数を修正してください。`hive-preflight inventory --list` で読み取り結果を確認できます",
    );
    HostError {
        class: INVENTORY.into(),
        message: error.0.clone(),
        remedy: vec![RemedyStep { text: todo, command: None, on: None }],
    }
}

/// One step for the sentence with its first command, and one for each further command.
fn steps(remedy: ErrorRemedy) -> Vec<RemedyStep> {
    let mut commands = remedy.commands.into_iter();
    let first = RemedyStep { text: remedy.text, command: commands.next(), on: None };
    let rest = commands.map(|command| RemedyStep { text: Text::default(), command: Some(command), on: None });
    std::iter::once(first).chain(rest).collect()
}
