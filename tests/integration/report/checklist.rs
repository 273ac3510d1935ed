//! The checklist, on paper and in a browser.

use hive_preflight::{
    catalog::Phase,
    inventory::HostName,
    judge::{Excuse, Outcome, Severity, Signature, Verdict},
    report::{ManualItem, Report, checklist, html, json},
    text::{Lang, Text},
};
use serde_json::json;

use super::{browser::Browser, fleet, readers::read_by};

fn item(check: &str, host: &str) -> ManualItem {
    ManualItem {
        check: check.parse().expect("an id"),
        host: host.into(),
        severity: Severity::Error,
        title: Text::new("the disk holds nothing that is needed", "ディスクに必要なデータがない"),
        why: Text::new("It is formatted.", "フォーマットされます。"),
        verify: Text::new("Look at `lsblk -f`.", "`lsblk -f` を確認します。"),
        remedy: vec![fleet::step("Save it.", "退避してください。", Some("tar -cf /tmp/a.tar /srv"), Some(host))],
        signature: None,
        excuse: None,
    }
}

fn by(who: &str) -> Signature {
    Signature {
        who: who.into(),
        when: "2026-01-10".into(),
        valid_until: "2026-01-31".into(),
        note: Some("lsblk -f shows nothing".into()),
        place: "signed.yml:3:5".into(),
    }
}

/// The mixed fleet, with manual items in every state.
fn mixed() -> Report {
    let waived = Excuse::Waiver { reason: "new disks".into(), owner: "ops".into(), expires: "2026-12-31".into() };
    let manual = vec![
        item("manual/disks-free", "hive0.site"),
        ManualItem { signature: Some(by("山田 花子")), ..item("manual/disks-free", "hive1.site") },
        ManualItem { signature: Some(by("山田 花子")), ..item("manual/disks-free", "hive2.site") },
        ManualItem { excuse: Some(waived), ..item("manual/disks-free", "hive3.site") },
        item("manual/backup-restorable", "mother"),
    ];
    Report { manual, inventory: vec!["site (/srv/site)".into()], ..fleet::mixed() }
}

/// Fifty hosts of which two differ.
fn fifty() -> Report {
    let names: Vec<String> = (0..50).map(|n| format!("hive{n}.site")).collect();
    let hosts = names.iter().map(|name| fleet::host(name, "local", Outcome::Pass)).collect();
    let verdict = |(n, name): (usize, &String)| {
        let found = |text: &str| Text::new(text, text);
        let pass = fleet::pass("disk/space", name);
        match n {
            7 => Verdict { outcome: Outcome::Fail, message: found("1 GB is free"), ..pass },
            9 => Verdict { outcome: Outcome::Error, message: found("df hangs"), ..pass },
            n => Verdict { message: found(&format!("{n} GB are free")), evidence: Vec::new(), ..pass },
        }
    };
    let manual = names.iter().map(|name| item("manual/disks-free", name)).collect();
    let frame = Report { manual, ..fleet::frame() };
    fleet::collect(frame, hosts, names.iter().enumerate().map(verdict).collect())
}

/// The list as GitHub's reader makes it.
fn read(text: &str) -> String {
    let arguments =
        ["--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist", "-t", "html"];
    read_by("cmark-gfm", &arguments, text)
}

fn count(html: &str, tag: &str) -> usize {
    html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count()
}

#[test]
fn the_list_in_both_languages() {
    super::snapshot("checklist-en", &checklist::render(&mixed(), Lang::En));
    super::snapshot("checklist-ja", &checklist::render(&mixed(), Lang::Ja));
    super::snapshot("checklist-fifty", &checklist::render(&fifty(), Lang::En));
    super::snapshot("checklist-interrupted", &checklist::render(&fleet::interrupted(), Lang::En));
}

