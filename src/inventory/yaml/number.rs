//! Numbers of YAML 1.1: octal with a leading zero, base 60, underscores.

use crate::inventory::{
    python::{self, BigUint, Integer},
    tree::Data,
};

/// `construct_yaml_int`; nothing where Python raises.
pub(super) fn int(text: &str) -> Option<Data> {
    let text = text.replace('_', "");
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text.as_str()),
    };
    let number = match digits {
        "0" => Integer::Small(0),
        _ if digits.starts_with("0b") => python::integer(negative, &digits[2..], 2)?,
        _ if digits.starts_with("0x") => python::integer(negative, &digits[2..], 16)?,
        _ if digits.starts_with("0o") => python::integer(negative, &digits[2..], 8)?,
        _ if digits.starts_with('0') => python::integer(negative, digits, 8)?,
        _ if digits.contains(':') => sexagesimal(negative, digits)?,
        _ => signed(negative, digits)?,
    };
    Some(match number {
        Integer::Small(value) => Data::Int(value),
        Integer::Big(text) => Data::BigInt(text),
    })
}

/// `sign * int(digits)`, where the digits may have a sign and blanks of their own.
fn signed(negative: bool, digits: &str) -> Option<Integer> {
    match (negative, python::int_of_text(digits)?) {
        (false, number) => Some(number),
        (true, Integer::Small(value)) => Some(value.checked_neg().map_or_else(big_min, Integer::Small)),
        (true, Integer::Big(text)) => {
            python::int_of_text(text.strip_prefix('-').map_or(&*format!("-{text}"), |rest| rest))
        }
    }
}

fn big_min() -> Integer {
    Integer::Big("9223372036854775808".to_owned())
}

fn sexagesimal(negative: bool, text: &str) -> Option<Integer> {
    let mut number = BigUint::zero();
    for (index, part) in text.split(':').enumerate() {
        if index == 0 {
            if part.is_empty() || part.len() > python::MAX_INT_DIGITS {
                return None;
            }
            part.chars().try_for_each(|digit| {
                number.mul_add(10, digit.to_digit(10)?);
                Some(())
            })?;
        } else {
            number.mul_add(60, part.parse().ok()?);
        }
        if number.is_too_long() {
            return None;
        }
    }
    python::from_big(negative, &number)
}

/// `construct_yaml_float`; nothing where Python raises.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_lowercase();
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text.as_str()),
    };
    match digits {
        ".inf" => Some(sign * f64::INFINITY),
        ".nan" => Some(f64::NAN),
        _ if digits.contains(':') => Some(sign * float_sexagesimal(digits)?),
        _ => Some(sign * python::float_of_text(digits)?),
    }
}

/// The parts from the last to the first, in the order in which Python adds them.
fn float_sexagesimal(text: &str) -> Option<f64> {
    let mut base = 1.0;
    let mut sum = 0.0;
    for part in text.rsplit(':') {
        sum += python::float_of_text(part)? * base;
        base *= 60.0;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_pyyamls() {
        let cases = [
            ("0644", 420),
            ("-0644", -420),
            ("0x1F", 31),
            ("0b101", 5),
            ("0x_1", 1),
            ("1_000", 1000),
            ("+12", 12),
            ("22:22", 1342),
            ("1:2:3", 3723),
            ("8080:53", 484_853),
            ("-1:30", -90),
            ("52:54:00:12:34:56", 41_135_085_296),
            ("0o17", 15),
        ];
        for (text, value) in cases {
            assert_eq!(int(text), Some(Data::Int(value)), "{text}");
        }
        assert_eq!(int("12345678901234567890123"), Some(Data::BigInt("12345678901234567890123".to_owned())));
        assert_eq!(int("0x_"), None);
        assert_eq!(int(""), None);
    }

    #[test]
    fn floats_are_pyyamls() {
        assert_eq!(float("190:20:30.15"), Some(685_230.15));
        assert_eq!(float("1_000.5"), Some(1000.5));
        assert_eq!(float("-.Inf"), Some(f64::NEG_INFINITY));
        assert!(float(".NaN").is_some_and(f64::is_nan));
    }
}
