//! Host names as sources write them: a port at the end, ranges in brackets.

use std::sync::LazyLock;

use regex::Regex;

use super::python::{self, Integer};

/// How many hosts one written name may stand for.
const MAX_HOSTS: usize = 250_000;

/// How many ranges one name may have.
const MAX_RANGES: usize = 16;

/// How many bytes of names one written name may stand for.
const MAX_NAMES: usize = 64 * 1024 * 1024;

/// What a name costs beside its bytes.
const COST: usize = 64;

/// Python's `string.ascii_letters`.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Why a host range is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RangeFault {
    /// Brackets without two or three parts.
    #[error("a host range is `[begin:end]` or `[begin:end:step]`")]
    Parts,
    /// Brackets that do not pair, or a `|`.
    #[error("the brackets of a host range do not pair")]
    Brackets,
    /// No end.
    #[error("a host range needs an end")]
    NoEnd,
    /// A leading zero, and ends of unequal length.
    #[error("with a leading zero both ends of a host range have the same length")]
    Length,
    /// Letters the wrong way round.
    #[error("a range of letters begins before it ends (small letters come before capitals)")]
    Order,
    /// Something else than numbers or letters.
    #[error("a host range is made of numbers or single letters")]
    Number,
    /// A step of zero.
    #[error("the step of a host range is not 0")]
    Step,
    /// Names that are too long together.
    #[error("a host range makes more than {} MiB of names", limit / 1024 / 1024)]
    TooLong {
        /// The most that is made, in bytes.
        limit: usize,
    },
    /// Ranges behind each other without end.
    #[error("a host's name has more than {limit} ranges")]
    TooManyRanges {
        /// The most that is taken.
        limit: usize,
    },
    /// Too many hosts.
    #[error("a host range stands for more than {limit} hosts")]
    TooMany {
        /// The most that is taken.
        limit: usize,
    },
}

/// The hosts that a written name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) hosts: Vec<String>,
    pub(super) port: Option<Integer>,
}

/// Takes a name apart as YAML and INI inventories do: first the port, then ranges.
pub(super) fn expand(text: &str) -> Result<Written, RangeFault> {
    if !text.contains([':', '[']) {
        return Ok(Written { hosts: vec![text.to_owned()], port: None });
    }
    let (name, port) = parse(text, true).unwrap_or_else(|| (text.to_owned(), None));
    if name.matches('[').count() > MAX_RANGES {
        return Err(RangeFault::TooManyRanges { limit: MAX_RANGES });
    }
    let mut expansion = Expansion { hosts: Vec::new(), left: MAX_NAMES };
    expansion.expand(&name)?;
    Ok(Written { hosts: expansion.hosts, port })
}

/// `parse_address`: the name and its port; nothing where the name is no valid one.
pub(super) fn parse(text: &str, ranges: bool) -> Option<(String, Option<Integer>)> {
    let mut name = text;
    let mut port = None;
    for pattern in [&BRACKETED_PORT, &PLAIN_PORT] {
        if let Some(found) = pattern.captures(name) {
            let (Some(host), Some(digits)) = (found.get(1), found.get(2)) else { continue };
            // `int()` of thousands of digits raises, and then the whole text is the name.
            port = Some(python::integer(false, digits.as_str(), 10)?);
            name = host.as_str();
        }
    }
    let valid = !name.is_empty() && [&IPV4, &IPV6, &HOST_NAME].iter().any(|pattern| pattern.is_match(name));
    (valid && (ranges || !name.contains('['))).then(|| (name.to_owned(), port))
}

struct Expansion {
    hosts: Vec<String>,
    /// How many bytes may still be made. Ranges that end in no host at all cost, too.
    left: usize,
}

impl Expansion {
    fn expand(&mut self, text: &str) -> Result<(), RangeFault> {
        let cost = text.len() + COST;
        self.left = self.left.checked_sub(cost).ok_or(RangeFault::TooLong { limit: MAX_NAMES })?;
        if !text.contains('[') {
            if self.hosts.len() >= MAX_HOSTS {
                return Err(RangeFault::TooMany { limit: MAX_HOSTS });
            }
            self.hosts.push(text.to_owned());
            return Ok(());
        }
        let split = text.replacen('[', "|", 1).replacen(']', "|", 1);
        let parts: Vec<&str> = split.split('|').collect();
        let [head, range, tail] = parts.as_slice() else { return Err(RangeFault::Brackets) };
        for item in items(range)? {
            self.expand(&format!("{head}{item}{tail}"))?;
        }
        Ok(())
    }
}

