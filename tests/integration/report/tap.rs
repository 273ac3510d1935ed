//! The report for TAP harnesses, read by perl's own.

use hive_preflight::{
    report::{Report, tap},
    text::Lang,
};

use super::{
    fleet,
    readers::{ask, read_by},
};

/// Tells each test point as `TAP::Parser` understands it, then the errors of its grammar.
const READER: &str = r#"
use strict; use warnings; use TAP::Parser; binmode STDOUT, ':utf8';
my $parser = TAP::Parser->new({tap => do { local $/; binmode STDIN, ':utf8'; <STDIN> }});
while (my $result = $parser->next) {
    if ($result->is_test) {
        my $kind = $result->has_skip ? 'skip' : $result->has_todo ? 'todo' : $result->is_ok ? 'ok' : 'not ok';
        print "$kind|", $result->number, "|", $result->description, "|", $result->explanation // '', "\n";
    }
    print "yaml|", ref $result->data, "|", $result->data->{message}, "\n" if $result->is_yaml;
    print "bailout|", $result->explanation, "\n" if $result->is_bailout;
    die "unknown: ", $result->raw if $result->is_unknown;
}
print "error|$_\n" for $parser->parse_errors;
"#;

/// Debian's `TAP::Parser` knows version 13 at most; nothing that is used here differs from it but the number.
fn as_version_13(text: &str) -> String {
    text.replacen("TAP version 14\n", "TAP version 13\n", 1)
}

fn read(report: &Report, lang: Lang) -> Vec<String> {
    let told = read_by("perl", &["-e", READER], &as_version_13(&tap::render(report, lang)));
    told.lines().map(str::to_owned).collect()
}

#[test]
fn the_document_in_both_languages() {
    super::snapshot("tap-mixed-en", &tap::render(&fleet::mixed(), Lang::En));
    super::snapshot("tap-mixed-ja", &tap::render(&fleet::mixed(), Lang::Ja));
}

#[test]
fn a_harness_understands_every_outcome() {
    let told = read(&fleet::mixed(), Lang::En);
    let kind = |what: &str| {
        let line = told.iter().find(|line| line.contains(what) && !line.starts_with("yaml")).expect(what);
        line.split('|').next().expect("a kind").to_owned()
    };
    assert_eq!(kind("hive0.site: ssh/server-unix-forward"), "ok");
    assert_eq!(kind("mother: ssh/client-unix-forward"), "not ok");
    assert_eq!(kind("hive1.site: network/no-stale-udp-flow (not judged)"), "not ok");
    assert_eq!(kind("hive2.site: network/conntrack-tools (unreachable)"), "not ok");
    assert_eq!(kind("hive2.site: connection (auth)"), "not ok");
    assert_eq!(kind("hive0.site: ssh/docker-socket-reachable|blocked: "), "skip");
    assert_eq!(kind("mother: vagrant/machines-up|the provider is not vagrant"), "skip");
    assert_eq!(kind("mother: inventory/quorum|waived: "), "todo");
}

#[test]
fn a_harness_reads_every_report_without_complaint() {
    for report in fleet::all() {
        for lang in [Lang::En, Lang::Ja] {
            let told = read(&report, lang);
            assert!(!told.iter().any(|line| line.starts_with("error|")), "{told:#?}");
            let lost = report.hosts.iter().filter(|host| host.error.is_some()).count();
            let points = told.iter().filter(|line| !line.starts_with("yaml|") && !line.starts_with("bailout|"));
            assert_eq!(points.count(), report.verdicts.len() + lost);
            assert_eq!(told.iter().any(|line| line.starts_with("bailout|")), report.interrupted);
        }
    }
}

#[test]
fn prove_passes_and_fails_as_the_report_does() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let prove = |report: &Report| {
        let file = folder.path().join("report.tap");
        std::fs::write(&file, as_version_13(&tap::render(report, Lang::En))).expect("a file");
        ask("prove", &["--source", "File", "--exec", "cat", &file.to_string_lossy()], "").0
    };
    assert!(prove(&fleet::clean()));
    assert!(!prove(&fleet::mixed()));
    assert!(!prove(&fleet::interrupted()));
}

#[test]
fn texts_of_hosts_make_no_test_points_and_no_directives() {
    let text = tap::render(&fleet::hostile(), Lang::En);
    assert!(text.contains("1..4\n"), "{text}");
    let told = read(&fleet::hostile(), Lang::En);
    assert_eq!(
        told.iter().filter(|line| line.starts_with("not ok|") || line.starts_with("skip|")).count(),
        4,
        "{told:?}"
    );
}
