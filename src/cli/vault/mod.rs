//! The vault passwords of a run: what the command line, the environment and Ansible's configuration say about them.

mod settings;

use std::sync::Arc;

use super::{args::SourceArgs, run::Refused, ui::Ui};
use crate::inventory::{LoadOptions, Vault, VaultOptions};

use settings::Settings;

/// What the inventory stage needs of the command line, with the vault passwords.
pub(super) fn options(args: &SourceArgs, ui: Ui) -> Result<LoadOptions, Refused> {
    let options = super::inventory::options(args);
    // hive gives Ansible a configuration file of its own.
    let settings = Settings::find(options.project().is_none());
    Ok(LoadOptions { vault: open(args, settings, ui)?, stop: ui.stop().clone(), ..options })
}

/// Finds the passwords; those that are typed are asked for now, once.
fn open(source: &SourceArgs, settings: Settings, ui: Ui) -> Result<Arc<Vault>, Refused> {
    let args = &source.vault;
    let options = VaultOptions {
        default_label: settings.label,
        configured_ids: settings.identities,
        configured_file: settings.password_file,
        ids: args.vault_id.clone(),
        password_files: args.vault_password_file.clone(),
        ask: args.ask_vault_pass,
        stop: ui.stop().clone(),
        scripts: super::inventory::scripts(source),
        redactor: ui.redactor().clone(),
    };
    let ask = |label: &str| if ui.can_ask() { ui.ask_vault_password(label) } else { None };
    Vault::of(options, &ask).map(Arc::new).map_err(|fault| ui.error(&fault))
}
