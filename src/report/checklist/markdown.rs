//! The checklist as Markdown: task lists, which GitHub and GitLab make boxes of.

use super::{
    super::{markdown::quoted, words::Word},
    sheet::{Item, Sheet},
    state::{Line, State},
};
use crate::text::Lang;

/// Where to write by hand.
const BLANK: &str = "\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_";

pub(super) fn render(sheet: &Sheet) -> String {
    let mut page = Page { lang: sheet.lang, out: String::new() };
    page.head(sheet);
    page.connections(sheet);
    for part in &sheet.parts {
        if !part.name.is_empty() {
            page.line(&format!("\n### {}", quoted(&part.name)));
        }
        page.states(&part.states);
        page.boxes(&part.boxes);
    }
    page.waivers(sheet);
    page.sign_off();
    page.out
}

struct Page {
    lang: Lang,
    out: String,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end_matches(' '));
        self.out.push('\n');
    }

    fn word(&self, word: Word) -> &'static str {
        word.get(self.lang)
    }

    fn head(&mut self, sheet: &Sheet) {
        self.line(&format!("## {}", quoted(&sheet.title)));
        self.line(&format!("\n{} **{}**", mark(sheet.state), quoted(&sheet.conclusion)));
        self.line("\n| | |\n| --- | --- |");
        for (label, value) in &sheet.facts {
            self.line(&format!("| {label} | {} |", quoted(value)));
        }
        for (at, notice) in sheet.notices.iter().enumerate() {
            let gap = if at == 0 { "\n" } else { "" };
            self.line(&format!("{gap}- **{}**: {}", self.word(Word::Note), quoted(notice)));
        }
    }

    fn connections(&mut self, sheet: &Sheet) {
        if !sheet.connections.is_empty() {
            self.line(&format!("\n### {}\n\n- {}", self.word(Word::Connection), self.word(Word::Hosts)));
        }
        for line in &sheet.connections {
            self.found(line);
        }
    }

    fn states(&mut self, states: &[State]) {
        if states.is_empty() {
            return;
        }
        self.line(&format!("\n#### {}\n", self.word(Word::Judged)));
        for state in states {
            self.state(state);
        }
    }

    fn state(&mut self, state: &State) {
        let (word, title, check) = (state.word, quoted(&state.title), quoted(&state.check));
        let beside: Vec<&str> = [&*state.tally, &*state.also].into_iter().filter(|text| !text.is_empty()).collect();
        let beside = if beside.is_empty() { String::new() } else { format!(" ({})", quoted(&beside.join("; "))) };
        self.line(&format!("- {} **{word}**: {title} — {check}{beside}", state.sign));
        for line in &state.lines {
            self.found(line);
        }
    }

    fn found(&mut self, line: &Line) {
        let word = if line.word.is_empty() { String::new() } else { format!("**{}** ", line.word) };
        self.line(&format!("  - {word}**{}**: {}", quoted(line.hosts.trim()), quoted(&line.found)));
        for proof in line.evidence.iter().map(|proof| proof.trim()).filter(|proof| !proof.is_empty()) {
            self.line(&format!("    - {}", code(proof)));
        }
    }

    fn boxes(&mut self, items: &[Item]) {
        if items.is_empty() {
            return;
        }
        self.line(&format!("\n#### {}\n", self.word(Word::ByHand)));
        for item in items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        let tick = if item.is_signed { "x" } else { " " };
        let also = if item.also.is_empty() { String::new() } else { format!(" ({})", quoted(&item.also)) };
        let (title, check, hosts) = (quoted(&item.title), quoted(&item.check), quoted(&item.hosts));
        self.line(&format!("- [{tick}] **{title}** — {check}{also}"));
        self.field(Word::Hosts, &hosts);
        self.field(Word::Why, &quoted(&item.why));
        self.field(Word::Verify, &quoted(&item.verify));
        for step in &item.steps {
            self.field(Word::Fix, &quoted(step));
        }
        if !item.waived.is_empty() {
            self.field(Word::Waived, &quoted(&item.waived));
        }
        self.signature(item);
    }

    fn field(&mut self, word: Word, text: &str) {
        self.line(&format!("  - {}: {text}", self.word(word)));
    }

    fn signature(&mut self, item: &Item) {
        if !item.is_signed {
            let (who, date) = (self.word(Word::Who), self.word(Word::Date));
            self.line(&format!("  - {who}: {BLANK} {date}: {BLANK}"));
            return;
        }
        let parts: Vec<String> =
            item.signature.iter().map(|(label, text)| format!("{label}: {}", quoted(text))).collect();
        self.line(&format!("  - {}: {}", self.word(Word::SignedItem), parts.join(self.word(Word::Comma))));
    }

    fn waivers(&mut self, sheet: &Sheet) {
        if sheet.waivers.is_empty() {
            return;
        }
        self.line(&format!("\n### {}\n", self.word(Word::Waivers)));
        let heads = [Word::Checks, Word::Hosts, Word::Reason, Word::Owner, Word::ValidUntil];
        self.line(&format!("| {} |", heads.map(|head| self.word(head)).join(" | ")));
        self.line("| --- | --- | --- | --- | --- |");
        for row in &sheet.waivers {
            let cells = [&row.check, &row.hosts, &row.reason, &row.owner, &row.until];
            self.line(&format!("| {} |", cells.map(|cell| quoted(cell)).join(" | ")));
        }
    }

    fn sign_off(&mut self) {
        self.line(&format!("\n### {}\n", self.word(Word::SignOff)));
        let heads = [Word::Who, Word::Date, Word::Handwriting].map(|head| self.word(head));
        self.line(&format!("| | {} |\n| --- | --- | --- | --- |", heads.join(" | ")));
        for row in [Word::CheckedBy, Word::ApprovedBy] {
            self.line(&format!("| {} | | | |", self.word(row)));
        }
    }
}

/// Code whose fence is longer than any in it.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

fn mark(state: &str) -> &'static str {
    match state {
        "ready" => "✅",
        "not-ready" => "❌",
        _ => "❓",
    }
}
