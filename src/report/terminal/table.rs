//! The table of hosts: how each of them stands, in a row.

use indexmap::IndexMap;

use super::{Page, Role, Word, names};
use crate::report::{
    HostReport, Report, escape, numbers,
    width::{columns, cut, pad, wrap},
    words,
};

/// So many rows are shown, unless all are asked for.
const ROWS: usize = 10;

/// Columns that are left to the counts at least; names that need more room are cut.
const COUNTS: usize = 20;

/// How each host stands; hosts that stand alike share a row.
pub(super) fn show(page: &mut Page, report: &Report) {
    if report.hosts.is_empty() {
        return;
    }
    page.gap();
    let rows = if page.verbose() { rows_by_host(page, report) } else { rows_by_counts(page, report) };
    let shown = if page.verbose() { rows.len() } else { rows.len().min(ROWS) };
    let room = page.body_width().saturating_sub(COUNTS + 2);
    let widest = rows[..shown].iter().map(|row| columns(&row.name)).max().unwrap_or(0).min(room);
    for row in &rows[..shown] {
        let role = if row.is_fine { Role::Dim } else { Role::Plain };
        let mut head = pad(&cut(&row.name, widest), widest);
        for line in wrap(&row.counts, page.body_width() - widest - 2) {
            let counts = page.paint(role, &line);
            page.raw(&format!("  {head}  {counts}"));
            head = " ".repeat(widest);
        }
    }
    if shown < rows.len() {
        page.raw(&format!("  {}", Word::More.count(page.lang, rows.len() - shown)));
    }
}

/// One row of the table of hosts.
struct Row {
    name: String,
    counts: String,
    is_fine: bool,
}

fn rows_by_host(page: &Page, report: &Report) -> Vec<Row> {
    let names = report.hosts.iter().map(|host| escape::line(host.name.as_str()));
    let widest = names.map(|name| columns(&name)).max().unwrap_or(0);
    let row = |(host, row): (&HostReport, Row)| {
        let took = words::duration(page.lang, host.duration);
        let name = format!("{}  {}", pad(&row.name, widest), escape::line(&host.address));
        Row { name, counts: format!("{} ({took})", row.counts), ..row }
    };
    report.hosts.iter().zip(rows(page, report)).map(row).collect()
}

fn rows_by_counts(page: &Page, report: &Report) -> Vec<Row> {
    let mut alike: IndexMap<(String, bool), Vec<String>> = IndexMap::new();
    for row in rows(page, report) {
        alike.entry((row.counts, row.is_fine)).or_default().push(row.name);
    }
    let room = page.body_width() / 2;
    let row = |((counts, is_fine), names): ((String, bool), Vec<String>)| Row {
        name: names::list(&names, room, page).join(" "),
        counts,
        is_fine,
    };
    alike.into_iter().map(row).collect()
}

fn rows(page: &Page, report: &Report) -> Vec<Row> {
    let counts = numbers::by_host(report);
    let row = |host: &HostReport| {
        let summary = counts.get(&host.name).copied().unwrap_or_default();
        let is_fine = numbers::is_fine(host, &summary);
        Row { name: escape::line(host.name.as_str()), counts: numbers::of_host(page.lang, host, &summary), is_fine }
    };
    report.hosts.iter().map(row).collect()
}
