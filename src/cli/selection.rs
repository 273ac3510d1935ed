//! From the command line to the catalogue's own words.

use super::args::SelectionArgs;
use crate::catalog::Selection;

impl SelectionArgs {
    /// The checks that are meant.
    pub(super) fn to_selection(&self) -> Selection {
        Selection { before: self.before, check: self.check.clone(), skip: self.skip.clone(), tags: self.tags.clone() }
    }
}
