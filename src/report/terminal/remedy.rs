//! What to do: the steps of all members of a group as one list, with commands ready to paste.

use indexmap::IndexMap;

use super::{
    Word, names,
    page::{Line, Page, Role},
};
use crate::{judge::RemedyStep, report::escape, text::Lang};

/// So many commands of one step are shown, and so many wordings of one text, unless all are asked for.
const SHOWN: usize = 4;

/// The steps of a group. Each member brings its name and its steps; all have the same number of steps.
pub(super) fn lines(page: &Page, members: &[(&str, &[RemedyStep])]) -> Vec<Line> {
    let count = members.iter().map(|(_, steps)| steps.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for at in 0..count {
        let steps: Vec<(&str, &RemedyStep)> =
            members.iter().filter_map(|(host, steps)| Some((*host, steps.get(at)?))).collect();
        let number = if count > 1 { format!("{}. ", at + 1) } else { String::new() };
        lines.extend(numbered(&number, step(page, &steps, page.field_width() - number.len())));
    }
    lines
}

fn numbered(number: &str, lines: Vec<Line>) -> impl Iterator<Item = Line> {
    let rest = " ".repeat(number.len());
    let heads = std::iter::once(number.to_owned()).chain(std::iter::repeat(rest));
    lines.into_iter().zip(heads).map(|(line, head)| Line { text: format!("{head}{}", line.text), ..line })
}

fn step(page: &Page, steps: &[(&str, &RemedyStep)], width: usize) -> Vec<Line> {
    let texts = steps.iter().map(|(host, step)| (*host, step.text.get(page.lang)));
    let mut lines = wordings(page, texts, width, Role::Plain);
    let commands = commands(steps.iter().map(|(_, step)| *step));
    let shown = if page.verbose() { commands.len() } else { commands.len().min(SHOWN) };
    let mut last: Option<&[&str]> = None;
    for (command, on) in &commands[..shown] {
        if last != Some(on) {
            lines.extend(place(page, on, width, lines.is_empty()));
        }
        last = Some(on);
        lines.extend(offer(page.lang, command, width));
    }
    if shown < commands.len() {
        let text = Word::MoreCommands.count(page.lang, commands.len() - shown);
        lines.extend(Page::prose(&text, width, Role::Dim));
    }
    lines
}

/// Each command once, with the hosts on which to type it.
fn commands<'a>(steps: impl Iterator<Item = &'a RemedyStep>) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut commands: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for step in steps {
        let Some(command) = &step.command else { continue };
        let hosts = commands.entry(command.trim_end_matches('\n')).or_default();
        hosts.extend(step.on.as_deref().filter(|on| !hosts.contains(on)));
    }
    commands.into_iter().collect()
}

fn place(page: &Page, on: &[&str], width: usize, is_first: bool) -> Vec<Line> {
    if on.is_empty() {
        let run = Line { text: Word::Run.get(page.lang).to_owned(), role: Role::Dim };
        return if is_first { vec![run] } else { Vec::new() };
    }
    let hosts: Vec<String> = on.iter().map(|host| escape::line(host)).collect();
    let room = width.saturating_sub(Word::On.with(page.lang, "").len());
    let listed = names::list(&hosts, room, page).join("\n");
    let text = Word::On.with(page.lang, &listed);
    text.lines().map(|line| Line { text: line.to_owned(), role: Role::Dim }).collect()
}

/// A command on a line of its own, as it is; one that could do other than it shows is told but not offered.
fn offer(lang: Lang, command: &str, width: usize) -> Vec<Line> {
    if escape::is_pasteable(command) {
        return vec![Line { text: format!("  {command}"), role: Role::Command }];
    }
    let mut lines = Page::prose(Word::NotForPasting.get(lang), width, Role::Warning);
    lines.push(Line { text: format!("  {}", escape::line(command)), role: Role::Dim });
    lines
}

/// A text that may differ from host to host: once where it does not, else each with the name that it is about. Where
/// there are too many wordings the first one speaks for the others, which differ from it by name only.
pub(super) fn wordings<'a>(
    page: &Page,
    texts: impl Iterator<Item = (&'a str, &'a str)>,
    width: usize,
    role: Role,
) -> Vec<Line> {
    let mut distinct: IndexMap<&str, &str> = IndexMap::new();
    for (name, text) in texts.filter(|(_, text)| !text.trim().is_empty()) {
        distinct.entry(text).or_insert(name);
    }
    let shown = if page.verbose() || distinct.len() <= SHOWN { distinct.len() } else { 1 };
    let mut lines: Vec<Line> = Vec::new();
    for (text, name) in distinct.iter().take(shown) {
        let says_whose = distinct.len() == 1 || text.contains(name);
        let text = if says_whose { (*text).to_owned() } else { format!("{name}: {text}") };
        lines.extend(Page::prose(&text, width, role));
    }
    if shown < distinct.len() {
        let more = Word::Likewise.count(page.lang, distinct.len() - shown);
        lines.push(Line { text: more, role: Role::Dim });
    }
    lines
}
