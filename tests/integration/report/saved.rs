//! Reports that were saved as JSON: read back, joined, compared.

use hive_preflight::{
    judge::{Outcome, Severity, Verdict},
    report::{Readiness, Report, compare, json, merge},
    text::Lang,
};
use serde_json::Value;

use super::fleet;

fn again(report: &Report, lang: Lang) -> Report {
    json::read(&json::render(report, lang)).expect("a report").report
}

fn verdict(check: &str, host: &str, outcome: Outcome) -> Verdict {
    Verdict { outcome, ..fleet::pass(check, host) }
}

/// A run in which each of these hosts has these results.
fn run(started: &str, results: &[(&str, &str, Outcome)]) -> Report {
    let mut names: Vec<&str> = results.iter().map(|(host, ..)| *host).collect();
    names.dedup();
    let hosts = names.into_iter().map(|name| {
        let own = results.iter().filter(|(host, ..)| *host == name).map(|(.., outcome)| *outcome);
        fleet::host(name, "local", own.max_by_key(|outcome| outcome.rank()).expect("a result"))
    });
    let verdicts = results.iter().map(|(host, check, outcome)| verdict(check, host, *outcome)).collect();
    fleet::collect(Report { started: started.into(), ..fleet::frame() }, hosts.collect(), verdicts)
}

#[test]
fn every_report_comes_back_to_the_last_byte() {
    for report in fleet::all() {
        for lang in [Lang::En, Lang::Ja] {
            let text = json::render(&report, lang);
            let saved = json::read(&text).expect("a report");
            assert_eq!(saved.lang, lang);
            assert_eq!(json::render(&saved.report, lang), text);
        }
    }
}

#[test]
fn keys_of_later_versions_are_passed_over_and_words_are_not() {
    let mut document: Value = serde_json::from_str(&json::render(&fleet::clean(), Lang::En)).expect("JSON");
    document["since"] = "tomorrow".into();
    document["results"][0]["mood"] = 7.into();
    assert!(json::read(&document.to_string()).is_ok());
    document["results"][0]["outcome"] = "guessed".into();
    let error = json::read(&format!("{document:#}")).expect_err("a word that is not known").to_string();
    assert!(error.contains("unknown variant `guessed`") && error.contains("line "), "{error}");
}

#[test]
fn merged_shards_are_the_whole_fleet() {
    let first = run("2026-01-15T03:00:00Z", &[("a", "t/x", Outcome::Pass), ("a", "t/y", Outcome::Fail)]);
    let second = run("2026-01-15T02:00:00Z", &[("b", "t/x", Outcome::Pass)]);
    let merged = merge(&[first, second]);
    assert_eq!(merged.started, "2026-01-15T02:00:00Z");
    assert_eq!(merged.duration.as_millis(), 6480);
    assert_eq!(merged.stage.as_deref(), Some("production"));
    let hosts: Vec<(&str, Outcome)> = merged.hosts.iter().map(|host| (host.name.as_str(), host.outcome)).collect();
    assert_eq!(hosts, [("a", Outcome::Fail), ("b", Outcome::Pass)]);
    assert_eq!((merged.summary().total, merged.summary().fail), (3, 1));
    assert!(merged.notices[0].en.contains("the last named counts"));
}

#[test]
fn the_last_named_counts_and_the_rest_stands() {
    let first = run("2026-01-15T03:00:00Z", &[("a", "t/x", Outcome::Fail), ("a", "t/y", Outcome::Pass)]);
    let second = run("2026-01-15T04:00:00Z", &[("a", "t/x", Outcome::Pass)]);
    let outcomes = |report: &Report| -> Vec<(String, Outcome)> {
        report.verdicts.iter().map(|verdict| (verdict.check.to_string(), verdict.outcome)).collect()
    };
    let pair = |check: &str, outcome| (check.to_owned(), outcome);
    let merged = merge(&[first.clone(), second.clone()]);
    assert_eq!(outcomes(&merged), [pair("t/x", Outcome::Pass), pair("t/y", Outcome::Pass)]);
    assert_eq!(merged.hosts[0].outcome, Outcome::Pass);
    let merged = merge(&[second, first]);
    assert_eq!(outcomes(&merged), [pair("t/x", Outcome::Fail), pair("t/y", Outcome::Pass)]);
    assert_eq!(merged.hosts[0].outcome, Outcome::Fail);
}

#[test]
fn stages_that_differ_are_told_by_none_and_the_strictest_threshold_stays() {
    let one = Report { stage: Some("staging".into()), threshold: Severity::Warning, ..fleet::clean() };
    let merged = merge(&[fleet::clean(), one]);
    assert_eq!((merged.stage, merged.threshold), (None, Severity::Warning));
    assert_eq!(merged.phase, fleet::clean().phase);
}

#[test]
fn a_second_run_finishes_what_the_first_could_not() {
    let first = fleet::interrupted();
    assert!(merge(&[first.clone(), fleet::clean()]).interrupted, "hive1.site is still missing");
    let results = [("hive0.site", "t/x", Outcome::Pass), ("hive1.site", "t/x", Outcome::Pass)];
    let merged = merge(&[first, run("2026-01-15T05:00:00Z", &results)]);
    assert!(!merged.interrupted);
    assert_eq!(merged.standing().readiness(), Readiness::Ready);
}