/// The texts that a range stands for.
fn items(range: &str) -> Result<Vec<String>, RangeFault> {
    let bounds: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match bounds.as_slice() {
        [begin, end] => (*begin, *end, "1"),
        [begin, end, step] => (*begin, *end, *step),
        _ => return Err(RangeFault::Parts),
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err(RangeFault::NoEnd);
    }
    let width = if begin.len() > 1 && begin.starts_with('0') { begin.chars().count() } else { 0 };
    if width > 0 && width != end.chars().count() {
        return Err(RangeFault::Length);
    }
    let texts = match (LETTERS.find(begin), LETTERS.find(end)) {
        (Some(first), Some(last)) if first > last => return Err(RangeFault::Order),
        (Some(first), Some(last)) => match small(step)? {
            0 => return Err(RangeFault::Number),
            step if step < 0 => Vec::new(),
            step => LETTERS[first..=last]
                .chars()
                .step_by(usize::try_from(step).unwrap_or(usize::MAX))
                .map(String::from)
                .collect(),
        },
        _ => numbers(begin, end, step)?.into_iter().map(|number| zero_filled(number, width)).collect(),
    };
    Ok(texts)
}

fn small(text: &str) -> Result<i64, RangeFault> {
    match python::int_of_text(text) {
        Some(Integer::Small(number)) => Ok(number),
        Some(Integer::Big(_)) => Err(RangeFault::TooMany { limit: MAX_HOSTS }),
        None => Err(RangeFault::Number),
    }
}

/// `range(begin, end + 1, step)`.
fn numbers(begin: &str, end: &str, step: &str) -> Result<Vec<i64>, RangeFault> {
    let (begin, end, step) = (i128::from(small(begin)?), i128::from(small(end)?) + 1, i128::from(small(step)?));
    let count = match step {
        0 => return Err(RangeFault::Step),
        step if step > 0 => (end - begin + step - 1).div_euclid(step),
        step => (begin - end - step - 1).div_euclid(-step),
    };
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    if count > MAX_HOSTS {
        return Err(RangeFault::TooMany { limit: MAX_HOSTS });
    }
    let number = |index: usize| i64::try_from(begin + step * i128::try_from(index).unwrap_or(0)).unwrap_or(i64::MAX);
    Ok((0..count).map(number).collect())
}

fn zero_filled(number: i64, width: usize) -> String {
    if number < 0 {
        format!("-{:0>1$}", number.unsigned_abs(), width.saturating_sub(1))
    } else {
        format!("{number:0>width$}")
    }
}

#[expect(clippy::unwrap_used, reason = "the expressions are constants; a test uses each")]
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

// Python's `$` also matches before a newline at the end.
static BRACKETED_PORT: LazyLock<Regex> = LazyLock::new(|| compile(r"^\[(.+)\]:([0-9]+)\n?$"));
static PLAIN_PORT: LazyLock<Regex> = LazyLock::new(|| compile(r"^((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)\n?$"));

static IPV4: LazyLock<Regex> = LazyLock::new(|| {
    let part = r"(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|\[(?:[0-9]+:[0-9]+)(?::[0-9]+)?\])";
    compile(&format!(r"^(?:{part}\.){{3}}{part}\n?$"))
});

/// Ansible forgot to group the alternatives, so that all but the last need to match the beginning only.
static IPV6: LazyLock<Regex> = LazyLock::new(|| {
    let part = r"(?:[0-9a-f]{1,4}|\[(?:[0-9a-f]+:[0-9a-f]+)(?::[0-9]+)?\])";
    let alternatives = [
        format!("(?:{part}:){{7}}{part}"),
        format!("(?:{part}:){{1,6}}:"),
        format!("(?:{part}:)(?::{part}){{1,6}}"),
        format!("(?:{part}:){{2}}(?::{part}){{1,5}}"),
        format!("(?:{part}:){{3}}(?::{part}){{1,4}}"),
        format!("(?:{part}:){{4}}(?::{part}){{1,3}}"),
        format!("(?:{part}:){{5}}(?::{part}){{1,2}}"),
        format!("(?:{part}:){{6}}(?::{part})"),
        format!(":(?::{part}){{1,6}}"),
        format!("{part}?::"),
        format!(r"(?:0:){{6}}(?:{part}\.){{3}}{part}"),
        format!(r"::(?:ffff:)?(?:{part}\.){{3}}{part}"),
        format!(r"(?:0:){{5}}ffff:(?:{part}\.){{3}}{part}\n?$"),
    ];
    compile(&format!("(?i)^(?:{})", alternatives.join("|")))
});

