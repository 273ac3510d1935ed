//! How a host is reached: the connection variables of the inventory, rendered, for whoever joins them with
//! `ssh_config` and options.

use std::sync::Arc;

use minijinja::value::{Object, Value, ValueKind};

use super::HostScope;
use crate::{text::Text, transport::Endpoint};

/// What the inventory says about connecting to a host; absent = it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// `inventory_hostname`.
    pub name: String,
    /// The host is the mother.
    pub is_mother: bool,
    /// `ansible_connection`.
    pub connection: Option<String>,
    /// `ansible_host`, `ansible_ssh_host`.
    pub host: Option<String>,
    /// `ansible_port`, `ansible_ssh_port`.
    pub port: Option<String>,
    /// `ansible_user`, `ansible_ssh_user`.
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`, `ansible_private_key_file`.
    pub private_key_file: Option<String>,
    /// `ansible_password`, `ansible_ssh_pass`, `ansible_ssh_password`.
    pub password: Option<String>,
    /// `ansible_ssh_common_args`.
    pub common_args: Option<String>,
    /// `ansible_ssh_extra_args`.
    pub extra_args: Option<String>,
    /// `ansible_host_key_checking`, `ansible_ssh_host_key_checking`.
    pub host_key_checking: Option<String>,
}

/// Where a host is, or why that cannot be told.
#[derive(Debug, Clone)]
pub enum Reach {
    /// There.
    At(Endpoint),
    /// It is not there yet: its checks are skipped, and why.
    NotYet(Text),
}

/// A connection variable that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.en)]
pub struct ReachError(pub Text);

impl Wanted {
    /// Reads and renders the host's connection variables.
    ///
    /// # Errors
    /// A variable that cannot be rendered, by name.
    pub fn of(scope: &Arc<HostScope>) -> Result<Self, ReachError> {
        let fleet = &scope.globals().fleet;
        let name = &scope.host().name;
        Ok(Self {
            name: name.to_string(),
            is_mother: fleet.members("mother").contains(name),
            connection: first(scope, &["ansible_connection"])?,
            host: first(scope, &["ansible_host", "ansible_ssh_host"])?,
            port: first(scope, &["ansible_port", "ansible_ssh_port"])?,
            user: first(scope, &["ansible_user", "ansible_ssh_user"])?,
            private_key_file: first(scope, &["ansible_ssh_private_key_file", "ansible_private_key_file"])?,
            password: first(scope, &["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"])?,
            common_args: first(scope, &["ansible_ssh_common_args"])?,
            extra_args: first(scope, &["ansible_ssh_extra_args"])?,
            host_key_checking: first(scope, &["ansible_host_key_checking", "ansible_ssh_host_key_checking"])?,
        })
    }
}

/// The first of several names for one thing that the host has, as text.
fn first(scope: &Arc<HostScope>, names: &[&str]) -> Result<Option<String>, ReachError> {
    for name in names {
        let Some(value) = scope.get_value_by_str(name) else { continue };
        if let Some(error) = invalid(&value) {
            if error.starts_with("the variable `") {
                // It says itself which variable it is, perhaps one that this one refers to.
                return Err(ReachError(Text::new(error.clone(), error)));
            }
            let place = scope.host().vars.get(*name).and_then(|var| var.location.as_ref());
            let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
            return Err(ReachError(Text::new(
                format!("the variable `{name}`{place} cannot be rendered: {error}"),
                format!("変数 `{name}`{place} を展開できません: {error}"),
            )));
        }
        if !value.is_none() && !value.is_undefined() {
            return Ok(Some(value.to_string()));
        }
    }
    Ok(None)
}

/// Why a value is no value, where that is so.
fn invalid(value: &Value) -> Option<String> {
    (value.kind() == ValueKind::Invalid).then(|| {
        let text = value.to_string();
        text.trim_start_matches("<invalid value: ").trim_end_matches('>').to_owned()
    })
}
