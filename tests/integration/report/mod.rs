//! What the reports look like, and what must hold for all of them.

mod fleet;
mod hostile;
mod json;
mod standing;
mod terminal;
