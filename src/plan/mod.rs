//! Stage 3, which on whom: [`crate::inventory::Inventory`] x [`crate::catalog::Catalog`] to a [`Plan`]. Pure.
//!
//! Everything that only needs the inventory is decided here: which hosts, which items, which probes with every value
//! filled in, and what does not apply. [`crate::engine`] runs the plan, [`crate::judge`] reads its tasks.

mod build;
mod connection_vars;
mod exposure;
mod fleet;
mod model;
mod planner;
mod question;
mod reach;
mod render;
mod scope;
mod task;
#[cfg(test)]
mod tests;
mod variable;
mod vaulted;

pub use build::build;
pub use connection_vars::{ConnectionVariable, VariableNotice, connection_variable_rows};
pub use fleet::Fleet;
pub use model::{Plan, PlanError, PlanOptions, Target};
pub use reach::{Reach, ReachError, Wanted};
pub use scope::{Globals, HostScope, TaskScope};
pub use task::{ManualTask, Preset, Question, Task};
