//! The page for people, as a browser shows it.

use std::{path::PathBuf, time::Duration};

use hive_preflight::{
    catalog::Catalog,
    judge::{Outcome, Severity, Verdict},
    report::{Report, html},
    text::{Lang, Text},
};
use serde_json::{Value, json};

use super::{browser::Browser, fleet};

/// A page in a browser, in a directory of its own.
struct Shown {
    browser: Browser,
    file: PathBuf,
    _directory: tempfile::TempDir,
}

fn show(report: &Report) -> Shown {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("report.html");
    let catalog = Catalog::load(&[]).expect("the built-in checks are valid");
    std::fs::write(&file, html::render(report, &catalog, Lang::En)).expect("a file");
    let browser = Browser::start();
    browser.open(&file);
    Shown { browser, file, _directory: directory }
}

impl Shown {
    /// Nothing went wrong, and nothing but the page itself was asked for.
    fn assert_quiet(&self) {
        assert_eq!(self.browser.console(), [""; 0]);
        let page = format!("file://{}", self.file.display());
        let others = self.browser.requests().into_iter().filter(|address| *address != page && address != "data:,");
        assert_eq!(others.collect::<Vec<_>>(), [""; 0]);
    }

    fn shown(&self) -> String {
        self.browser.text("return document.getElementById('shown').textContent")
    }

    fn click(&self, selector: &str) {
        self.browser.script(&format!("document.querySelector({}).click()", json!(selector)));
    }

    /// The subjects of the findings that are seen.
    fn findings(&self) -> Vec<Value> {
        let script = "return [...document.querySelectorAll('.finding')].filter(one => !one.hidden)
                      .map(one => one.querySelector('h3 code').textContent)";
        self.browser.script(script).as_array().expect("a list").clone()
    }

    fn set(&self, selector: &str, event: &str, value: &str) {
        let (selector, value) = (json!(selector), json!(value));
        self.browser.script(&format!(
            "const element = document.querySelector({selector}); element.value = {value};
             element.dispatchEvent(new Event('{event}'))"
        ));
        // What is typed takes effect a moment later.
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn a_small_fleet_is_shown_filtered_and_asks_nothing_of_anybody() {
    let page = show(&fleet::mixed());
    assert_eq!(page.shown(), "findings: 6, hosts: 5");
    page.set("#host", "input", "hive1");
    assert_eq!(page.shown(), "findings: 2 / 6, hosts: 1 / 5");
    page.click(".count[data-kind=w]");
    assert_eq!(page.findings(), ["network/conntrack-tools"]);
    page.click("#reset");
    assert_eq!(page.shown(), "findings: 6, hosts: 5");
    page.click(".count[data-kind=e]");
    assert_eq!(page.findings(), ["ssh/client-unix-forward", "hive/no-leftover-docker-socket"]);
    page.click(".count[data-kind=e]");
    page.set("#phase", "change", "deploy-services");
    assert!(!page.findings().contains(&json!("ssh/client-unix-forward")), "{:?}", page.findings());
    assert!(page.findings().contains(&json!("auth")), "what keeps a host from being asked concerns every phase");
    page.assert_quiet();
}

#[test]
fn the_language_is_switched_everywhere() {
    let page = show(&fleet::mixed());
    let heading = "return document.querySelector('h1').innerText.trim()";
    assert_eq!(page.browser.text(heading), "✗ not ready for build-images");
    page.click("[data-lang=ja]");
    assert_eq!(page.browser.text(heading), "✗ build-images はまだ実行できません");
    assert_eq!(page.browser.text("return document.title"), "hive-preflight: build-images はまだ実行できません");
    let seen = page.browser.text("return document.querySelector('main').innerText");
    assert!(
        seen.contains("OpenSSH クライアントを更新してください。") && !seen.contains("Update the OpenSSH"),
        "{seen}"
    );
    let label = "return document.querySelector('.matrix td.k-e').getAttribute('aria-label')";
    assert_eq!(page.browser.text(label), "エラー");
    page.assert_quiet();
}

#[test]
fn the_keyboard_reaches_the_filter_and_every_result() {
    let page = show(&fleet::mixed());
    page.browser.press("/", "/");
    assert_eq!(page.browser.text("return document.activeElement.id"), "host");
    page.browser.script("document.querySelector('.matrix td[tabindex=\"0\"]').focus()");
    let cell = "return document.getElementById('cell').textContent";
    assert_eq!(page.browser.text(cell), "mother · connection · connection: passed");
    page.browser.press("ArrowDown", "");
    page.browser.press("End", "");
    page.browser.press("ArrowLeft", "");
    page.browser.press("Home", "");
    assert_eq!(page.browser.text(cell), "hive0.site · connection · connection: passed");
    page.browser.press("ArrowDown", "");
    page.browser.press("ArrowDown", "");
    page.browser.press("Enter", "\r");
    let focused = page.browser.text("return document.activeElement.querySelector('h3').innerText");
    assert!(focused.contains("unreachable") && focused.contains("auth"), "{focused}");
    page.assert_quiet();
}

#[test]
fn commands_are_copied_as_they_are() {
    let page = show(&fleet::mixed());
    page.browser
        .tool("Browser.grantPermissions", &json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}));
    page.browser.tool("Emulation.setFocusEmulationEnabled", &json!({"enabled": true}));
    page.click(".copy");
    let read = "return navigator.clipboard.readText()";
    assert_eq!(page.browser.text(read), "sudo yum update openssh-clients");
    assert_eq!(page.browser.text("return document.getElementById('live').textContent"), "copied");
}

