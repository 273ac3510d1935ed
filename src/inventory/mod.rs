//! Stage 1, who: files to an [`Inventory`]. Knows no sibling stage.
//!
//! [`load()`] finds the reader of each source: inline lists, `script`, `hive` plugin files, YAML ([`yaml`](self) events to
//! a tree with positions, `groups`), `ini`. All fill one builder (`structure`); `merge` lays the layers of variables on
//! top of each other, with those of `files` (`group_vars`, `host_vars`). [`crate::plan`] joins the result with the
//! catalogue.

mod address;
mod audit;
mod change;
mod document;
mod engine;
mod error;
mod files;
mod groups;
mod hive;
mod ini;
mod japanese;
mod json;
mod kind;
mod literal;
mod load;
mod merge;
mod model;
mod name;
mod origin;
mod pattern;
mod python;
mod script;
mod secret;
mod source;
mod structure;
mod tree;
mod value;
mod vault;
mod words;
mod yaml;

pub use address::RangeFault;
pub use audit::{Audit, Finding, Rule};
pub use change::{Change, Changes, Field, Section, Touch, What, compare};
pub use engine::{Engine, EngineFault};
pub use error::{InventoryErrors, Problem, Reason, Warning, WarningKind};
pub use hive::{Expected, HiveFault, NetworkFault, Numbered, PersistentsFault, Place};
pub use ini::IniFault;
pub use kind::Kind;
pub use literal::python_literal;
pub use load::{LoadOptions, Loaded, load, load_with_origins};
pub use model::{Group, HiveSite, Host, HostVars, Inventory, Service, Var};
pub use name::{GroupName, HostName};
pub use origin::{Beside, Layer, Origin, Origins};
pub use pattern::{InvalidPattern, InvalidPatternKind, Pattern, Selection};
pub use secret::without_secrets;
pub use source::{Printed, SourceFault};
pub use structure::StructureFault;
pub use value::Value;
pub use vault::{PasswordFault, Vault, VaultFault, VaultOptions};
pub use yaml::{Becomes, YamlFault, write_yaml};
