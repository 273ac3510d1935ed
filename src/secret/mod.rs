//! What must not be shown: one redactor for everything that leaves the program, fed with every secret that is read.
//!
//! `names` tells secrets by the names of what holds them, `known` finds those that were read, `forms` says how they may
//! be written elsewhere, and `shapes` knows secrets by their looks, whoever wrote them. [`Secret`] is what others hold one in.

mod forms;
mod held;
mod known;
mod names;
mod shapes;

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

pub use held::Secret;
pub use names::{is_secret, names_secret};
pub use shapes::is_placeholder;

use known::Known;

/// What stands where a decrypted text would.
pub const VAULTED: &str = "[vaulted]";

/// What stands where any other secret would.
pub const HIDDEN: &str = "[hidden]";

/// Why a text is secret, which decides what stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It was decrypted.
    Vaulted,
    /// What holds it says so: a variable's name, an option, a key file.
    Named,
}

impl Kind {
    fn mask(self) -> &'static str {
        match self {
            Self::Vaulted => VAULTED,
            Self::Named => HIDDEN,
        }
    }

    /// The fewest characters of a text that is masked at all. What was decrypted is a secret for sure; a number of three
    /// digits behind a name hides nothing, and its mask would hide the rest of a report.
    fn least(self) -> usize {
        match self {
            Self::Vaulted => 2,
            Self::Named => 4,
        }
    }
}

/// Masks secrets in texts. A clone is the same redactor.
#[derive(Clone, Default)]
pub struct Redactor(Arc<Shared>);

#[derive(Default)]
struct Shared {
    known: RwLock<Known>,
    /// How often something new was learned.
    learned: AtomicU64,
}

impl fmt::Debug for Redactor {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("learned", &self.learned()).finish_non_exhaustive()
    }
}

impl Redactor {
    /// Adds a secret: from now on it is masked, also line by line, quoted, escaped, in base 64 and as a part of others.
    pub fn learn(&self, text: &str, kind: Kind) {
        if self.0.known.write().unwrap_or_else(PoisonError::into_inner).add(text, kind) {
            self.0.learned.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Adds whatever looks like a secret in the text.
    pub fn learn_from(&self, text: &str) {
        for secret in shapes::secrets_of(text) {
            self.learn(secret, Kind::Named);
        }
    }

    /// Lets go of all that was learned, where nothing is left to be masked but what looks like a secret.
    pub fn forget(&self) {
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }

    /// How often something new was learned so far: what was redacted at an earlier count may hold what is known now.
    #[must_use]
    pub fn learned(&self) -> u64 {
        self.0.learned.load(Ordering::Relaxed)
    }

    /// The text with a mask wherever a secret stands that was learned, or that looks like one.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        self.settle();
        let mut places = self.0.known.read().unwrap_or_else(PoisonError::into_inner).places(text);
        places.extend(shapes::places(text).into_iter().map(|range| (range, Kind::Named)));
        masked(text, places)
    }

    /// The same for the lines of one text, which may hold a secret that goes on from line to line.
    pub fn redact_lines(&self, lines: &mut Vec<String>) {
        // A line may have line ends of its own, which are not ends of lines here.
        const INNER: char = '\u{2028}';
        let is_plain = !lines.iter().any(|line| line.contains([INNER, '\n']));
        if is_plain && lines.len() > 1 {
            let redacted = self.redact(&lines.join("\n"));
            *lines = redacted.split('\n').map(str::to_owned).collect();
        } else {
            for line in lines {
                *line = self.redact(line);
            }
        }
    }

    /// Whether a secret that was learned stands in the text for sure, and not in `source`, of which the text was made: short
    /// ones and common words do not count.
    #[must_use]
    pub fn holds(&self, text: &str, source: &str) -> bool {
        self.settle();
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).holds(text, source)
    }

    fn settle(&self) {
        let is_unsettled = self.0.known.read().unwrap_or_else(PoisonError::into_inner).is_unsettled();
        if is_unsettled {
            self.0.known.write().unwrap_or_else(PoisonError::into_inner).settle();
        }
    }
}

/// Puts a mask in each place; places that overlap get one.
fn masked(text: &str, mut places: Vec<(Range<usize>, Kind)>) -> String {
    places.retain(|(range, _)| !range.is_empty());
    if places.is_empty() {
        return text.to_owned();
    }
    places.sort_by_key(|(range, kind)| (range.start, *kind, range.end));
    let (mut shown, mut end, mut at) = (String::with_capacity(text.len()), 0, 0);
    while let Some((range, kind)) = places.get(at) {
        shown.push_str(&text[end..range.start]);
        let mut kind = *kind;
        end = range.end;
        at += 1;
        while let Some((other, of)) = places.get(at).filter(|(other, _)| other.start < end) {
            end = end.max(other.end);
            kind = kind.min(*of);
            at += 1;
        }
        shown.push_str(kind.mask());
    }
    shown + &text[end..]
}

#[cfg(test)]
mod tests;
