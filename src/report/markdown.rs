//! The report as Markdown (GitHub's and GitLab's kind), for comments, wikis and the step summary: what is the same on many
//! hosts is told once.

use indexmap::IndexMap;

use super::{
    HostReport, Readiness, Report,
    account::{distinct, evidence, faq, host_word, hosts_and_items, one_line, outcome_word},
    escape,
    group::{self, Group},
    numbers,
    words::Word,
};
use crate::{
    event::{HostError, HostResult},
    judge::{Outcome, RemedyStep, Verdict},
    location::Location,
    text::Lang,
};

/// So many names or lines of evidence are shown; the number of the others is told.
const NAMES: usize = 20;
/// So many wordings, places or commands of one finding.
const WORDINGS: usize = 4;

/// Renders `report` with its messages in `lang`.
#[must_use]
pub fn render(report: &Report, lang: Lang) -> String {
    let mut page = Page { lang, out: String::new() };
    page.head(report);
    for group in group::findings(report, lang) {
        page.group(&group);
    }
    for outcome in [Outcome::Blocked, Outcome::Skipped, Outcome::Waived] {
        page.condensed(&group::with_outcome(report, lang, outcome));
    }
    page.hosts(report);
    page.notices(report);
    page.out
}

struct Page {
    lang: Lang,
    out: String,
}

