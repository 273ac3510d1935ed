//! Texts in one or in both languages.

use serde::Serialize;

use super::super::{Report, words::Word};
use crate::text::{Lang, Text};

/// The words that the template names.
pub(super) const PAGE_WORDS: [(&str, Word); 24] = [
    ("all_phases", Word::AllPhases),
    ("at", Word::At),
    ("copy", Word::Copy),
    ("faq", Word::Faq),
    ("findings", Word::Findings),
    ("fix", Word::Fix),
    ("found", Word::Found),
    ("host", Word::Host),
    ("hosts", Word::Hosts),
    ("interrupted", Word::Interrupted),
    ("matrix", Word::Matrix),
    ("more", Word::Unfold),
    ("no_findings", Word::NoFindings),
    ("not_for_pasting", Word::NotForPasting),
    ("note", Word::Note),
    ("nothing_matches", Word::NothingMatches),
    ("on", Word::OnHosts),
    ("phase", Word::Phase),
    ("reset", Word::Reset),
    ("rest", Word::Rest),
    ("skip", Word::SkipToFindings),
    ("state", Word::State),
    ("why", Word::Why),
    ("worst_first", Word::WorstFirst),
];

/// The words that the script names.
pub(super) const SCRIPT_WORDS: [(&str, Word); 9] = [
    ("all_phases", Word::AllPhases),
    ("comma", Word::Comma),
    ("copied", Word::Copied),
    ("hint", Word::MatrixHint),
    ("host", Word::Host),
    ("no_check", Word::NoCheck),
    ("not_copied", Word::NotCopied),
    ("shown_findings", Word::ShownFindings),
    ("shown_hosts", Word::ShownHosts),
];

/// The words that the checklist's template names.
pub(super) const SHEET_WORDS: [(&str, Word); 22] = [
    ("approved_by", Word::ApprovedBy),
    ("by_hand", Word::ByHand),
    ("checked_by", Word::CheckedBy),
    ("checks", Word::Checks),
    ("connection", Word::Connection),
    ("date", Word::Date),
    ("fix", Word::Fix),
    ("handwriting", Word::Handwriting),
    ("hosts", Word::Hosts),
    ("judged", Word::Judged),
    ("note", Word::Note),
    ("open", Word::Open),
    ("owner", Word::Owner),
    ("reason", Word::Reason),
    ("sign_off", Word::SignOff),
    ("signed", Word::SignedItem),
    ("valid_until", Word::ValidUntil),
    ("verify", Word::Verify),
    ("waived", Word::Waived),
    ("waivers", Word::Waivers),
    ("who", Word::Who),
    ("why", Word::Why),
];

/// Which languages the page speaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice {
    /// The one that it opens in.
    pub(super) lang: Lang,
    /// Whether it can be switched to the other.
    pub(super) is_bilingual: bool,
}

/// A text that is the same in both languages, or one for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Said {
    Same(String),
    Both { en: String, ja: String },
}

impl Voice {
    /// A saved report has one language in both places; notices do not count, since joining reports adds one.
    pub(super) fn new(report: &Report, lang: Lang) -> Self {
        let differs = |text: &Text| text.en != text.ja;
        let of_checks = report.verdicts.iter().flat_map(|verdict| [&verdict.title, &verdict.why, &verdict.message]);
        let of_hosts = report.hosts.iter().filter_map(|host| Some(&host.error.as_ref()?.message));
        Self { lang, is_bilingual: of_checks.chain(of_hosts).any(differs) }
    }

    /// What `words` makes in each language.
    pub(super) fn say(self, words: impl Fn(Lang) -> String) -> Said {
        if !self.is_bilingual {
            return Said::Same(words(self.lang));
        }
        let (en, ja) = (words(Lang::En), words(Lang::Ja));
        if en == ja { Said::Same(en) } else { Said::Both { en, ja } }
    }

    /// A word of the reports.
    pub(super) fn word(self, word: Word) -> Said {
        self.say(|lang| word.get(lang).to_owned())
    }
}

impl Said {
    /// Whether there is nothing to say.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Same(text) => text.is_empty(),
            Self::Both { en, ja } => en.is_empty() && ja.is_empty(),
        }
    }
}