#[test]
fn merging_a_run_with_itself_changes_no_result() {
    for report in fleet::all() {
        let merged = merge(&[report.clone(), report.clone()]);
        assert_eq!(merged.verdicts, report.verdicts);
        let lost = |report: &Report| report.hosts.iter().map(|host| host.error.clone()).collect::<Vec<_>>();
        assert_eq!(lost(&merged), lost(&report));
        assert_eq!((merged.summary(), merged.interrupted), (report.summary(), report.interrupted));
    }
}

/// What is told of one result that was `old` and is `new`.
fn changed(old: Option<(Outcome, Severity)>, new: Option<(Outcome, Severity)>) -> (String, bool, bool) {
    let run = |state: Option<(Outcome, Severity)>| {
        let verdicts = state.map(|(outcome, severity)| Verdict { severity, ..verdict("t/x", "a", outcome) });
        fleet::collect(fleet::frame(), vec![fleet::host("a", "local", Outcome::Pass)], verdicts.into_iter().collect())
    };
    let (old, new) = (run(old), run(new));
    let comparison = compare(&old, &new, Severity::Error, Lang::En);
    let document: Value = serde_json::from_str(&comparison.json()).expect("JSON");
    let change = document["changes"][0]["change"].as_str().unwrap_or("nothing").to_owned();
    (change, comparison.has_new_findings(), comparison.has_new_unknowns())
}

#[test]
fn every_pair_of_states_has_its_word() {
    use Outcome::{Blocked, Error, Fail, Pass, Skipped, Unreachable, Waived};
    let told = |old: Option<Outcome>, new: Option<Outcome>| {
        let error = |outcome| (outcome, Severity::Error);
        changed(old.map(error), new.map(error))
    };
    let case = |change: &str, finding, unknown| (change.to_owned(), finding, unknown);
    for old in [None, Some(Pass), Some(Error), Some(Unreachable), Some(Blocked), Some(Skipped), Some(Waived)] {
        assert_eq!(told(old, Some(Fail)), case("new", true, false), "{old:?}");
    }
    assert_eq!(told(Some(Fail), Some(Fail)), case("still", false, false));
    assert_eq!(told(Some(Fail), Some(Pass)), case("fixed", false, false));
    assert_eq!(told(Some(Fail), Some(Waived)), case("waived", false, false));
    assert_eq!(told(Some(Fail), None), case("not_checked", false, false));
    assert_eq!(told(Some(Fail), Some(Skipped)), case("not_checked", false, false));
    assert_eq!(told(Some(Fail), Some(Unreachable)), case("not_checked", false, true));
    assert_eq!(told(Some(Pass), Some(Error)), case("not_checked", false, true));
    for (old, new) in [(Some(Pass), Some(Pass)), (Some(Pass), None), (None, Some(Pass)), (Some(Error), Some(Error))] {
        assert_eq!(told(old, new), case("nothing", false, false), "{old:?} {new:?}");
    }
}

#[test]
fn only_what_counts_is_a_new_finding() {
    let fail = |severity| Some((Outcome::Fail, severity));
    assert_eq!(changed(None, fail(Severity::Warning)), ("new".to_owned(), false, false));
    assert_eq!(changed(fail(Severity::Warning), fail(Severity::Error)), ("new".to_owned(), true, false));
    assert_eq!(changed(fail(Severity::Error), fail(Severity::Warning)), ("still".to_owned(), false, false));
}

#[test]
fn a_comparison_in_both_languages() {
    let mut new = fleet::mixed();
    new.started = "2026-01-16T03:04:05Z".into();
    new.verdicts.retain(|verdict| verdict.check.as_str() != "drbd/build-for-kernel");
    for verdict in &mut new.verdicts {
        match (verdict.check.as_str(), verdict.host.as_str()) {
            ("ssh/client-unix-forward", _) => verdict.outcome = Outcome::Pass,
            ("ssh/server-unix-forward", "hive0.site") => verdict.outcome = Outcome::Fail,
            ("ssh/server-unix-forward", "hive1.site") => verdict.outcome = Outcome::Error,
            _ => {}
        }
    }
    let old = fleet::mixed();
    super::snapshot("compare-en", &compare(&old, &new, Severity::Error, Lang::En).text());
    super::snapshot("compare-ja", &compare(&again(&old, Lang::Ja), &new, Severity::Error, Lang::Ja).text());
    super::snapshot("compare-json", &compare(&old, &new, Severity::Error, Lang::En).json());
}

#[test]
fn texts_of_hosts_reach_no_terminal() {
    let (hostile, clean) = (fleet::hostile(), fleet::clean());
    for (old, new) in [(&clean, &hostile), (&hostile, &clean)] {
        let comparison = compare(old, new, Severity::Error, Lang::En);
        for text in [comparison.text(), comparison.json()] {
            assert!(!text.contains(|c: char| c.is_control() && c != '\n') && !text.contains('\u{202e}'), "{text}");
        }
    }
}
