//! The checklist that people go through and sign before a phase: every check with its state, then what nobody but a person
//! can verify. On paper, in a wiki, or as a page: [`super::html`] has the other half of that.

mod markdown;
mod sheet;
mod state;

use super::Report;
use crate::text::Lang;

pub(super) use sheet::Sheet;

/// Renders `report` as Markdown with its messages in `lang`.
#[must_use]
pub fn render(report: &Report, lang: Lang) -> String {
    markdown::render(&Sheet::new(report, lang))
}
