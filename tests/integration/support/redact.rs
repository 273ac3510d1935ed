//! The one place that masks what differs from run to run.

use std::sync::LazyLock;

use regex::Regex;

/// Patterns and what stands in their place; earlier ones first.
static MASKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", "[TIME]"),
        (r"/(?:var/)?tmp/\.?tmp[A-Za-z0-9_]+", "[TMP]"),
        (r#"("(?:duration|took)[a-z_]*": )[0-9.]+"#, "${1}[DURATION]"),
        (r"\b\d+(?:\.\d+)? ?(?:ms|s)\b", "[DURATION]"),
        (r"(127\.0\.0\.1\]?:)\d+", "${1}[PORT]"),
        (r#"("port": )\d{4,5}"#, "${1}[PORT]"),
        (r"SHA256:[A-Za-z0-9+/]{43}", "[FINGERPRINT]"),
    ]
    .into_iter()
    .map(|(pattern, mask)| (Regex::new(pattern).expect("the pattern is well-formed"), mask))
    .collect()
});

/// Masks times, durations, temporary directories, ports of loopback and fingerprints.
pub(crate) fn redact(text: &str) -> String {
    MASKS.iter().fold(text.to_owned(), |text, (pattern, mask)| pattern.replace_all(&text, *mask).into_owned())
}

#[test]
fn only_what_differs_is_masked() {
    let text = r#"2026-05-04T03:02:01.5Z 127.0.0.1:40123 /tmp/.tmpAbC123/x took 12.5 ms "duration_ms": 17, hive0:22 port 20514"#;
    assert_eq!(
        redact(text),
        r#"[TIME] 127.0.0.1:[PORT] [TMP]/x took [DURATION] "duration_ms": [DURATION], hive0:22 port 20514"#
    );
}
