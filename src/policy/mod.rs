//! Between deciding and telling: what the project has agreed to live with. Verdicts pass through a [`Policy`] on their way
//! from [`crate::engine`] to [`crate::report`]; `cli` puts it there. Nothing is ever hidden: what is waived is told as waived.

mod agreed;
mod entry;
mod signature;
mod waiver;
mod zone;

pub use agreed::{Known, Policy};
pub use signature::{Signatures, Signed};
pub use waiver::{Waiver, Waivers};
