//! `list`: the checks, as a table or as JSON.

use std::{process::ExitCode, sync::Arc};

use serde_json::{Value, json};

use super::{
    args::{ListArgs, ListFormat},
    exit, out,
    style::Painter,
    ui::Ui,
};
use crate::{
    catalog::{Catalog, Check, SeveritySpec},
    report::{columns, pad},
    text::Lang,
};

/// Prints the checks that the arguments select.
pub(super) fn run(args: &ListArgs, ui: Ui) -> ExitCode {
    let checks = match Catalog::load(&args.catalog.checks) {
        Ok(catalog) => catalog.select(&args.selection.to_selection()),
        Err(errors) => {
            ui.problems(&errors);
            return ExitCode::from(exit::USAGE);
        }
    };
    match checks {
        Err(error) => {
            ui.error(&error);
            ExitCode::from(exit::USAGE)
        }
        Ok(checks) => {
            let text = match args.format {
                ListFormat::Table => table(&checks, ui.lang(), Painter::with(ui.color_on_stdout())),
                ListFormat::Json => format!("{:#}\n", checks.iter().map(|check| json_of(check)).collect::<Value>()),
            };
            exit::after_output(out::print_redacted(&text), exit::CLEAN)
        }
    }
}

fn table(checks: &[Arc<Check>], lang: Lang, painter: Painter) -> String {
    let heads = match lang {
        Lang::En => ["CHECK", "SEVERITY", "HOSTS", "CONDITION"],
        Lang::Ja => ["チェック", "重大度", "対象", "満たすべき条件"],
    };
    let rows: Vec<[String; 4]> = checks.iter().map(|check| row(check, lang)).collect();
    let widths: [usize; 3] = std::array::from_fn(|at| {
        rows.iter().map(|row| columns(&row[at])).chain([columns(heads[at])]).max().unwrap_or_default()
    });
    let line = |cells: [&str; 4]| {
        let left: String = widths.iter().zip(cells).map(|(width, cell)| pad(cell, width + 2)).collect();
        left + cells[3]
    };
    let mut text = painter.strong(&line(heads)) + "\n";
    for row in &rows {
        text.push_str(&line(std::array::from_fn(|at| row[at].as_str())));
        text.push('\n');
    }
    text
}

fn row(check: &Check, lang: Lang) -> [String; 4] {
    let severity = severity(check, lang);
    [check.id.to_string(), severity, check.hosts.to_string(), check.title.get(lang).to_owned()]
}

/// A severity, or that it depends on what is found.
pub(super) fn severity(check: &Check, lang: Lang) -> String {
    match (&check.severity, lang) {
        (SeveritySpec::Fixed(severity), _) => severity.to_string(),
        (SeveritySpec::Computed(_), Lang::En) => "varies".to_owned(),
        (SeveritySpec::Computed(_), Lang::Ja) => "場合による".to_owned(),
    }
}

fn json_of(check: &Check) -> Value {
    json!({
        "id": check.id,
        "title": check.title,
        "hosts": check.hosts.to_string(),
        "severity": match &check.severity {
            SeveritySpec::Fixed(severity) => Value::from(severity.to_string()),
            SeveritySpec::Computed(_) => Value::Null,
        },
        "phases": check.phases,
        "needs": check.needs,
        "tags": check.tags,
        "effect": check.effect,
        "manual": check.verify().is_some(),
        "waivable": check.waivable,
        "faq": check.faq,
        "file": check.location.file.display().to_string(),
    })
}
