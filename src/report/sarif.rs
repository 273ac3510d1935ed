//! The report as SARIF 2.1.0: rules from the catalogue, a result for each verdict.

use indexmap::IndexSet;
use serde_json::{Value, json};

use super::{
    Report,
    account::{Account, host_word, one_line, subject},
    escape,
    issues::Fingerprints,
};
use crate::{
    catalog::{Catalog, Check, CheckId, SeveritySpec},
    judge::{ErrorKind, Outcome, Severity, Verdict},
    location::Location,
    text::Lang,
};

/// Where the schema is published.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name and version of our way to make fingerprints.
const FINGERPRINT: &str = "hivePreflight/v1";

/// Renders `report` with its messages in `lang`. Rules that `catalog` does not know are told by what the report says.
#[must_use]
pub fn render(report: &Report, catalog: &Catalog, lang: Lang) -> String {
    let account = Account::new(report, lang);
    let ids: IndexSet<&CheckId> = report.verdicts.iter().map(|verdict| &verdict.check).collect();
    let rules: Vec<Value> = ids.iter().map(|id| rule(&account, catalog, id)).collect();
    let mut prints = Fingerprints::default();
    let result = |verdict| result(&account, verdict, ids.get_index_of(&verdict.check), &mut prints);
    let results: Vec<Value> = report.verdicts.iter().map(result).collect();
    let driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    let run = json!({
        "tool": {"driver": driver},
        "language": lang,
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation(&account)],
        "results": results,
    });
    format!("{:#}\n", json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}))
}

fn rule(account: &Account<'_>, catalog: &Catalog, id: &CheckId) -> Value {
    let lang = account.lang;
    let verdict = account.report.verdicts.iter().find(|verdict| verdict.check == *id);
    let Some(check) = catalog.checks.get(id) else {
        let told = verdict.map_or((String::new(), String::new()), |v| (account.title(v), one_line(v.why.get(lang))));
        let help = help(id, &told.1, &[]);
        return json!({"id": id, "shortDescription": message(&told.0), "help": message(&help)});
    };
    let faq = check.faq.as_ref().and_then(|faq| catalog.faq.get(faq));
    let why = one_line(check.why.get(lang));
    let more: Vec<String> = faq.iter().map(|entry| entry.text.get(lang).trim().to_owned()).collect();
    let mut rule = json!({
        "id": id,
        "shortDescription": message(&one_line(check.title.get(lang))),
        "fullDescription": message(&why),
        "help": message(&help(id, &why, &more)),
        "defaultConfiguration": {"level": default_level(check)},
        "properties": {"tags": check.tags, "phases": check.phases},
    });
    if let Some(url) = faq.and_then(|entry| entry.url.as_ref()) {
        rule["helpUri"] = json!(url);
    }
    rule
}

fn help(id: &CheckId, why: &str, more: &[String]) -> String {
    let parts = [why.to_owned()].into_iter().chain(more.iter().cloned());
    let parts = parts.chain([format!("hive-preflight explain {id}")]).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

fn default_level(check: &Check) -> &'static str {
    match check.severity {
        SeveritySpec::Fixed(severity) => level(severity),
        // What SARIF takes where nothing is said.
        SeveritySpec::Computed(_) => "warning",
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(account: &Account<'_>, verdict: &Verdict, rule: Option<usize>, prints: &mut Fingerprints) -> Value {
    let host = escape::line(verdict.host.as_str());
    let mut lines = vec![format!("{host}: {}", account.message(verdict))];
    lines.extend(account.advice(&verdict.remedy));
    let mut result = json!({
        "ruleId": verdict.check,
        "ruleIndex": rule,
        "kind": kind(verdict.outcome),
        "level": result_level(verdict),
        "message": message(&lines.join("\n")),
        "locations": [location(account, account.location(verdict), &host)],
        "partialFingerprints": {FINGERPRINT: prints.of(verdict)},
        "properties": properties(verdict),
    });
    if verdict.outcome == Outcome::Waived {
        let why = account.message(verdict);
        result["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": why}]);
    }
    result
}

