//! What must hold for every report, whatever hosts and inventories bring.

use std::{path::PathBuf, sync::Arc};

use hive_preflight::{
    catalog::Catalog,
    event::HostError,
    inventory::{Change, Field, Section, What},
    judge::{Excuse, Outcome, RemedyStep, Severity, Signature, Verdict},
    location::Location,
    report::{
        Differences, ManualItem, Report, checklist, checkstyle, github, gitlab, html, json, junit, markdown, nagios,
        ndjson, prometheus, sarif, tap,
        terminal::{Detail, Options, render},
    },
    text::{Lang, Text},
};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::fleet::{collect, frame, host, pass};

/// Texts with every kind of trouble, and Japanese.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,120}",
        "[あ-んア-ン一-龠、。「」a-z ]{0,80}",
        "[\\x00-\\x1f\\x7f-\\u{9f}\\u{200b}-\\u{202e}a-c]{0,30}",
    ]
}

fn both() -> impl Strategy<Value = Text> {
    (text(), text()).prop_map(|(en, ja)| Text { en, ja })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![
        Outcome::Pass,
        Outcome::Fail,
        Outcome::Error,
        Outcome::Unreachable,
        Outcome::Blocked,
        Outcome::Skipped,
        Outcome::Waived,
    ])
}

fn steps() -> impl Strategy<Value = Vec<RemedyStep>> {
    let step = (both(), prop::option::of(for_copying()), prop::option::of(text()));
    prop::collection::vec(step.prop_map(|(text, command, on)| RemedyStep { text, command, on }), 0..3)
}

fn location() -> impl Strategy<Value = Option<Location>> {
    prop::option::of(for_copying().prop_map(|file| Location {
        file: Arc::new(PathBuf::from(file)),
        line: 1,
        column: 1,
    }))
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let severity = prop::sample::select(vec![Severity::Info, Severity::Warning, Severity::Error]);
    let texts = (both(), both(), both(), prop::collection::vec(text(), 0..4));
    (text(), prop::option::of(text()), outcome(), severity, texts, steps(), location(), prop::option::of(for_copying()))
        .prop_map(|(host, item, outcome, severity, (title, why, message, evidence), remedy, location, faq)| {
            let url = faq.clone();
            let base = pass("ssh/server-unix-forward", &host);
            Verdict { item, outcome, severity, title, why, message, evidence, remedy, location, faq, url, ..base }
        })
}

fn report() -> impl Strategy<Value = Report> {
    let error = prop::option::of((both(), steps()));
    let hosts = prop::collection::vec((text(), text(), outcome(), error), 0..4);
    (hosts, prop::collection::vec(verdict(), 0..6), both(), text()).prop_map(|(hosts, verdicts, notice, stage)| {
        let hosts = hosts.into_iter().map(|(name, address, outcome, error)| {
            let error = error.map(|(message, remedy)| HostError { class: "auth".into(), message, remedy });
            hive_preflight::event::HostResult { error, ..host(&name, &address, outcome) }
        });
        let manual = verdicts.iter().map(by_hand).collect();
        let differences = Some(changes(&stage, &verdicts));
        let inventory = vec![stage.clone()];
        let frame = Report { notices: vec![notice], stage: Some(stage), inventory, manual, differences, ..frame() };
        collect(frame, hosts.collect(), verdicts)
    })
}

/// A manual item with the texts of a verdict; signed where that has evidence, else waived.
fn by_hand(verdict: &Verdict) -> ManualItem {
    let said = |text: &str| text.to_owned();
    let signature = verdict.evidence.first().map(|text| Signature {
        who: said(text),
        when: said(text),
        valid_until: said(text),
        note: Some(said(text)),
        place: said(text),
    });
    let excuse = Excuse::Waiver {
        reason: said(&verdict.title.en),
        owner: said(&verdict.why.en),
        expires: said(&verdict.why.ja),
    };
    ManualItem {
        check: verdict.check.clone(),
        host: verdict.host.clone(),
        severity: verdict.severity,
        title: verdict.title.clone(),
        why: verdict.why.clone(),
        verify: verdict.message.clone(),
        remedy: verdict.remedy.clone(),
        excuse: signature.is_none().then_some(excuse),
        signature,
    }
}

