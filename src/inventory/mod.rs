//! Stage 1, who: files to an [`Inventory`]. Knows no sibling stage.
//!
//! [`crate::plan`] joins it with the catalogue.

mod model;
mod name;
mod pattern;
mod value;

pub use model::{Group, HiveSite, Host, Inventory, Service, Var};
pub use name::{GroupName, HostName};
pub use pattern::Pattern;
pub use value::Value;
