//! The page for people, as text; [`super::html_in_browser`] opens it.

use hive_preflight::{
    catalog::Catalog,
    judge::{Outcome, Verdict},
    report::{Report, html, json},
    text::{Lang, Text},
};
use proptest::prelude::*;
use regex::Regex;

use super::fleet;

/// The page without style, script and their hashes, which are files of their own.
fn page(report: &Report, lang: Lang) -> String {
    let text = html::render(report, &Catalog::default(), lang);
    let parts = [
        (r"(?s)<style>.*?</style>", "<style></style>"),
        (r"(?s)<script>.*?</script>", "<script></script>"),
        ("sha256-.*?&#x27;", "sha256-[hash]&#x27;"),
    ];
    parts
        .iter()
        .fold(text, |text, (part, mask)| Regex::new(part).expect("a pattern").replace_all(&text, *mask).into_owned())
}

/// All tags with their attributes, without what stands between them.
fn tags(page: &str) -> Vec<String> {
    let tag = Regex::new("<[^<>]*>").expect("a pattern");
    tag.find_iter(page).map(|tag| tag.as_str().to_owned()).collect()
}

fn with_text(text: &str) -> Report {
    let both = || Text::new(text, format!("{text}日"));
    let finding = Verdict {
        outcome: Outcome::Fail,
        title: both(),
        why: both(),
        message: both(),
        item: Some(text.into()),
        evidence: vec![text.into()],
        remedy: vec![fleet::step(text, text, Some(text), Some(text))],
        faq: Some(text.into()),
        url: Some(format!("javascript:{text}")),
        ..fleet::pass("ssh/server-unix-forward", text)
    };
    let others =
        [Outcome::Skipped, Outcome::Waived, Outcome::Pass].map(|outcome| Verdict { outcome, ..finding.clone() });
    let verdicts = [vec![finding], others.to_vec()].concat();
    let frame = Report { stage: Some(text.into()), started: text.into(), notices: vec![both()], ..fleet::frame() };
    fleet::collect(frame, vec![fleet::host(text, text, Outcome::Fail)], verdicts)
}

#[test]
fn the_page_in_both_languages_and_in_one() {
    super::snapshot("html-mixed", &page(&fleet::mixed(), Lang::En));
    let saved = json::read(&json::render(&fleet::mixed(), Lang::Ja)).expect("a report").report;
    let saved = page(&saved, Lang::Ja);
    assert!(page(&fleet::mixed(), Lang::Ja).contains("data-lang=\"en\""));
    assert!(!saved.contains("data-lang") && !saved.contains("<span lang="), "{saved}");
    assert!(saved.starts_with("<!DOCTYPE html>\n<html lang=\"ja\">"), "{saved}");
}

#[test]
fn only_addresses_that_are_plain_become_links() {
    let link = |url: &str| {
        let verdict =
            Verdict { outcome: Outcome::Fail, url: Some(url.into()), ..fleet::pass("ssh/server-unix-forward", "h") };
        page(&fleet::collect(fleet::frame(), vec![], vec![verdict]), Lang::En).contains("<a href=\"https")
    };
    assert!(link("https://hive-builder.readthedocs.io/ja/latest/faq.html#x"));
    assert!(!link("javascript:alert(1)") && !link("https://a.example/\" onclick=\"x") && !link("http://a.example/"));
}

/// Pieces of which attacks are made.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "<script>alert(1)</script>",
        "</script>",
        "<!--",
        "-->",
        "\"",
        "'",
        "<img src=x onerror=alert(1)>",
        "&lt;",
        "&#60;",
        "]]>",
        "{{ content }}",
        "{% raw %}",
        "</style>",
        "</title>",
        "</pre>",
        "javascript:",
        "`",
        "\\",
        "</textarea>",
        "=",
        "/>",
    ]);
    prop_oneof![known.prop_map(str::to_owned), "[ -~]{0,12}", "[あ-ん]{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_text_holds_the_page_has_the_same_tags(pieces in prop::collection::vec(piece(), 0..6)) {
        let text = format!("x{}x", pieces.concat());
        prop_assert_eq!(tags(&page(&with_text(&text), Lang::En)), tags(&page(&with_text("x"), Lang::En)), "{}", text);
    }
}