/// SARIF's own words. `open` is what it calls a condition that could not be evaluated.
fn kind(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail | Outcome::Waived => "fail",
        Outcome::Error | Outcome::Unreachable | Outcome::Blocked => "open",
        Outcome::Skipped => "notApplicable",
    }
}

/// SARIF wants `none` for every kind but `fail`.
fn result_level(verdict: &Verdict) -> &'static str {
    if kind(verdict.outcome) == "fail" { level(verdict.severity) } else { "none" }
}

fn properties(verdict: &Verdict) -> Value {
    json!({
        "outcome": verdict.outcome,
        "severity": verdict.severity,
        "host": escape::line(verdict.host.as_str()),
        "subject": subject(verdict),
        "errorKind": verdict.error_kind.as_ref().map(ErrorKind::as_str),
        "blockedBy": verdict.blocked_by,
        "evidence": verdict.evidence.iter().flat_map(|text| escape::lines(text)).collect::<Vec<_>>(),
    })
}

/// Hosts that could not be asked, and things to know, are told of the run itself.
fn invocation(account: &Account<'_>) -> Value {
    let report = account.report;
    let failed = report.hosts.iter().filter_map(|host| Some((host, host.error.as_ref()?)));
    let errors = failed.map(|(host, error)| {
        let name = escape::line(host.name.as_str());
        let word = host_word(host, error);
        let mut lines =
            vec![format!("{}: {name}: {}", word.get(account.lang), one_line(error.message.get(account.lang)))];
        lines.extend(account.advice(&error.remedy));
        let id = json!({"id": escape::line(&error.class)});
        let place = location(account, host.location.as_ref(), &name);
        json!({"descriptor": id, "level": "error", "message": message(&lines.join("\n")), "locations": [place]})
    });
    let notices = report
        .notices
        .iter()
        .map(|notice| json!({"level": "note", "message": message(&one_line(notice.get(account.lang)))}));
    let mut invocation = json!({
        "executionSuccessful": !report.interrupted,
        "toolExecutionNotifications": errors.collect::<Vec<_>>(),
        "toolConfigurationNotifications": notices.collect::<Vec<_>>(),
    });
    if report.started.parse::<jiff::Timestamp>().is_ok() {
        invocation["startTimeUtc"] = json!(report.started);
    }
    invocation
}

/// Where a host or key is written. GitHub refuses a whole document for one result without a file: what is written nowhere
/// stands in the inventory, at no line.
fn location(account: &Account<'_>, location: Option<&Location>, host: &str) -> Value {
    let mut physical = match location {
        None => json!({"artifactLocation": {"uri": uri(&account.some_file)}}),
        Some(location) => json!({"artifactLocation": {"uri": uri(&location.file.to_string_lossy())}}),
    };
    if let Some(location) = location {
        physical["region"] = json!({"startLine": location.line.max(1), "startColumn": location.column.max(1)});
    }
    json!({"physicalLocation": physical, "logicalLocations": [{"name": host, "kind": "resource"}]})
}

/// A path as a URI reference; a relative one stays relative, to whatever the reader takes for the sources' root.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let path = path.strip_prefix("./").unwrap_or(path);
    path.bytes().fold(scheme.to_owned(), |uri, byte| {
        if keep(byte) { uri + char::from(byte).encode_utf8(&mut [0; 4]) } else { uri + &format!("%{byte:02X}") }
    })
}

/// A message of plain text: braces are doubled, lest they count as placeholders, and nothing in it becomes a link.
fn message(text: &str) -> Value {
    json!({"text": text.replace('{', "{{").replace('}', "}}").replace("](", "] (")})
}

#[cfg(test)]
mod tests {
    use super::{message, uri};

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("inventory/hive.yml"), "inventory/hive.yml");
        assert_eq!(uri("./a b:c%.yml"), "a%20b%3Ac%25.yml");
        assert_eq!(uri("/srv/日.yml"), "file:///srv/%E6%97%A5.yml");
    }

    #[test]
    fn messages_hold_neither_placeholders_nor_links() {
        assert_eq!(message("{0} [a](b)")["text"], "{{0}} [a] (b)");
    }
}
