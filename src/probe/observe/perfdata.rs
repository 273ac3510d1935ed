//! Performance data of monitoring plugins: `'label'=value[UOM];[warn];[crit];[min];[max]`.

use serde_json::{Value, json};

/// One measured value.
#[derive(Debug, PartialEq)]
pub(super) struct Datum {
    label: String,
    /// Absent where the plugin says `U`, undetermined.
    number: Option<f64>,
    unit: String,
    /// Ranges as written (`10`, `10:`, `~:10`, `10:20`, `@10:20`).
    warn: Option<String>,
    crit: Option<String>,
    min: Option<f64>,
    max: Option<f64>,
}

impl Datum {
    pub(super) fn value(&self) -> Value {
        json!({
            "label": self.label, "value": self.number, "unit": self.unit,
            "warn": self.warn, "crit": self.crit, "min": self.min, "max": self.max,
        })
    }
}

/// The data of `text`, and the words that are none.
pub(super) fn parse(text: &str) -> (Vec<Datum>, Vec<String>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = next_word(rest);
        match datum(word) {
            Some(datum) => known.push(datum),
            None => unknown.push(word.to_owned()),
        }
        rest = after.trim_start();
    }
    (known, unknown)
}

/// Up to the first white space outside the label's quotes.
fn next_word(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '\'';
        !quoted && c.is_whitespace()
    });
    text.split_at(end.map_or(text.len(), |(at, _)| at))
}

fn datum(word: &str) -> Option<Datum> {
    let (label, rest) = label(word)?;
    let mut fields = rest.split(';');
    let (number, unit) = measured(fields.next()?)?;
    let mut next = || fields.next().unwrap_or_default();
    let (warn, crit, min, max) = (next(), next(), next(), next());
    let valid = is_range(warn) && is_range(crit) && is_bound(min) && is_bound(max) && fields.all(str::is_empty);
    let given = |range: &str| Some(range.to_owned()).filter(|range| !range.is_empty());
    let (warn, crit) = (given(warn), given(crit));
    valid.then(|| Datum { label, number, unit, warn, crit, min: min.parse().ok(), max: max.parse().ok() })
}

/// The label, where a doubled quote stands for one, and what follows its `=`.
fn label(word: &str) -> Option<(String, &str)> {
    let Some(quoted) = word.strip_prefix('\'') else {
        let (label, rest) = word.split_once('=')?;
        return (!label.is_empty()).then(|| (label.to_owned(), rest));
    };
    let mut at = 0;
    loop {
        at += quoted.get(at..)?.find('\'')? + 1;
        match quoted.as_bytes().get(at) {
            Some(b'\'') => at += 1,
            Some(b'=') => return Some((quoted[..at - 1].replace("''", "'"), &quoted[at + 1..])),
            _ => return None,
        }
    }
}

fn measured(text: &str) -> Option<(Option<f64>, String)> {
    if text == "U" {
        return Some((None, String::new()));
    }
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let plain = !unit.contains(|c: char| c.is_ascii_digit() || c == '\'' || c == '"');
    Some((Some(number.parse().ok()?), unit.to_owned())).filter(|_| plain)
}

/// Nothing, or `10`, `10:`, `~:10`, `10:20`, and these after an `@`.
fn is_range(text: &str) -> bool {
    match text.strip_prefix('@').unwrap_or(text).split_once(':') {
        Some((start, end)) => (start == "~" || is_bound(start)) && is_bound(end),
        None => text.is_empty() || is_bound(text.strip_prefix('@').unwrap_or(text)),
    }
}

/// Nothing, or a number.
fn is_bound(text: &str) -> bool {
    text.is_empty() || text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> Value {
        let (known, unknown) = parse(text);
        assert_eq!((known.len(), unknown.len()), (1, 0), "{text}");
        known[0].value()
    }

    #[test]
    fn everything_that_the_guidelines_allow() {
        assert_eq!(
            one("time=0.002722s;5.000;10.000;0.000;10.000"),
            json!({"label": "time", "value": 0.002_722, "unit": "s", "warn": "5.000", "crit": "10.000", "min": 0.0, "max": 10.0})
        );
        assert_eq!(
            one("'it''s a = label'=-5%;@10:20;~:30;;"),
            json!({"label": "it's a = label", "value": -5.0, "unit": "%", "warn": "@10:20", "crit": "~:30", "min": null, "max": null})
        );
        assert_eq!(one("load=U")["value"], Value::Null);
        assert_eq!(one("c=12c;10:")["unit"], "c");
    }

    #[test]
    fn what_is_none_is_told_and_does_not_hide_the_rest() {
        let (known, unknown) = parse("a=1 nonsense b=x 'open=3 c=2");
        assert_eq!(known.len(), 1);
        assert_eq!(unknown, ["nonsense", "b=x", "'open=3 c=2"]);
        assert_eq!(parse(" \n "), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[ '=;|a1U@:~.%\\-\n]{0,40}") {
            let (known, unknown) = parse(&text);
            prop_assert!(known.len() + unknown.len() <= text.len());
        }

        #[test]
        fn any_label_comes_out_as_itself(label in "[^\0\n]{1,12}", value in -1e6..1e6_f64) {
            let (known, _) = parse(&format!("'{}'={value}B", label.replace('\'', "''")));
            prop_assert_eq!(&known[0].label, &label);
            prop_assert_eq!(known[0].number, Some(value));
        }
    }
}
