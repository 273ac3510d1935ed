//! The report as a monitoring plugin's output, read as the plugins' guidelines describe it.

use hive_preflight::{
    judge::{Outcome, Severity, Verdict},
    report::{
        Report,
        nagios::{self, State},
    },
    text::{Lang, Text},
};

use super::fleet;

/// The first line's text and its performance data: `label=value[unit];warn;crit;min;max`.
fn read(report: &Report, lang: Lang) -> (String, Vec<(String, f64)>) {
    let out = nagios::render(report, lang);
    let (first, rest) = out.split_once('\n').expect("a line");
    assert!(!rest.contains('|'), "{rest}");
    let (text, performance) = first.split_once(" | ").expect("performance data");
    assert!(!performance.contains('|'), "{performance}");
    let datum = regex::Regex::new(r"^([a-z_]+)=([0-9.]+)(s?);;;0$").expect("a pattern");
    let data = performance.split(' ').map(|word| {
        let found = datum.captures(word).unwrap_or_else(|| panic!("{word}"));
        (found[1].to_owned(), found[2].parse().expect("a number"))
    });
    (text.to_owned(), data.collect())
}

#[test]
fn the_lines_in_both_languages() {
    super::snapshot("nagios-mixed-en", &nagios::render(&fleet::mixed(), Lang::En));
    super::snapshot("nagios-mixed-ja", &nagios::render(&fleet::mixed(), Lang::Ja));
    super::snapshot("nagios-many-en", &nagios::render(&fleet::many(), Lang::En));
}

#[test]
fn every_report_is_a_plugins_output() {
    for report in fleet::all() {
        for lang in [Lang::En, Lang::Ja] {
            let (text, data) = read(&report, lang);
            let words = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];
            let word = words[usize::from(State::of(&report).exit_status())];
            assert!(text.starts_with(&format!("HIVE PREFLIGHT {word} - ")), "{text}");
            let count = |label: &str| data.iter().find(|(name, _)| name == label).expect("a number").1.to_string();
            assert_eq!(count("checks"), report.summary().total.to_string());
        }
    }
}

#[test]
fn states_follow_the_threshold_and_what_is_not_known_is_never_ok() {
    let state = |threshold, outcome, severity| {
        let verdict = Verdict { outcome, severity, ..fleet::pass("t/a", "h") };
        let frame = Report { threshold, ..fleet::frame() };
        State::of(&fleet::collect(frame, vec![fleet::host("h", "local", outcome)], vec![verdict]))
    };
    assert_eq!(state(Severity::Error, Outcome::Pass, Severity::Error), State::Ok);
    assert_eq!(state(Severity::Error, Outcome::Fail, Severity::Error), State::Critical);
    assert_eq!(state(Severity::Error, Outcome::Fail, Severity::Warning), State::Warning);
    assert_eq!(state(Severity::Warning, Outcome::Fail, Severity::Warning), State::Critical);
    assert_eq!(state(Severity::Error, Outcome::Fail, Severity::Info), State::Ok);
    assert_eq!(state(Severity::Error, Outcome::Error, Severity::Warning), State::Unknown);
    assert_eq!(state(Severity::Error, Outcome::Unreachable, Severity::Error), State::Unknown);
    assert_eq!(State::of(&fleet::nothing()), State::Unknown);
    assert_eq!(State::of(&fleet::interrupted()), State::Unknown);
}

#[test]
fn bars_in_texts_are_no_performance_data() {
    let message = Text::new("disk | load=9;1;2\n| x=1", "a | b=1");
    let verdict = Verdict { outcome: Outcome::Fail, message, ..fleet::pass("t/a", "h|i") };
    let report = fleet::collect(fleet::frame(), vec![fleet::host("h|i", "local", Outcome::Fail)], vec![verdict]);
    let (_, data) = read(&report, Lang::En);
    assert!(!data.iter().any(|(label, _)| label == "load" || label == "x"));
}