#[test]
fn open_and_signed_items_are_boxes_for_githubs_reader() {
    let html = read(&checklist::render(&mixed(), Lang::En));
    let boxes = |checked: &str| html.matches(&format!("<input type=\"checkbox\" {checked}disabled=\"\" />")).count();
    assert_eq!((boxes(""), boxes("checked=\"\" ")), (3, 1), "{html}");
    assert_eq!(count(&html, "table"), 3, "facts, waivers, sign-off: {html}");
    assert!(html.contains("________"), "{html}");
}

#[test]
fn fifty_hosts_stay_readable() {
    let text = checklist::render(&fifty(), Lang::En);
    let states: Vec<&str> = text.lines().filter(|line| line.starts_with("  - **")).collect();
    assert!(states.len() <= 6, "{states:#?}");
    for told in ["hive7.site**: 1 GB is free", "hive9.site**: df hangs", "and 46 more likewise", "hive49.site", "(+47)"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(text.len() < 3000, "{}", text.len());
}

#[test]
fn all_phases_are_told_one_by_one_and_each_check_once() {
    let report = Report { phase: None, ..mixed() };
    let id = |text: &str| text.parse().expect("an id");
    let guards = [
        (id("ssh/client-unix-forward"), vec![Phase::BuildImages, Phase::InitializeServices]),
        (id("manual/disks-free"), vec![Phase::BuildVolumes]),
    ];
    let report = Report { guards: guards.into(), ..report };
    let text = checklist::render(&report, Lang::En);
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("### ")).collect();
    assert_eq!(
        heads,
        [
            "### connection",
            "### every phase",
            "### before build-images",
            "### before build-volumes",
            "### waivers",
            "### sign-off"
        ]
    );
    assert_eq!(text.matches(" — ssh/client-unix-forward (").count(), 1);
    assert!(text.contains("— ssh/client-unix-forward (also before initialize-services)"), "{text}");
    let (_, volumes) = text.split_once("### before build-volumes").expect("the phase");
    assert!(volumes.contains("manual/disks-free") && !volumes.contains("manual/backup-restorable"), "{text}");
}

#[test]
fn the_list_comes_back_from_a_saved_report() {
    for report in fleet::all().into_iter().chain([mixed(), fifty()]) {
        for lang in [Lang::En, Lang::Ja] {
            let saved = json::read(&json::render(&report, lang)).expect("a report").report;
            assert_eq!(checklist::render(&saved, lang), checklist::render(&report, lang));
            assert_eq!(html::render_checklist(&saved, lang), html::render_checklist(&report, lang));
            assert_eq!(saved.manual.len(), report.manual.len());
        }
    }
}

/// A report that says `text` wherever it says anything.
fn saying(text: &str) -> Report {
    let both = || Text::new(text, text);
    let excuse = Excuse::Waiver { reason: text.into(), owner: text.into(), expires: text.into() };
    let finding = Verdict {
        outcome: Outcome::Fail,
        title: both(),
        message: both(),
        item: Some(text.into()),
        evidence: vec![text.into()],
        ..fleet::pass("ssh/server-unix-forward", text)
    };
    let waived = Verdict { outcome: Outcome::Waived, excuse: Some(excuse.clone()), ..finding.clone() };
    let open = ManualItem {
        host: HostName::from(text),
        title: both(),
        why: both(),
        verify: both(),
        remedy: vec![fleet::step(text, text, Some(text), Some(text))],
        ..item("manual/a", text)
    };
    let signature = Signature {
        who: text.into(),
        when: text.into(),
        valid_until: text.into(),
        note: Some(text.into()),
        place: text.into(),
    };
    let signed = ManualItem { signature: Some(signature), ..open.clone() };
    let excused = ManualItem { excuse: Some(excuse), ..open.clone() };
    let frame = Report {
        stage: Some(text.into()),
        started: text.into(),
        notices: vec![both()],
        inventory: vec![text.into()],
        manual: vec![open, signed, excused],
        ..fleet::frame()
    };
    fleet::collect(frame, vec![fleet::host(text, text, Outcome::Fail)], vec![finding, waived])
}

