//! From the command line to the catalogue's own words.

use super::args::SelectionArgs;
use crate::catalog::Selection;

impl SelectionArgs {
    /// Whether every check is meant.
    pub(super) fn is_whole(&self) -> bool {
        self.before.is_none() && self.check.is_empty() && self.skip.is_empty() && self.tags.is_empty()
    }

    /// The checks that are meant.
    pub(super) fn to_selection(&self) -> Selection {
        Selection { before: self.before, check: self.check.clone(), skip: self.skip.clone(), tags: self.tags.clone() }
    }
}
