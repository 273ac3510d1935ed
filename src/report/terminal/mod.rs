//! The report for people: a pure function from [`Report`] to text. The worst stands first, what is the same on many hosts
//! is told once, and the last line says whether the run can be started.

mod finding;
mod names;
mod page;
mod remedy;
mod table;
mod tail;

use super::{Report, group, words::Word};
use crate::text::Lang;
use page::{Page, Role};

/// How the report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Language of labels and messages.
    pub lang: Lang,
    /// Whether colours are used; the command line decides by terminal and `NO_COLOR`.
    pub color: bool,
    /// Columns of the terminal. Commands and paths are never folded and may be wider; less than 40 counts as 40.
    pub width: usize,
    /// How much is told.
    pub detail: Detail,
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Findings, notices and the last line.
    Quiet,
    /// Also, in a line each, what passed, was blocked, skipped or waived.
    #[default]
    Normal,
    /// Everything: all hosts by name, the evidence of passes, why something was skipped.
    Verbose,
}

/// Renders `report`. Every line ends with a line feed; there is no other control character but those of the colours.
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    let mut page = Page::new(options);
    if options.detail > Detail::Quiet {
        tail::header(&mut page, report);
    }
    for group in group::findings(report, options.lang) {
        finding::show(&mut page, &group);
    }
    if options.detail == Detail::Verbose {
        for group in group::passes(report, options.lang) {
            finding::show(&mut page, &group);
        }
    }
    if options.detail > Detail::Quiet {
        tail::condensed(&mut page, report);
        table::show(&mut page, report);
    }
    tail::notices(&mut page, report);
    tail::summary(&mut page, report);
    page.finish()
}
