//! The report as a monitoring plugin tells it: a line with performance data, and the findings below it.

use super::{
    Report, Standing, Summary,
    account::{Account, host_word, in_milliseconds, one_line, outcome_word, subject},
    escape,
    group::{self, Group},
    numbers,
    words::Word,
};
use crate::text::Lang;

/// So many findings stand below the first line; monitors cut long output anyway.
const LINES: usize = 20;

/// The state of a service, as monitors know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All is well.
    Ok,
    /// Something below the threshold was found.
    Warning,
    /// Something at or above the threshold was found.
    Critical,
    /// Not everything could be judged, or nothing was.
    Unknown,
}

impl State {
    /// The state of what `report` tells. As everywhere, what was found outweighs what could not be judged; but what could
    /// not be judged outweighs what does not count.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        match report.standing() {
            Standing { findings: true, .. } => Self::Critical,
            Standing { unknown: true, .. } | Standing { checked: false, .. } => Self::Unknown,
            Standing { .. } if report.summary().warnings > 0 => Self::Warning,
            Standing { .. } => Self::Ok,
        }
    }

    /// The exit status that a plugin has in this state.
    #[must_use]
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Renders `report` with its messages in `lang`.
#[must_use]
pub fn render(report: &Report, lang: Lang) -> String {
    let first = format!("HIVE PREFLIGHT {} - {}", State::of(report).as_str(), numbers::line(lang, report));
    let mut out = format!("{} | {}\n", text(&first), performance(report));
    let lines = findings(report, lang);
    for line in lines.iter().take(LINES) {
        out.push_str(&text(line));
        out.push('\n');
    }
    if lines.len() > LINES {
        out.push_str(&Word::More.count(lang, lines.len() - LINES));
        out.push('\n');
    }
    out
}

fn findings(report: &Report, lang: Lang) -> Vec<String> {
    let account = Account::new(report, lang);
    let groups = group::findings(report, lang).into_iter();
    groups.filter_map(|group| line(&account, &group)).collect()
}

/// One finding; where several hosts share it, the first with the number of the others.
fn line(account: &Account<'_>, group: &Group<'_>) -> Option<String> {
    let lang = account.lang;
    let (text, count) = match group {
        Group::Verdicts(verdicts) => {
            let verdict = verdicts.first()?;
            let word = outcome_word(verdict).get(lang);
            let host = escape::line(verdict.host.as_str());
            (format!("{word}: {}: {host}: {}", subject(verdict), account.message(verdict)), verdicts.len())
        }
        Group::Hosts { hosts, .. } => {
            let (host, error) = hosts.first()?;
            let word = host_word(host, error);
            let name = escape::line(host.name.as_str());
            (format!("{}: {name}: {}", word.get(lang), one_line(error.message.get(lang))), hosts.len())
        }
    };
    let more = if count > 1 { format!(" {}", Word::More.count(lang, count - 1)) } else { String::new() };
    Some(text + &more)
}

/// A bar would begin performance data.
fn text(text: &str) -> String {
    text.replace('|', "¦")
}

fn performance(report: &Report) -> String {
    let Summary {
        hosts, hosts_unreachable, total, pass, errors, warnings, infos, error, blocked, skipped, waived, ..
    } = report.summary();
    let counts = [
        ("errors", errors),
        ("warnings", warnings),
        ("infos", infos),
        ("not_judged", error),
        ("hosts_unreachable", hosts_unreachable),
        ("blocked", blocked),
        ("skipped", skipped),
        ("waived", waived),
        ("passed", pass),
        ("checks", total),
        ("hosts", hosts),
    ];
    let counts = counts.map(|(label, count)| format!("{label}={count};;;0"));
    format!("{} time={:.3}s;;;0", counts.join(" "), in_milliseconds(report.duration).as_secs_f64())
}