static HOST_NAME: LazyLock<Regex> = LazyLock::new(|| {
    let range = r"\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]";
    // Python's `\w`, which other than here has no combining marks.
    let (word, end) = (r"[\p{L}\p{N}_]", r"[\p{L}\p{N}]");
    let label = format!(r"(?:{end}|{range}|(?:{word}|{range})(?:{word}|-|{range})*(?:{end}|{range}))");
    compile(&format!(r"(?i)^{label}(?:\.{label})*\n?$"))
});

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<String> {
        expand(text).map(|written| written.hosts).unwrap_or_default()
    }

    fn port(text: &str) -> (Vec<String>, Option<Integer>) {
        expand(text).map(|written| (written.hosts, written.port)).unwrap_or_default()
    }

    #[test]
    fn ranges_count_as_ansible_counts() {
        assert_eq!(
            hosts("web[01:10:3].example.com"),
            ["web01.example.com", "web04.example.com", "web07.example.com", "web10.example.com"]
        );
        assert_eq!(hosts("n[1:2]x[a:b]"), ["n1xa", "n1xb", "n2xa", "n2xb"]);
        assert_eq!(hosts("z[:2]"), ["z0", "z1", "z2"]);
        assert_eq!(hosts("p[5:3]"), Vec::<String>::new());
        assert_eq!(hosts("p[-1:1]"), ["p-1", "p0", "p1"]);
        assert_eq!(hosts("p[5:1:-2]"), ["p5", "p3"]);
        assert_eq!(hosts("t[y:B]"), ["ty", "tz", "tA", "tB"]);
    }

    #[test]
    fn wrong_ranges_say_why() {
        let cases = [
            ("w[5]", RangeFault::Parts),
            ("w[1:]", RangeFault::NoEnd),
            ("w[01:5]", RangeFault::Length),
            ("w[c:a]", RangeFault::Order),
            ("w[a:3]", RangeFault::Number),
            ("w[1:3:0]", RangeFault::Step),
            ("w[1:3", RangeFault::Brackets),
            ("w[0:999999999]", RangeFault::TooMany { limit: MAX_HOSTS }),
            ("w[0:9999][0:9999]", RangeFault::TooMany { limit: MAX_HOSTS }),
        ];
        for (text, fault) in cases {
            assert_eq!(expand(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn ports_split_off_valid_names_only() {
        let number = |number| Some(Integer::Small(number));
        assert_eq!(port("h:22"), (vec!["h".to_owned()], number(22)));
        assert_eq!(port("[2001:db8::1]:2222"), (vec!["2001:db8::1".to_owned()], number(2222)));
        assert_eq!(port("[h:22]:33"), (vec!["h".to_owned()], number(22)));
        assert_eq!(port("h3:70000"), (vec!["h3".to_owned()], number(70000)));
        for whole in ["h4:ssh", "h.:22", "2001:db8::5", "::1", "-dash:22", "h_:22"] {
            assert_eq!(port(whole), (vec![whole.to_owned()], None));
        }
        assert_eq!(port("日本.example.jp:22"), (vec!["日本.example.jp".to_owned()], number(22)));
        assert_eq!(port("t[001:002]:2222"), (vec!["t001".to_owned(), "t002".to_owned()], number(2222)));
        assert_eq!(port("10.0.0.[1:2]:5"), (vec!["10.0.0.1".to_owned(), "10.0.0.2".to_owned()], number(5)));
    }

    #[test]
    fn an_address_of_version_6_with_brackets_needs_a_port() {
        assert_eq!(expand("[2001:db8::1]"), Err(RangeFault::Parts));
        assert!(parse("fe80::1", false).is_some());
        assert!(parse("web:db", true).is_none());
    }
}
