//! Dates and times of YAML 1.1 to ISO text, as Python's `datetime` prints them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

#[expect(clippy::unwrap_used, reason = "the expressions are constants; a test compiles both")]
static IMPLICIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$",
    )
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "the expressions are constants; a test compiles both")]
static PARTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?)?$",
    )
    .unwrap()
});

/// Whether a plain scalar is a date or time.
pub(super) fn looks_like(text: &str) -> bool {
    // A cheap look first: nearly every number ends here.
    text.len() >= 8 && text.as_bytes()[4] == b'-' && IMPLICIT.is_match(text)
}

/// The date or time in ISO form; nothing where no calendar has it.
pub(super) fn iso(text: &str) -> Option<String> {
    let parts = PARTS.captures(text)?;
    let number = |group: usize| parts.get(group).and_then(|text| text.as_str().parse::<u32>().ok());
    let (year, month, day) = (number(1)?, number(2)?, number(3)?);
    if year == 0 || !(1..=12).contains(&month) || day == 0 || day > days(year, month) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let Some(hour) = number(4) else { return Some(date) };
    let (minute, second) = (number(5)?, number(6)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{}{}", fraction(&parts), zone(&parts)?))
}

fn fraction(parts: &Captures<'_>) -> String {
    let digits: String = parts.get(7).map_or("", |text| text.as_str()).chars().take(6).collect();
    if digits.bytes().all(|c| c == b'0') { String::new() } else { format!(".{digits:0<6}") }
}

/// The offset; `timezone` refuses a whole day and more.
fn zone(parts: &Captures<'_>) -> Option<String> {
    if parts.get(8).is_none() {
        return Some(String::new());
    }
    let number = |group: usize| parts.get(group).and_then(|text| text.as_str().parse::<u32>().ok()).unwrap_or(0);
    let minutes = number(10) * 60 + number(11);
    if minutes >= 24 * 60 {
        return None;
    }
    let sign = if minutes > 0 && parts.get(9).is_some_and(|sign| sign.as_str() == "-") { '-' } else { '+' };
    Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_print_as_isoformat_does() {
        let cases = [
            ("2024-01-02", "2024-01-02"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.100000-05:00"),
            ("2001-12-14 21:59:43.10 -5", "2001-12-14T21:59:43.100000-05:00"),
            ("2001-12-15 2:59:43.10", "2001-12-15T02:59:43.100000"),
            ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05+00:00"),
            ("2024-02-29 00:00:00.000", "2024-02-29T00:00:00"),
        ];
        for (text, shown) in cases {
            assert!(looks_like(text), "{text}");
            assert_eq!(iso(text).as_deref(), Some(shown));
        }
    }

    #[test]
    fn what_no_calendar_has_is_refused() {
        assert!(looks_like("2024-02-31"));
        assert_eq!(iso("2024-02-31"), None);
        assert_eq!(iso("2023-02-29"), None);
        assert_eq!(iso("0000-01-01"), None);
        assert!(!looks_like("2024-1-2"));
        assert!(!looks_like("2024-01"));
        assert!(!looks_like("2024あ01-02"));
    }
}