/// Changes with the texts of verdicts.
fn changes(name: &str, verdicts: &[Verdict]) -> Differences {
    let change = |verdict: &Verdict| {
        let field = verdict.item.clone().map_or(Field::Address, Field::Key);
        let (from, to) = (verdict.evidence.first().cloned(), Some(verdict.why.en.clone()));
        Change {
            section: Section::Services,
            subjects: vec![verdict.host.to_string(), verdict.title.en.clone()],
            what: What::Changed { field, from, to },
            old: verdict.location.clone(),
            new: None,
        }
    };
    Differences { old: name.to_owned(), new: None, list: verdicts.iter().map(change).collect() }
}

fn detail() -> impl Strategy<Value = Detail> {
    prop::sample::select(vec![Detail::Quiet, Detail::Normal, Detail::Verbose])
}

fn lang() -> impl Strategy<Value = Lang> {
    prop::sample::select(vec![Lang::En, Lang::Ja])
}

/// Commands, places and links are shown as they are, so that they can be copied; here each begins with this mark.
const FOR_COPYING: &str = "COPY";

fn for_copying() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("{FOR_COPYING} {text}"))
}

fn is_no_character(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn is_reordering(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_control_character_but_the_line_feed_leaves_the_renderer(report in report(), lang in lang(), detail in detail(), width in 0usize..130) {
        let text = render(&report, &Options { lang, color: false, width, detail });
        let hidden: Vec<char> = text.chars().filter(|c| c.is_control() && *c != '\n').collect();
        prop_assert!(hidden.is_empty(), "{hidden:?}");
        prop_assert!(!text.contains(is_reordering));
        prop_assert!(text.ends_with('\n'));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_but_what_is_for_copying(report in report(), lang in lang(), detail in detail(), width in 40usize..130) {
        let text = render(&report, &Options { lang, color: false, width, detail });
        for line in text.lines().filter(|line| !line.contains(FOR_COPYING)) {
            prop_assert!(line.width() <= width, "{} > {width}: {line:?}", line.width());
        }
    }

    #[test]
    fn every_report_comes_back_from_its_json(report in report(), lang in lang()) {
        let text = json::render(&report, lang);
        let saved = json::read(&text).expect("a report");
        prop_assert_eq!(json::render(&saved.report, lang), text);
    }

    #[test]
    fn no_format_lets_a_control_character_through(report in report(), lang in lang()) {
        let catalog = Catalog::default();
        let texts = [
            junit::render(&report, lang), sarif::render(&report, &catalog, lang), github::render(&report, lang),
            gitlab::render(&report, lang), checkstyle::render(&report, lang), tap::render(&report, lang),
            markdown::render(&report, lang), prometheus::render(&report), nagios::render(&report, lang),
            ndjson::render(&report, lang), html::render(&report, &catalog, lang),
            checklist::render(&report, lang), html::render_checklist(&report, lang),
        ];
        for text in &texts {
            let hidden: Vec<char> = text.chars().filter(|c| c.is_control() && *c != '\n').collect();
            prop_assert!(hidden.is_empty(), "{:?} {}", hidden, text);
            prop_assert!(!text.contains(is_reordering), "{}", text);
        }
        prop_assert!(texts[2].lines().all(|line| line.starts_with("::")), "{}", texts[2]);
        prop_assert!(texts[9].lines().all(|line| line.starts_with("{\"event\":\"")), "{}", texts[9]);
    }

    #[test]
    fn xml_holds_only_what_xml_can_hold(report in report(), lang in lang()) {
        quick_junit::Report::deserialize_from_str(&junit::render(&report, lang)).expect("JUnit");
        for text in [junit::render(&report, lang), checkstyle::render(&report, lang)] {
            prop_assert!(!text.contains(is_no_character));
            let mut reader = quick_xml::Reader::from_str(&text);
            while !matches!(reader.read_event().expect("XML"), quick_xml::events::Event::Eof) {}
        }
    }

    #[test]
    fn json_brings_every_text_back_and_no_terminal_obeys_it(report in report(), lang in lang()) {
        let text = json::render(&report, lang);
        prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for (result, verdict) in read["results"].as_array().expect("results").iter().zip(&report.verdicts) {
            prop_assert_eq!(result["message"].as_str(), Some(verdict.message.get(lang)));
            prop_assert_eq!(result["host"].as_str(), Some(verdict.host.as_str()));
        }
    }
}
