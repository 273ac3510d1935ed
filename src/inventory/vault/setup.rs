//! The places of passwords, in Ansible's order: configured identities, `--vault-id`, `--vault-password-file`, the
//! configured password file, `--ask-vault-pass`.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{
    PasswordFault, Vault,
    secret::{Place, Source},
    settings::{Settings, expand},
};

/// What the user says about vault passwords.
#[derive(Debug, Clone, Default)]
pub struct VaultOptions {
    /// `LABEL@FILE`, `LABEL@prompt`, `FILE` or `prompt`.
    pub ids: Vec<String>,
    /// Files with a password, or scripts that print one.
    pub password_files: Vec<PathBuf>,
    /// Ask for the password that has no label.
    pub ask: bool,
}

impl Vault {
    /// Finds the places of all passwords: those of `options` and those of Ansible's own configuration. Passwords that are
    /// typed are asked for now, with `ask`, which is told the label and returns nothing where nobody answers; files and
    /// scripts are read when something encrypted has to be opened.
    ///
    /// # Errors
    /// What the user named and what is not there. Where only the configuration is wrong, everything that is not encrypted
    /// works, and the rest says so.
    pub fn of(options: &VaultOptions, ask: &dyn Fn(&str) -> Option<String>) -> Result<Self, PasswordFault> {
        let settings = Settings::find();
        let mut sources = Vec::new();
        for identity in &settings.identities {
            // What only the configuration asks for is not asked in vain: nobody may be there.
            sources.extend(source(identity, &settings.label, ask).ok());
        }
        for identity in &options.ids {
            let source = source(identity, &settings.label, ask)?;
            source.check()?;
            sources.push(source);
        }
        for file in &options.password_files {
            let source = unnamed(&settings.label, Place::File(expand(&file.to_string_lossy())));
            source.check()?;
            sources.push(source);
        }
        sources.extend(settings.password_file.map(|file| unnamed(&settings.label, Place::File(file))));
        if options.ask {
            sources.push(unnamed(&settings.label, typed(&settings.label, ask)?));
        }
        Ok(Self::new(sources))
    }
}

fn source(identity: &str, default: &str, ask: &dyn Fn(&str) -> Option<String>) -> Result<Source, PasswordFault> {
    let (label, place) = match identity.split_once('@') {
        Some((label, place)) => (Some(label).filter(|label| !label.is_empty()), place),
        None => (None, identity),
    };
    let named = label.is_some();
    let label = label.unwrap_or(default).to_owned();
    let place = if place == "prompt" { typed(&label, ask)? } else { Place::File(expand(place)) };
    Ok(Source { label, named, place })
}

/// `--vault-password-file` is `--vault-id default@FILE`, for client scripts, too.
fn unnamed(label: &str, place: Place) -> Source {
    Source { label: label.to_owned(), named: true, place }
}

fn typed(label: &str, ask: &dyn Fn(&str) -> Option<String>) -> Result<Place, PasswordFault> {
    let answer = ask(label).map(Zeroizing::new);
    match answer.as_ref().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        Some(text) => Ok(Place::Given(Zeroizing::new(text.as_bytes().to_vec()))),
        None => Err(PasswordFault::Unanswered(label.to_owned())),
    }
}
