//! What people verify: the manual items of a run, the checklist of them, and who signed.

use serde_json::Value;

use crate::support::{CliTest, Run};

const HIVE: &str = "plugin: hive_inventory\nname: site\nstages:\n  production: {provider: prepared, separate_repository: false, number_of_hosts: 3, cidr: 172.30.2.0/24}\n";

/// A project, with what was signed for it.
fn project(signed: &str) -> CliTest {
    let test = CliTest::new();
    test.write("inventory/hive.yml", HIVE);
    test.write("signed.yml", &format!("time_zone: Asia/Tokyo\nattestations:\n{signed}"));
    test
}

fn run(test: &CliTest, args: &[&str]) -> Run {
    let base =
        ["run", "--offline", "--stage", "production", "--check", "inventory/quorum", "--check", "attest/in-force"];
    let manual = ["--check", "manual/disks-free", "--check", "manual/backup-restorable", "--before", "build-volumes"];
    test.run(&[&base[..], &manual, args].concat())
}

fn signed(test: &CliTest, args: &[&str]) -> Run {
    run(test, &[&["--attest", "signed.yml", "--format", "json"], args].concat())
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

/// `check host outcome` of each result.
fn outcomes(run: &Run) -> Vec<String> {
    let report = json(run);
    let results = report["results"].as_array().expect("results");
    let words = |result: &Value| ["check", "host", "outcome"].map(|key| result[key].as_str().unwrap_or("-").to_owned());
    results.iter().map(|result| words(result).join(" ")).collect()
}

/// `check host who` of each manual item.
fn items(run: &Run) -> Vec<String> {
    let report = json(run);
    let items = report["manual"].as_array().expect("manual items");
    let line = |item: &Value| {
        let who = item["signature"]["who"].as_str().unwrap_or("-");
        format!("{} {} {who}", item["check"].as_str().expect("an id"), item["host"].as_str().expect("a host"))
    };
    items.iter().map(line).collect()
}

const LASTS: &str = "when: 2026-01-01, valid_until: 2999-12-31";

#[test]
fn without_signatures_manual_items_are_no_results() {
    let test = project("");
    let ordinary = run(&test, &["--format", "json"]);
    assert_eq!(ordinary.status, Some(0), "{ordinary:?}");
    assert_eq!(outcomes(&ordinary), ["inventory/quorum mother.site pass"]);
    assert_eq!(
        items(&ordinary),
        [
            "manual/backup-restorable mother.site -",
            "manual/disks-free hive0.site -",
            "manual/disks-free hive1.site -",
            "manual/disks-free hive2.site -"
        ]
    );
    for format in ["terminal", "junit", "markdown", "sarif", "tap"] {
        let told = run(&test, &["--format", format]);
        assert_eq!(told.status, Some(0));
        assert!(!told.stdout.contains("passed  manual/") && !told.stdout.contains("ok - manual/"), "{told:?}");
    }
}

#[test]
fn with_signatures_what_is_open_is_a_finding_and_what_is_signed_passes() {
    let test = project(&format!(
        "  - {{check: manual/disks-free, hosts: 'hives:!hive2.site', who: Hanako, {LASTS}, note: lsblk is empty}}\n\
         \x20 - {{check: manual/backup-restorable, stage: staging, who: Taro, {LASTS}}}\n"
    ));
    let half = signed(&test, &[]);
    assert_eq!(half.status, Some(1), "{half:?}");
    let mut told = outcomes(&half);
    told.sort();
    assert_eq!(
        told,
        [
            "attest/in-force mother.site pass",
            "inventory/quorum mother.site pass",
            "manual/backup-restorable mother.site fail",
            "manual/disks-free hive0.site pass",
            "manual/disks-free hive1.site pass",
            "manual/disks-free hive2.site fail"
        ]
    );
    let report = json(&half);
    let place = &report["manual"][1]["signature"];
    assert_eq!(place["place"], "signed.yml:3:5");
    assert_eq!(place["valid_until"], "2999-12-31");
    let hosts: Vec<&str> =
        report["hosts"].as_array().expect("hosts").iter().filter_map(|host| host["outcome"].as_str()).collect();
    assert_eq!(hosts, ["fail", "pass", "pass", "fail"], "a host stands as what is left of its results");
    let terminal = run(&test, &["--attest", "signed.yml"]);
    insta::assert_snapshot!(test.redacted(&terminal.stdout));
}

#[test]
fn a_gate_opens_when_everything_is_signed() {
    let test = project(&format!(
        "  - {{check: manual/disks-free, who: Hanako, {LASTS}}}\n  - {{check: manual/backup-restorable, who: Taro, {LASTS}}}\n"
    ));
    let all = signed(&test, &[]);
    assert_eq!(all.status, Some(0), "{all:?}");
    let notices = json(&all)["notices"].to_string();
    assert!(notices.contains("was signed by Hanako") && notices.contains("was signed by Taro"), "{notices}");
    let nothing = project("");
    nothing.write("signed.yml", "time_zone: UTC\n");
    assert_eq!(signed(&nothing, &[]).status, Some(1), "nobody signed");
}

#[test]
fn signatures_that_are_over_or_to_come_are_refused_with_their_place() {
    let test = project(
        "  - {check: manual/disks-free, who: Hanako, when: 2001-01-01, valid_until: 2001-01-02}\n\
         \x20 - {check: manual/backup-restorable, who: Taro, when: '2999-01-01T00:00:00+09:00', valid_until: 2999-01-02}\n\
         \x20 - {check: manual/disks-free, stage: staging, who: of another stage, when: 2001-01-01, valid_until: 2001-01-02}\n",
    );
    let refused = signed(&test, &[]);
    assert_eq!(refused.status, Some(1));
    assert!(items(&refused).iter().all(|item| item.ends_with(" -")), "{:?}", items(&refused));
    let report = json(&refused);
    let told = |result: &Value| {
        let place = &result["location"];
        let at = format!("{}:{}", place["file"].as_str().unwrap_or("-"), place["line"]);
        ["severity", "message"].map(|key| result[key].as_str().unwrap_or("-").to_owned()).join(": ") + " " + &at
    };
    let results = report["results"].as_array().expect("results").iter();
    let told: Vec<String> = results.filter(|result| result["check"] == "attest/in-force").map(told).collect();
    assert_eq!(
        told,
        [
            "warning: the signature of Hanako for manual/disks-free ended with 2001-01-02: it does not count signed.yml:3",
            "error: the signature of Taro for manual/backup-restorable is of 2999-01-01T00:00:00+09:00, which is yet to come: it does not count signed.yml:4"
        ]
    );
}

#[test]
fn a_day_lasts_to_its_end_where_it_is_written() {
    // It is never the same day in these two zones.
    for (zone, hours) in [("+14:00", 14), ("-12:00", -12)] {
        let offset = jiff::tz::TimeZone::fixed(jiff::tz::offset(hours));
        let today = jiff::Timestamp::now().to_zoned(offset).date();
        let status = |last: jiff::civil::Date| {
            let test = project("");
            let signed_until =
                format!("  - {{check: manual/disks-free, who: A, when: 2001-01-01, valid_until: {last}}}");
            test.write("signed.yml", &format!("time_zone: '{zone}'\nattestations:\n{signed_until}\n"));
            signed(&test, &["--skip", "manual/backup-restorable"]).status
        };
        assert_eq!(status(today), Some(0), "the last day counts in {zone}");
        assert_eq!(status(today.yesterday().expect("a day")), Some(1), "and no longer in {zone}");
    }
}

#[test]
fn what_is_wrong_with_the_file_is_told_with_its_place() {
    let test = project(&format!(
        "  - {{check: manual/disk-free, who: A, {LASTS}}}\n\
         \x20 - {{check: inventory/quorum, who: A, {LASTS}}}\n\
         \x20 - {{check: manual/disks-free, who: A, {LASTS}}}\n\
         \x20 - {{check: manual/disks-free, who: B, {LASTS}}}\n\
         \x20 - {{check: manual/ports-agreed, who: ' ', when: yesterday, valid_until: 2026-02-30, hosts: '!!', notes: x}}\n\
         \x20 - {{check: manual/ports-agreed, stage: x, who: A, when: 2026-02-03, valid_until: 2026-02-02}}\n\
         \x20 - {{}}\n"
    ));
    let run = signed(&test, &[]);
    assert_eq!(run.status, Some(2), "{run:?}");
    insta::assert_snapshot!(test.redacted(&run.stderr));
    test.write("signed.yml", "attestations: []\n");
    let run = signed(&test, &[]);
    assert!(run.stderr.contains("`time_zone` is missing") && run.stderr.contains("signed.yml:1:1"), "{run:?}");
    assert_eq!(signed(&test, &["--attest", "no-such-file.yml"]).status, Some(2));
}

#[test]
fn waivers_hold_for_manual_items_with_and_without_signatures() {
    let test = project("");
    test.write(
        "preflight-waivers.yml",
        "time_zone: UTC\nwaivers:\n  - {check: manual/disks-free, reason: new disks, owner: ops, expires: 2999-01-01}\n",
    );
    let judged = signed(&test, &["--skip", "manual/backup-restorable"]);
    assert_eq!(judged.status, Some(0), "{judged:?}");
    let waived = json(&judged)["summary"]["waived"].as_u64();
    assert_eq!(waived, Some(3));
    let list = run(&test, &["--format", "checklist"]);
    assert!(
        list.stdout
            .contains("| manual/disks-free | hive0.site, hive1.site, hive2.site | new disks | ops | 2999-01-01 |")
    );
    assert!(list.stdout.contains("- [ ] **the disk for volumes holds nothing that anybody needs**"), "{}", list.stdout);
    let whole = test.run(&["run", "--stage", "production", "--check", "inventory/quorum", "--format", "json"]);
    assert!(!whole.stdout.contains("\"check\": \"waiver/used\""), "{whole:?}");
}

#[test]
fn the_project_names_the_file_and_the_environment_another() {
    let test = project(&format!("  - {{check: manual/disks-free, who: Hanako, {LASTS}}}\n"));
    test.write("preflight.yml", "options: {attest: signed.yml}\n");
    let args = ["--format", "json", "--skip", "manual/backup-restorable"];
    assert!(run(&test, &args).stdout.contains("was signed by Hanako"));
    let other = format!("time_zone: UTC\nattestations:\n  - {{check: manual/disks-free, who: Jiro, {LASTS}}}\n");
    test.write("other.yml", &other);
    let origin = Run::of(test.command().args(["config", "--show-origin"]).env("HIVE_PREFLIGHT_ATTEST", "other.yml"));
    assert!(origin.stdout.contains("attest: other.yml"), "{origin:?}");
    assert!(origin.stdout.contains("environment HIVE_PREFLIGHT_ATTEST"), "{origin:?}");
}

#[test]
fn the_checklist_of_a_phase_in_both_languages() {
    let test = project(&format!(
        "  - {{check: manual/disks-free, hosts: hive1.site, who: 花子, {LASTS}, note: \"lsblk | <b>\"}}\n"
    ));
    let seconds = regex::Regex::new(r"\d+\.\d 秒").expect("a pattern");
    for lang in ["en", "ja"] {
        let list = run(&test, &["--attest", "signed.yml", "--format", "checklist", "--lang", lang]);
        let masked = list.stdout.replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
        let masked = seconds.replace(&masked, "[DURATION]").into_owned();
        insta::assert_snapshot!(format!("checklist-{lang}"), test.redacted(&masked));
    }
}

#[test]
fn a_saved_report_makes_the_same_checklist() {
    let test = project(&format!("  - {{check: manual/disks-free, hosts: hive1.site, who: Hanako, {LASTS}}}\n"));
    let formats = ["--format", "json=saved.json", "--format", "checklist=list.md", "--format", "checklist=list.html"];
    for lang in ["en", "ja"] {
        run(&test, &[&formats[..], &["--attest", "signed.yml", "--lang", lang]].concat());
        let render = ["report", "render", "saved.json", "--format", "checklist=again.md", "--format"];
        let rendered = test.run(&[&render[..], &["checklist=again.html"]].concat());
        assert_eq!(rendered.status, Some(0), "{rendered:?}");
        assert_eq!(test.read("list.md"), test.read("again.md"));
        assert_eq!(test.read("list.html"), test.read("again.html"));
    }
}

#[test]
fn lint_tells_what_a_manual_item_cannot_have() {
    let test = CliTest::new();
    test.write(
        "checks/site/by-hand.yml",
        "id: site/by-hand\ntitle: {en: a, ja: b}\nwhy: {en: a, ja: b}\nhosts: mother\nmanual: {verify: {en: look}}\n\
         probe: {inventory: {}}\nthat: true\nloop: [1]\n",
    );
    let run = test.run(&["lint", "checks"]);
    assert_eq!(run.status, Some(2));
    insta::assert_snapshot!(test.redacted(&format!("{}{}", run.stdout, run.stderr)));
}

#[test]
fn explain_tells_how_to_verify() {
    let run = CliTest::new().run(&["explain", "manual/disks-free"]);
    insta::assert_snapshot!(run.stdout);
}
