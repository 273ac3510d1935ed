//! The places of passwords, in Ansible's order: configured identities, `--vault-id`, `--vault-password-file`, the
//! configured password file, `--ask-vault-pass`.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{
    PasswordFault, Vault,
    secret::{Place, Source},
};
use crate::{
    secret::{Redactor, Secret},
    stop::Stop,
    trust::Scripts,
};

/// The label of a password that has none.
const DEFAULT_LABEL: &str = "default";

/// What is said about vault passwords. `~` in front of a path is the home directory.
#[derive(Debug, Clone, Default)]
pub struct VaultOptions {
    /// The label of passwords that are given none; empty: `default`.
    pub default_label: String,
    /// What Ansible's configuration says like `ids`.
    pub configured_ids: Vec<String>,
    /// What Ansible's configuration says like `password_files`.
    pub configured_file: Option<PathBuf>,
    /// `LABEL@FILE`, `LABEL@prompt`, `FILE` or `prompt`.
    pub ids: Vec<String>,
    /// Files with a password, or scripts that print one.
    pub password_files: Vec<PathBuf>,
    /// Ask for the password that has no label.
    pub ask: bool,
    /// Ends the scripts that print passwords.
    pub stop: Stop,
    /// Whether scripts that print passwords may run.
    pub scripts: Scripts,
    /// Learns what must not be shown.
    pub redactor: Redactor,
}

impl Vault {
    /// Finds the places of all passwords. Those that are typed are asked for now, with `ask`, which is told the label and
    /// returns nothing where nobody answers; files and scripts are read when something encrypted has to be opened.
    ///
    /// # Errors
    /// What the user named and what is not there. Where only the configuration is wrong, everything that is not encrypted
    /// works, and the rest says so.
    pub fn of(options: VaultOptions, ask: &dyn Fn(&str) -> Option<Secret>) -> Result<Self, PasswordFault> {
        let label = Some(options.default_label.as_str()).filter(|label| !label.is_empty()).unwrap_or(DEFAULT_LABEL);
        let mut sources = Vec::new();
        for identity in &options.configured_ids {
            // What only the configuration asks for is not asked in vain: nobody may be there.
            sources.extend(source(identity, label, ask).ok());
        }
        for identity in &options.ids {
            let source = source(identity, label, ask)?;
            source.check()?;
            sources.push(source);
        }
        for file in &options.password_files {
            let source = unnamed(label, Place::File(expand(file)));
            source.check()?;
            sources.push(source);
        }
        sources.extend(options.configured_file.map(|file| unnamed(label, Place::File(expand(&file)))));
        if options.ask {
            sources.push(unnamed(label, typed(label, ask)?));
        }
        Ok(Self { stop: options.stop, redactor: options.redactor, scripts: options.scripts, ..Self::new(sources) })
    }
}

/// `~` in front of a path.
fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_path_buf(),
    }
}

fn source(identity: &str, default: &str, ask: &dyn Fn(&str) -> Option<Secret>) -> Result<Source, PasswordFault> {
    let (label, place) = match identity.split_once('@') {
        Some((label, place)) => (Some(label).filter(|label| !label.is_empty()), place),
        None => (None, identity),
    };
    let named = label.is_some();
    let label = label.unwrap_or(default).to_owned();
    let place = if place == "prompt" { typed(&label, ask)? } else { Place::File(expand(Path::new(place))) };
    Ok(Source { label, named, place })
}

/// `--vault-password-file` is `--vault-id default@FILE`, for client scripts, too.
fn unnamed(label: &str, place: Place) -> Source {
    Source { label: label.to_owned(), named: true, place }
}

fn typed(label: &str, ask: &dyn Fn(&str) -> Option<Secret>) -> Result<Place, PasswordFault> {
    let answer = ask(label);
    match answer.as_ref().map(|text| text.expose().trim()).filter(|text| !text.is_empty()) {
        Some(text) => Ok(Place::Given(text.as_bytes().to_vec().into())),
        None => Err(PasswordFault::Unanswered(label.to_owned())),
    }
}