#[test]
fn hostile_texts_stay_texts() {
    let evil = "</script><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    let text = || Text::new(evil, format!("{evil}日"));
    let finding = Verdict {
        outcome: Outcome::Fail,
        title: text(),
        why: text(),
        message: text(),
        item: Some(evil.into()),
        evidence: vec![evil.into()],
        remedy: vec![fleet::step(evil, evil, Some(evil), Some(evil))],
        url: Some("javascript:alert(1)".into()),
        ..fleet::pass("ssh/server-unix-forward", evil)
    };
    let frame = Report { stage: Some(evil.into()), notices: vec![text()], ..fleet::frame() };
    let page = show(&fleet::collect(frame, vec![fleet::host(evil, evil, Outcome::Fail)], vec![finding]));
    page.click(".matrix td.k-e");
    page.click("[data-lang=ja]");
    assert_eq!(page.browser.script("return [document.scripts.length, document.images.length]"), json!([2, 0]));
    assert!(page.browser.text("return document.title").starts_with("hive-preflight: "));
    assert_eq!(page.browser.text("return document.querySelector('.matrix .host').textContent"), evil);
    page.assert_quiet();
}

/// Two thousand hosts with forty checks each.
fn two_thousand() -> Report {
    let names: Vec<String> = (0..2000).map(|n| format!("hive{n}.site")).collect();
    let hosts = names.iter().map(|name| fleet::host(name, &format!("admin@{name}:22"), Outcome::Fail)).collect();
    let verdicts = names.iter().enumerate().flat_map(|(n, name)| (0..40).map(move |check| result(n, name, check)));
    fleet::collect(fleet::frame(), hosts, verdicts.collect())
}

fn result(n: usize, host: &str, check: usize) -> Verdict {
    let passed = fleet::pass(&format!("topic{}/check-{check}", check % 6), host);
    let found = Text::new(format!("{host} has {n} leftovers"), format!("{host} に {n} 件残っています"));
    match (n * 40 + check) % 97 {
        0 => Verdict {
            outcome: Outcome::Fail,
            message: found,
            remedy: vec![fleet::step("Remove it.", "削除してください。", Some(&format!("rm -- /tmp/{n}")), Some(host))],
            ..passed
        },
        1 => Verdict { outcome: Outcome::Fail, severity: Severity::Warning, ..passed },
        2 => Verdict { outcome: Outcome::Error, ..passed },
        3..8 => Verdict { outcome: Outcome::Skipped, ..passed },
        _ => passed,
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "how long it took is for the reader: a loaded machine must not fail the test")]
fn two_thousand_hosts_with_forty_checks_open_and_are_filtered() {
    let page = show(&two_thousand());
    let timing = "const [times] = performance.getEntriesByType('navigation'); return Math.round(times.loadEventEnd)";
    let size = std::fs::metadata(&page.file).expect("the page is there").len() / 1024;
    eprintln!("2,000 hosts x 40 checks: {size} KiB, open after {} ms", page.browser.script(timing));
    assert!(page.shown().ends_with("hosts: 2000"), "{}", page.shown());
    let count = |selector: &str| page.browser.script(&format!("return document.querySelectorAll('{selector}').length"));
    assert_eq!(count(".matrix thead th"), 1 + 1 + 40);
    page.set("#host", "input", "hive1999");
    assert_eq!(count(".matrix tbody tr"), 1);
    page.click("#reset");
    page.browser.script("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(count(".matrix tbody tr"), 2000, "all are printed");
    page.assert_quiet();
}
