//! What servers send, in every report of a run: shown, never obeyed.

use crate::support::CliTest;

const FORMATS: [&str; 11] =
    ["terminal", "ndjson", "junit", "sarif", "gitlab", "checkstyle", "tap", "markdown", "html", "prometheus", "nagios"];

/// Options that write every format into a file of its name.
pub(super) fn formats() -> Vec<String> {
    FORMATS.iter().flat_map(|format| ["--format".to_owned(), format!("{format}=report.{format}")]).collect()
}

/// Characters that move a cursor, hide or reorder.
fn is_obeyed(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Nothing that a server sent is obeyed by what reads a report; the markup of these numbers is there.
pub(super) fn assert_in_every_format(world: &CliTest, numbers: &[u32]) {
    for name in FORMATS
        .iter()
        .map(|format| format!("report.{format}"))
        .chain(["report.json", "stdout", "stderr"].map(str::to_owned))
    {
        let text = world.read(&name);
        let obeyed: Vec<char> = text.chars().filter(|c| is_obeyed(*c)).collect();
        assert!(obeyed.is_empty(), "{name}: {obeyed:?}");
        let shown = if name == "report.markdown" { outside_code(&text) } else { text };
        let is_markup = ["html", "junit", "checkstyle", "markdown"].iter().any(|format| name.ends_with(format));
        assert!(!(is_markup && shown.contains("<script>alert")), "{name}");
    }
    // They are there, so that the above says something.
    for name in ["report.html", "report.junit", "report.markdown", "report.sarif", "report.terminal", "report.json"] {
        let text = world.read(name);
        for number in numbers {
            assert!(
                text.contains(&format!("script>alert({number})"))
                    || text.contains(&format!("script&gt;alert({number})")),
                "{name}: {number}"
            );
        }
    }
}

/// What of a Markdown text is not code: there, markup means what it says.
fn outside_code(text: &str) -> String {
    let mut fence = 0;
    let mut prose = String::new();
    for line in text.lines() {
        let ticks = line.trim_start().chars().take_while(|c| *c == '`').count();
        match fence {
            0 if ticks >= 3 => fence = ticks,
            0 => prose.push_str(&outside_spans(line)),
            _ if ticks >= fence && line.trim().len() == ticks => fence = 0,
            _ => {}
        }
        prose.push('\n');
    }
    assert_eq!(fence, 0, "a block of code does not end");
    prose
}

fn outside_spans(line: &str) -> String {
    let mut prose = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        prose.push_str(&rest[..start]);
        let ticks: String = rest[start..].chars().take_while(|c| *c == '`').collect();
        let inside = &rest[start + ticks.len()..];
        rest = inside.find(&ticks).map_or(inside, |end| &inside[end + ticks.len()..]);
    }
    prose + rest
}
