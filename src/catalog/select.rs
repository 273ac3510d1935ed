//! Which checks of a catalogue a run means.

use std::sync::Arc;

use super::{Catalog, Check, Phase};
use crate::nearest::nearest;

/// What the user asked for; an empty list asks for nothing in particular.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only what guards this phase.
    pub before: Option<Phase>,
    /// Only these ids.
    pub check: Vec<String>,
    /// Not these ids.
    pub skip: Vec<String>,
    /// Only checks with one of these tags.
    pub tags: Vec<String>,
}

/// A selection that names what is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// No check has this id.
    #[error("there is no check `{id}`{}", did_you_mean(.nearest.as_deref()))]
    UnknownCheck {
        /// The id as given.
        id: String,
        /// The id that was probably meant.
        nearest: Option<String>,
    },
    /// No check has this tag.
    #[error("no check has the tag `{tag}`{}", did_you_mean(.nearest.as_deref()))]
    UnknownTag {
        /// The tag as given.
        tag: String,
        /// The tag that was probably meant.
        nearest: Option<String>,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("\nhint: did you mean `{name}`?")).unwrap_or_default()
}

impl Catalog {
    /// The checks that `selection` means, in order of id. What a selected check needs is not added: the plan decides
    /// what becomes of needs that are not run.
    ///
    /// # Errors
    /// An id or a tag that no check has.
    pub fn select(&self, selection: &Selection) -> Result<Vec<Arc<Check>>, SelectionError> {
        selection.check.iter().chain(&selection.skip).try_for_each(|id| self.known_id(id))?;
        selection.tags.iter().try_for_each(|tag| self.known_tag(tag))?;
        Ok(self.checks.values().filter(|check| selection.means(check)).cloned().collect())
    }

    fn known_id(&self, id: &str) -> Result<(), SelectionError> {
        let mut ids = self.checks.keys().map(super::CheckId::as_str);
        if ids.clone().any(|known| known == id) {
            return Ok(());
        }
        let nearest = nearest(id, &mut ids).map(str::to_owned);
        Err(SelectionError::UnknownCheck { id: id.to_owned(), nearest })
    }

    fn known_tag(&self, tag: &str) -> Result<(), SelectionError> {
        let mut tags = self.checks.values().flat_map(|check| &check.tags).map(String::as_str);
        if tags.clone().any(|known| known == tag) {
            return Ok(());
        }
        let nearest = nearest(tag, &mut tags).map(str::to_owned);
        Err(SelectionError::UnknownTag { tag: tag.to_owned(), nearest })
    }
}

impl Selection {
    fn means(&self, check: &Check) -> bool {
        let named = |list: &[String]| list.iter().any(|id| id == check.id.as_str());
        let guards = self.before.is_none_or(|phase| check.phases.is_empty() || check.phases.contains(&phase));
        let chosen = self.check.is_empty() || named(&self.check);
        let tagged = self.tags.is_empty() || self.tags.iter().any(|tag| check.tags.contains(tag));
        guards && chosen && tagged && !named(&self.skip)
    }
}