const EVIL: &str = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> ![i](http://x/y) \
                    [l](javascript:z) http://a.example @team **b** ``` `c` | cell | $x$ <!-- \n# head\n- [x] item\n\u{202e}\u{1b}[2J";

#[test]
fn texts_stay_texts_for_githubs_reader() {
    let (evil, plain) =
        (read(&checklist::render(&saying(EVIL), Lang::En)), read(&checklist::render(&saying("x\nx\nx\nx"), Lang::En)));
    for tag in
        ["script", "img", "a", "em", "del", "h1", "h2", "h3", "h4", "b", "input", "table", "tr", "td", "li", "code"]
    {
        assert_eq!(count(&evil, tag), count(&plain, tag), "{tag}: {evil}");
    }
    assert!(!evil.contains("<!--") && !evil.contains('\u{1b}') && !evil.contains('\u{202e}'), "{evil}");
}

/// Opens the page of `report` in a browser.
fn open(report: &Report, lang: Lang) -> (Browser, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("list.html");
    std::fs::write(&file, html::render_checklist(report, lang)).expect("a file");
    let browser = Browser::start();
    browser.open(&file);
    (browser, directory)
}

#[test]
fn a_browser_shows_the_page_and_loads_nothing() {
    let (browser, directory) = open(&mixed(), Lang::Ja);
    assert_eq!(browser.text("return document.title"), "hive-preflight: build-images 実行前チェックリスト");
    assert_eq!(browser.text("return document.documentElement.lang"), "ja");
    let count = |selector: &str| browser.script(&format!("return document.querySelectorAll('{selector}').length"));
    assert_eq!(
        (count(".item"), count(".item.is-signed"), count(".blanks"), count("script")),
        (json!(4), json!(1), json!(3), json!(0))
    );
    let shown = browser.text("return document.body.innerText");
    for told in ["山田 花子", "5 件中 2 件が署名済み", "new disks", "lsblk -f"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    // The page's style is in force: what is not allowed by its policy would leave a bare page.
    assert_eq!(browser.text("return getComputedStyle(document.querySelector('.item')).display"), "flex");
    assert_eq!(browser.console(), [""; 0]);
    let own = format!("file://{}", directory.path().join("list.html").display());
    let others: Vec<String> =
        browser.requests().into_iter().filter(|address| *address != own && address != "data:,").collect();
    assert_eq!(others, [""; 0]);
}

#[test]
fn no_line_of_a_long_text_leaves_the_paper() {
    let long = "x".repeat(400);
    let (browser, _directory) = open(&saying(&long), Lang::En);
    // Paper of 210 mm at 96 dots an inch, without margins of 13 mm.
    browser.tool(
        "Emulation.setDeviceMetricsOverride",
        &json!({"width": 695, "height": 1000, "deviceScaleFactor": 1, "mobile": false}),
    );
    browser.tool("Emulation.setEmulatedMedia", &json!({"media": "print"}));
    let wide = browser.script("return document.documentElement.scrollWidth");
    assert!(wide.as_u64().is_some_and(|wide| wide <= 695), "{wide}");
    let pdf = browser.tool("Page.printToPDF", &json!({"preferCSSPageSize": true}));
    assert!(pdf["data"].as_str().is_some_and(|data| data.starts_with("JVBERi0")), "a PDF");
}

#[test]
fn hostile_texts_stay_texts_in_a_browser() {
    let (browser, _directory) = open(&saying(EVIL), Lang::En);
    let made = "return [document.scripts.length, document.images.length, document.links.length]";
    assert_eq!(browser.script(made), json!([0, 0, 0]));
    assert_eq!(browser.text("return document.title"), "hive-preflight: checklist before build-images");
    assert!(browser.text("return document.querySelector('.item b').textContent").starts_with("<script>document"));
    assert_eq!(browser.console(), [""; 0]);
}
