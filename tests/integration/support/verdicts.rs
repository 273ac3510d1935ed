//! What a JSON report says about one check.

use serde_json::Value;

/// One verdict of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The host.
    pub(crate) host: String,
    /// The item of a loop, else empty.
    pub(crate) item: String,
    /// `pass`, `fail`, `error` ...
    pub(crate) outcome: String,
    /// `error`, `warning`, `info`.
    pub(crate) severity: String,
    /// The cause.
    pub(crate) message: String,
    /// Everything that the remedy says, text and commands.
    pub(crate) remedy: String,
}

/// All verdicts of one check, in the report's order.
#[derive(Debug, Clone)]
pub(crate) struct Verdicts(Vec<Verdict>);

impl Verdicts {
    /// Those of `check` in `report`.
    pub(super) fn of(report: &Value, check: &str) -> Self {
        let results = report["results"].as_array().expect("a report has `results`");
        Self(results.iter().filter(|result| result["check"] == check).map(read).collect())
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Host, item and outcome of each.
    pub(crate) fn outcomes(&self) -> Vec<(&str, &str, &str)> {
        self.0.iter().map(|verdict| (&*verdict.host, &*verdict.item, &*verdict.outcome)).collect()
    }

    /// Those about `host`.
    pub(crate) fn on(&self, host: &str) -> Vec<&Verdict> {
        self.0.iter().filter(|verdict| verdict.host == host).collect()
    }

    /// Asserts that every verdict is `pass` (`skipped` items do not apply and count as well, as long as one passes).
    pub(crate) fn assert_healthy(&self) {
        assert!(
            self.0.iter().all(|verdict| matches!(&*verdict.outcome, "pass" | "skipped"))
                && self.0.iter().any(|verdict| verdict.outcome == "pass"),
            "wanted a pass everywhere: {self:#?}"
        );
    }

    /// The one verdict that is neither a pass nor skipped; it must be about `host` with `outcome`.
    pub(crate) fn the_only(&self, host: &str, outcome: &str) -> &Verdict {
        let found: Vec<_> = self.0.iter().filter(|verdict| !matches!(&*verdict.outcome, "pass" | "skipped")).collect();
        match &found[..] {
            [verdict] if verdict.host == host && verdict.outcome == outcome => verdict,
            _ => panic!("wanted one `{outcome}`, on `{host}`: {self:#?}"),
        }
    }
}

impl Verdict {
    /// Asserts the severity.
    pub(crate) fn severity(&self, severity: &str) -> &Self {
        assert_eq!(self.severity, severity, "{self:#?}");
        self
    }

    /// Asserts that the message says `words`, in any case.
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.message.to_lowercase().contains(&words.to_lowercase()), "no `{words}` in the message: {self:#?}");
        self
    }

    /// Asserts that the remedy says `words`.
    pub(crate) fn advises(&self, words: &str) -> &Self {
        assert!(self.remedy.contains(words), "no `{words}` in the remedy: {self:#?}");
        self
    }
}

/// Check, host and outcome of everything in `report` that is neither a pass nor skipped, sorted, each once.
pub(crate) fn findings(report: &Value) -> Vec<(String, String, String)> {
    let results = report["results"].as_array().expect("a report has `results`");
    let text = |result: &Value, key: &str| result[key].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = results
        .iter()
        .map(|result| (text(result, "check"), text(result, "host"), text(result, "outcome")))
        .filter(|(_, _, outcome)| !matches!(&**outcome, "pass" | "skipped"))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn read(result: &Value) -> Verdict {
    let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
    let remedy = ["steps", "commands"].map(|key| plain(&result["remedy"][key])).join("\n");
    Verdict {
        host: text("host"),
        item: plain(&result["item"]).trim().to_owned(),
        outcome: text("outcome"),
        severity: text("severity"),
        message: text("message"),
        remedy,
    }
}

/// All texts in a value, one a line.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => format!("{text}\n"),
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(fields) => fields.values().map(plain).collect(),
        other => format!("{other}\n"),
    }
}