/// One finding of any kind, in the parts that are told.
#[derive(Default)]
struct Block<'a> {
    hosts: Vec<String>,
    wanted: Vec<String>,
    found: Vec<String>,
    evidence: Vec<String>,
    why: String,
    steps: Vec<&'a [RemedyStep]>,
    faq: Vec<String>,
    places: Vec<&'a Location>,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn head(&mut self, report: &Report) {
        let mark = match report.standing().readiness() {
            Readiness::Ready => "✅",
            Readiness::NotReady => "❌",
            Readiness::Unknown | Readiness::NothingChecked => "❓",
        };
        let lang = self.lang;
        self.line(&format!("## {mark} {}: {}", env!("CARGO_PKG_NAME"), quoted(&numbers::conclusion(lang, report))));
        self.line("");
        let comma = Word::Comma.get(lang);
        let mut parts = vec![numbers::against(lang, report).join(comma), numbers::around(lang, report).join(comma)];
        parts.extend(report.stage.as_ref().map(|stage| quoted(&Word::Stage.with(lang, &escape::line(stage)))));
        parts.push(quoted(&escape::line(&report.started)));
        parts.retain(|part| !part.is_empty());
        self.line(&parts.join(" — "));
    }

    fn group(&mut self, group: &Group<'_>) {
        match group {
            Group::Verdicts(verdicts) => self.verdicts(verdicts),
            Group::Hosts { hosts, unasked } => self.unasked(hosts, *unasked),
        }
    }

    fn verdicts(&mut self, verdicts: &[&Verdict]) {
        let Some(first) = verdicts.first() else { return };
        let (lang, word) = (self.lang, outcome_word(first));
        self.heading(word, &checks(verdicts));
        let is_one = verdicts.iter().all(|verdict| verdict.check == first.check);
        let proof = verdicts.iter().find(|verdict| !verdict.evidence.is_empty());
        let block = Block {
            hosts: hosts_and_items(verdicts),
            wanted: if is_one { distinct(verdicts.iter().map(|v| one_line(v.title.get(lang)))) } else { Vec::new() },
            found: distinct(verdicts.iter().map(|verdict| one_line(verdict.message.get(lang)))),
            evidence: proof.into_iter().flat_map(|verdict| evidence(verdict)).collect(),
            why: if is_one { one_line(first.why.get(lang)) } else { String::new() },
            steps: verdicts.iter().map(|verdict| verdict.remedy.as_slice()).collect(),
            faq: if is_one { faq(first).collect() } else { Vec::new() },
            places: verdicts.iter().filter_map(|verdict| verdict.location.as_ref()).collect(),
        };
        self.block(&block);
    }

    fn unasked(&mut self, hosts: &[(&HostResult, &HostError)], unasked: usize) {
        let Some((first, error)) = hosts.first() else { return };
        let lang = self.lang;
        self.heading(host_word(first, error), &escape::line(&error.class));
        let mut found = distinct(hosts.iter().map(|(_, error)| one_line(error.message.get(lang))));
        found.extend((unasked > 0).then(|| Word::NotAsked.count(lang, unasked)));
        let block = Block {
            hosts: hosts.iter().map(|(host, _)| name_and_address(host)).collect(),
            found,
            steps: hosts.iter().map(|(_, error)| error.remedy.as_slice()).collect(),
            places: hosts.iter().filter_map(|(host, _)| host.location.as_ref()).collect(),
            ..Block::default()
        };
        self.block(&block);
    }

    fn heading(&mut self, word: Word, what: &str) {
        self.line(&format!("\n### {}: {}\n", word.get(self.lang), quoted(what)));
    }

    fn block(&mut self, block: &Block<'_>) {
        self.field(Word::Hosts, &self.listed(&block.hosts));
        self.field(Word::Wanted, &self.some(&block.wanted, WORDINGS, " / "));
        self.field(Word::Found, &self.some(&block.found, WORDINGS, " / "));
        if !block.evidence.is_empty() {
            self.evidence(&block.evidence);
        }
        self.field(Word::Why, &quoted(&block.why));
        self.steps(&block.steps);
        self.field(Word::Faq, &block.faq.iter().map(|text| linked(text)).collect::<Vec<_>>().join(" — "));
        let places = distinct(block.places.iter().map(|place| escape::line(&place.to_string())));
        self.field(Word::At, &self.some(&places, WORDINGS, ", "));
    }

    fn field(&mut self, word: Word, text: &str) {
        let begins_a_list = matches!(word, Word::Evidence | Word::Fix);
        if begins_a_list || !text.is_empty() {
            self.line(format!("- **{}**: {text}", word.get(self.lang)).trim_end());
        }
    }

    fn evidence(&mut self, lines: &[String]) {
        self.field(Word::Evidence, "");
        let mut shown = lines[..lines.len().min(NAMES)].to_vec();
        shown.extend((lines.len() > NAMES).then(|| Word::More.count(self.lang, lines.len() - NAMES)));
        self.fence("  ", "text", &shown);
    }

    /// All members have the same number of steps; a command that many share is shown once, with all hosts.
    fn steps(&mut self, members: &[&[RemedyStep]]) {
        let count = members.iter().map(|steps| steps.len()).max().unwrap_or(0);
        if count > 0 {
            self.field(Word::Fix, "");
        }
        for at in 0..count {
            let steps: Vec<&RemedyStep> = members.iter().filter_map(|steps| steps.get(at)).collect();
            self.step(at + 1, &steps);
        }
    }

    fn step(&mut self, number: usize, steps: &[&RemedyStep]) {
        let lang = self.lang;
        let texts = distinct(steps.iter().map(|step| one_line(step.text.get(lang))));
        let text = if texts.is_empty() { Word::Run.get(lang).to_owned() } else { self.some(&texts, WORDINGS, " / ") };
        self.line(&format!("  {number}. {text}"));
        let mut commands: IndexMap<&str, Vec<String>> = IndexMap::new();
        for step in steps {
            let Some(command) = &step.command else { continue };
            commands.entry(command.trim_end_matches('\n')).or_default().extend(step.on.as_deref().map(escape::line));
        }
        for (command, hosts) in commands.iter().take(WORDINGS) {
            self.command(command, &distinct(hosts.iter().cloned()));
        }
        if commands.len() > WORDINGS {
            self.line(&format!("\n     {}", Word::More.count(lang, commands.len() - WORDINGS)));
        }
    }

    /// A command on which a copy button is safe; one that could do other than it shows is no code.
    fn command(&mut self, command: &str, hosts: &[String]) {
        if !hosts.is_empty() {
            let on = Word::On.with(self.lang, &self.listed(hosts));
            self.line(&format!("\n     {on}"));
        }
        if escape::is_pasteable(command) {
            self.fence("     ", "sh", &[command.to_owned()]);
        } else {
            let warning = Word::NotForPasting.get(self.lang);
            self.line(&format!("\n     {warning} {}", quoted(&escape::line(command))));
        }
    }

    /// A code block whose fence is longer than any in it.
    fn fence(&mut self, indent: &str, language: &str, lines: &[String]) {
        let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.line(&format!("\n{indent}{fence}{language}"));
        for line in lines {
            self.line(format!("{indent}{line}").trim_end());
        }
        self.line(&format!("{indent}{fence}"));
    }

    fn condensed(&mut self, groups: &[Vec<&Verdict>]) {
        let Some(first) = groups.iter().flatten().next() else { return };
        let lang = self.lang;
        let count: usize = groups.iter().map(Vec::len).sum();
        self.line(&format!("\n### {}: {count}\n", outcome_word(first).get(lang)));
        for verdicts in groups {
            let Some(first) = verdicts.first() else { continue };
            let reason = self.reason(first);
            let text = format!("{}: {}{reason}", quoted(first.check.as_str()), self.listed(&hosts_and_items(verdicts)));
            self.line(&format!("- {text}"));
        }
    }

    fn reason(&self, verdict: &Verdict) -> String {
        let message = one_line(verdict.message.get(self.lang));
        let names: Vec<&str> = verdict.blocked_by.iter().map(crate::catalog::CheckId::as_str).collect();
        match (names.is_empty(), message.is_empty()) {
            (false, _) => format!(" — {}", quoted(&Word::Needs.with(self.lang, &names.join(", ")))),
            (true, false) => format!(" — {}", quoted(&message)),
            (true, true) => String::new(),
        }
    }

    /// How each host stands; hosts that stand alike share a row.
    fn hosts(&mut self, report: &Report) {
        if report.hosts.is_empty() {
            return;
        }
        let (lang, counts) = (self.lang, numbers::by_host(report));
        let mut alike: IndexMap<String, Vec<String>> = IndexMap::new();
        for host in &report.hosts {
            let summary = counts.get(&host.name).copied().unwrap_or_default();
            let state = numbers::of_host(lang, host, &summary);
            alike.entry(state).or_default().push(escape::line(host.name.as_str()));
        }
        self.line(&format!("\n| {} | {} |\n| --- | --- |", Word::Host.get(lang), Word::State.get(lang)));
        for (state, names) in alike {
            self.line(&format!("| {} | {} |", self.listed(&names), quoted(&state)));
        }
    }

    fn notices(&mut self, report: &Report) {
        for (at, notice) in report.notices.iter().enumerate() {
            let text = quoted(&one_line(notice.get(self.lang)));
            let gap = if at == 0 { "\n" } else { "" };
            self.line(&format!("{gap}- **{}**: {text}", Word::Note.get(self.lang)));
        }
    }

    /// Names in a row, quoted.
    fn listed(&self, names: &[String]) -> String {
        self.some(names, NAMES, ", ")
    }

    /// The first `shown` of `texts` in a row, quoted, with the number of the others.
    fn some(&self, texts: &[String], shown: usize, between: &str) -> String {
        let first: Vec<String> = texts.iter().take(shown).map(|text| quoted(text)).collect();
        let more = texts.len().checked_sub(shown).filter(|more| *more > 0);
        let more = more.map_or_else(String::new, |more| format!(" {}", Word::More.count(self.lang, more)));
        first.join(between) + &more
    }
}

fn checks(verdicts: &[&Verdict]) -> String {
    distinct(verdicts.iter().map(|verdict| verdict.check.to_string())).join(", ")
}

fn name_and_address(host: &HostReport) -> String {
    let name = escape::line(host.name.as_str());
    if host.address.is_empty() { name } else { format!("{name} ({})", escape::line(&host.address)) }
}

/// A link where `text` is one and nothing else, else the text.
fn linked(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/?#%&=+:,;@".contains(c);
    let is_link = text.starts_with("https://") && text.chars().all(is_plain);
    if is_link { format!("<{text}>") } else { quoted(text) }
}

/// Text that stays text: no tag, link, image, mention, emphasis, table or formula comes of it. It never stands at the
/// beginning of a line, where more characters have a meaning.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // These make a link by themselves.
    out.replace("://", ":\\//").replace("www.", "www\\.")
}
