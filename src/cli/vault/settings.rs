//! What Ansible's own configuration says about vault passwords: the environment, else the `ansible.cfg` that it would use.

use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::bounded;

/// How large the configuration may be, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// The label of a password that has none.
const DEFAULT_LABEL: &str = "default";

/// Where Ansible looks when nobody says otherwise.
const SYSTEM: &str = "/etc/ansible/ansible.cfg";

/// The settings that have to do with the vault.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// `DEFAULT_VAULT_PASSWORD_FILE`.
    pub(super) password_file: Option<PathBuf>,
    /// `DEFAULT_VAULT_IDENTITY_LIST`, each as `--vault-id` takes it.
    pub(super) identities: Vec<String>,
    /// `DEFAULT_VAULT_IDENTITY`.
    pub(super) label: String,
}

impl Settings {
    /// As Ansible would find them in the current directory; without `file` only the environment counts.
    pub(super) fn find(file: bool) -> Self {
        let variable = |name: &str| env::var_os(name);
        let file = file.then(|| config_file(&variable)).flatten();
        let config = file.and_then(|file| Some(Config { text: bounded::read_text(&file, MAX_FILE).ok()?, file }));
        Self::of(&variable, config.as_ref())
    }

    fn of(variable: &dyn Fn(&str) -> Option<OsString>, config: Option<&Config>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let written = |key: &str| config.and_then(|config| config.value(key));
        let text = |name: &str, key: &str| {
            set(name).map(|value| value.to_string_lossy().into_owned()).or_else(|| written(key))
        };
        let password_file = set("ANSIBLE_VAULT_PASSWORD_FILE")
            .map(PathBuf::from)
            .or_else(|| config.and_then(|config| Some(config.path(&config.value("vault_password_file")?))));
        let list = text("ANSIBLE_VAULT_IDENTITY_LIST", "vault_identity_list").unwrap_or_default();
        let identities = list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect();
        let label = text("ANSIBLE_VAULT_IDENTITY", "vault_identity").unwrap_or_else(|| DEFAULT_LABEL.to_owned());
        Self { password_file, identities, label }
    }
}

/// `~` and variables in front of a path, as far as people write them.
fn expand(text: &str) -> PathBuf {
    let rest = ["~", "$HOME", "${HOME}"].into_iter().find_map(|home| text.strip_prefix(home));
    match (rest, env::var_os("HOME")) {
        (Some(""), Some(home)) => home.into(),
        (Some(rest), Some(home)) if rest.starts_with('/') => Path::new(&home).join(rest.trim_start_matches('/')),
        _ => PathBuf::from(text),
    }
}

/// The first that exists: what the environment names, the current directory's unless everybody may write there, the
/// user's, the system's.
fn config_file(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let named = variable("ANSIBLE_CONFIG").map(|value| {
        let path = expand(&value.to_string_lossy());
        if path.is_dir() { path.join("ansible.cfg") } else { path }
    });
    let here = fs::metadata(".").is_ok_and(|metadata| metadata.permissions().mode() & 0o002 == 0);
    let here = here.then(|| PathBuf::from("ansible.cfg"));
    let own = variable("HOME").map(|home| Path::new(&home).join(".ansible.cfg"));
    [named, here, own, Some(PathBuf::from(SYSTEM))].into_iter().flatten().find(|path| path.is_file())
}

/// An `ansible.cfg`.
struct Config {
    file: PathBuf,
    text: String,
}

impl Config {
    /// A value of `[defaults]`, as Python's `configparser` reads it for Ansible: `#` begins a comment at the start of a
    /// line, `;` also behind a blank.
    fn value(&self, key: &str) -> Option<String> {
        let mut section = "";
        let mut found = None;
        for line in self.text.lines() {
            let line = match line.find(" ;").or_else(|| line.find("\t;")) {
                Some(at) => &line[..at],
                None => line,
            };
            let trimmed = line.trim();
            if trimmed.starts_with(['#', ';']) || trimmed.is_empty() {
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                section = name;
            } else if section == "defaults"
                && let Some(at) = trimmed.find(['=', ':'])
                && trimmed[..at].trim().eq_ignore_ascii_case(key)
            {
                found = Some(trimmed[at + 1..].trim().trim_matches(['"', '\'']).to_owned());
            }
        }
        found.filter(|value| !value.is_empty())
    }

    /// A path of this file: relative ones begin where the file lies.
    fn path(&self, text: &str) -> PathBuf {
        let text = text.strip_prefix("{{CWD}}/").unwrap_or(text);
        let path = expand(text);
        match self.file.parent() {
            Some(parent) if path.is_relative() => parent.join(path),
            _ => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<OsString> {
        None
    }

    #[test]
    fn the_file_speaks_where_the_environment_is_silent() {
        let text = "[inventory]\nvault_password_file = no\n[defaults]\n# vault_password_file = no\n\
                    vault_password_file = .secret ; a comment\nVAULT_IDENTITY_LIST: dev@a, prod@b ,\n";
        let config = Config { file: PathBuf::from("/p/ansible.cfg"), text: text.to_owned() };
        let settings = Settings::of(&none, Some(&config));
        assert_eq!(settings.password_file.as_deref(), Some(Path::new("/p/.secret")));
        assert_eq!(settings.identities, ["dev@a", "prod@b"]);
        assert_eq!(settings.label, "default");
        let spoken = |name: &str| (name == "ANSIBLE_VAULT_PASSWORD_FILE").then(|| OsString::from("env-file"));
        assert_eq!(Settings::of(&spoken, Some(&config)).password_file.as_deref(), Some(Path::new("env-file")));
    }
}
