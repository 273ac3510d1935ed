//! Between deciding and telling: what the project has agreed to live with. Verdicts pass through a [`Policy`] on their way
//! from [`crate::engine`] to [`crate::report`]; `cli` puts it there. Nothing is ever hidden: what is waived is told as waived.

mod agreed;
mod waiver;

pub use agreed::{Known, Policy};
pub use waiver::{Waiver, Waivers};
