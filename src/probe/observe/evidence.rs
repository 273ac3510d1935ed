//! The few lines that prove an observation.

use super::Answer;

/// Lines of each stream that are kept.
const LINES: usize = 6;
/// Characters of each line that are kept.
const WIDTH: usize = 200;

/// The first line with something in it, cut.
pub(in crate::probe) fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(cut).unwrap_or_default()
}

/// `$ asked`, the first lines of what was answered, and the exit status where it is not zero.
pub(super) fn of_answer(asked: &str, answer: &Answer) -> Vec<String> {
    let mut lines = vec![asked_line(asked)];
    lines.extend(first_lines(&answer.stdout));
    lines.extend(first_lines(&answer.stderr));
    if answer.status != 0 {
        lines.push(format!("(exit status {})", answer.status));
    }
    lines
}

/// `$ asked`, on one line.
pub(super) fn asked_line(asked: &str) -> String {
    let mut lines = asked.trim().lines();
    let first = lines.next().unwrap_or_default();
    let more = if lines.next().is_some() { " ..." } else { "" };
    format!("$ {}{more}", cut(first))
}

fn first_lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut kept: Vec<String> = text.lines().take(LINES).map(cut).collect();
    let more = text.lines().count().saturating_sub(LINES);
    if more > 0 {
        kept.push(format!("... ({more} more lines)"));
    }
    kept
}

fn cut(line: &str) -> String {
    let mut cut: String = line.chars().take(WIDTH).collect();
    if cut.len() < line.len() {
        cut.push_str("...");
    }
    cut
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn evidence_is_bounded() {
        let stdout = "x".repeat(1000) + &"\nline".repeat(100);
        let answer = Answer {
            status: 3,
            stdout: stdout.into_bytes(),
            stderr: b"oops".to_vec(),
            duration: Duration::ZERO,
            uptime: None,
        };
        let lines = of_answer("ls\n-l", &answer);
        assert_eq!(lines.len(), 1 + LINES + 1 + 1 + 1);
        assert_eq!(lines[0], "$ ls ...");
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH + 3));
        assert_eq!(lines[LINES + 1], "... (95 more lines)");
        assert_eq!(lines.last().map(String::as_str), Some("(exit status 3)"));
    }
}
