//! The vault passwords of a run.

use std::sync::Arc;

use super::{args::VaultArgs, run::Refused, ui::Ui};
use crate::inventory::{Vault, VaultOptions};

/// Finds the passwords; those that are typed are asked for now, once.
pub(super) fn open(args: &VaultArgs, ui: Ui) -> Result<Arc<Vault>, Refused> {
    let options = VaultOptions {
        ids: args.vault_id.clone(),
        password_files: args.vault_password_file.clone(),
        ask: args.ask_vault_pass,
    };
    let ask = |label: &str| if ui.can_ask() { ui.ask_vault_password(label) } else { None };
    Vault::of(&options, &ask).map(Arc::new).map_err(|fault| ui.error(&fault))
}
