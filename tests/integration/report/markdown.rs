//! The report for comments and summaries, read by GitHub's own Markdown reader.

use hive_preflight::{
    judge::{Outcome, Verdict},
    report::{Report, markdown},
    text::{Lang, Text},
};

use super::{fleet, readers::read_by};

/// The page as GitHub's reader makes it.
fn html(report: &Report, lang: Lang) -> String {
    let arguments =
        ["--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist", "-t", "html"];
    read_by("cmark-gfm", &arguments, &markdown::render(report, lang))
}

fn count(html: &str, tag: &str) -> usize {
    html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count()
}

#[test]
fn the_page_in_both_languages() {
    super::snapshot("markdown-mixed-en", &markdown::render(&fleet::mixed(), Lang::En));
    super::snapshot("markdown-mixed-ja", &markdown::render(&fleet::mixed(), Lang::Ja));
    super::snapshot("markdown-clean-en", &markdown::render(&fleet::clean(), Lang::En));
    super::snapshot("markdown-hostile-en", &markdown::render(&fleet::hostile(), Lang::En));
}

#[test]
fn commands_are_code_and_findings_are_headings() {
    let html = html(&fleet::mixed(), Lang::En);
    assert_eq!(count(&html, "h2"), 1);
    assert_eq!(count(&html, "h3"), 6 + 3, "{html}");
    assert!(html.contains("<pre><code class=\"language-sh\">sudo yum update openssh-clients\n</code></pre>"), "{html}");
    assert_eq!(count(&html, "table"), 1);
    assert_eq!(count(&html, "tr"), 1 + 5);
}

#[test]
fn three_hundred_hosts_fit_a_comment() {
    let text = markdown::render(&fleet::many(), Lang::En);
    assert!(text.len() < 10_000, "{}", text.len());
    assert!(text.contains("hive0.site") && text.contains("(+280)"), "{text}");
}

#[test]
fn texts_stay_texts() {
    let evil = "<script>alert(1)</script> ![i](http://x/y) [l](javascript:z) http://a.example www.b.example @team #1 \
                **b** _i_ ~~s~~ `c` | cell | $x$ &amp; <!-- \n# head\n- item\n| a | b |\n|---|---|\n```\nfence\n````";
    let text = || Text::new(evil, evil);
    let finding = Verdict {
        outcome: Outcome::Fail,
        title: text(),
        why: text(),
        message: text(),
        item: Some(evil.into()),
        evidence: vec![evil.into(), "````` five".into()],
        remedy: vec![fleet::step(evil, evil, Some("echo '```' | cat # <b>"), Some(evil))],
        faq: Some(evil.into()),
        url: Some(evil.into()),
        ..fleet::pass("ssh/server-unix-forward", evil)
    };
    let skipped = Verdict { outcome: Outcome::Skipped, ..finding.clone() };
    let frame = Report { stage: Some(evil.into()), started: evil.into(), notices: vec![text()], ..fleet::frame() };
    let report = fleet::collect(frame, vec![fleet::host(evil, evil, Outcome::Fail)], vec![finding, skipped]);
    let html = html(&report, Lang::En);
    for tag in ["script", "img", "a", "em", "del", "h1", "b"] {
        assert_eq!(count(&html, tag), 0, "{tag}: {html}");
    }
    assert_eq!((count(&html, "h2"), count(&html, "h3"), count(&html, "table")), (1, 2, 1), "{html}");
    assert_eq!((count(&html, "tr"), count(&html, "td"), count(&html, "pre")), (2, 2, 2), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; ![i](http://x/y)"), "{html}");
    assert!(!html.contains("<!--"), "{html}");
}
