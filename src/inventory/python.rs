//! Small rules of Python that show through in what Ansible reads.

/// Where `int()` refuses decimal text, and printing a number fails.
pub(super) const MAX_INT_DIGITS: usize = 4300;

/// A non-negative whole number of any size, made digit by digit.
pub(super) struct BigUint {
    /// Base 10^9, least significant first.
    limbs: Vec<u32>,
}

const LIMB: u64 = 1_000_000_000;

impl BigUint {
    pub(super) fn zero() -> Self {
        Self { limbs: Vec::new() }
    }

    /// `self * factor + add`.
    pub(super) fn mul_add(&mut self, factor: u32, add: u32) {
        let mut carry = u64::from(add);
        for limb in &mut self.limbs {
            let value = u64::from(*limb) * u64::from(factor) + carry;
            *limb = (value % LIMB) as u32;
            carry = value / LIMB;
        }
        while carry > 0 {
            self.limbs.push((carry % LIMB) as u32);
            carry /= LIMB;
        }
    }

    /// Whether it has more digits than Python would print.
    pub(super) fn is_too_long(&self) -> bool {
        self.limbs.len() > MAX_INT_DIGITS / 9 + 1 || self.to_string().len() > MAX_INT_DIGITS
    }
}

impl std::fmt::Display for BigUint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some((last, rest)) = self.limbs.split_last() else { return f.write_str("0") };
        write!(f, "{last}")?;
        rest.iter().rev().try_for_each(|limb| write!(f, "{limb:09}"))
    }
}

/// A whole number as Python holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Integer {
    Small(i64),
    /// Decimal digits, perhaps with a minus sign.
    Big(String),
}

/// A number from its digits in `radix`; underscores must be gone. Nothing where there are none, where one is wrong, or
/// where Python would refuse the length.
pub(super) fn integer(negative: bool, digits: &str, radix: u32) -> Option<Integer> {
    if digits.is_empty() || (radix == 10 && digits.len() > MAX_INT_DIGITS) {
        return None;
    }
    if let Some(value) = small(negative, digits, radix) {
        return Some(Integer::Small(value));
    }
    let mut number = BigUint::zero();
    for digit in digits.chars() {
        number.mul_add(radix, digit.to_digit(radix)?);
        if number.limbs.len() > MAX_INT_DIGITS / 9 + 1 {
            return None;
        }
    }
    from_big(negative, &number)
}

fn small(negative: bool, digits: &str, radix: u32) -> Option<i64> {
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -value } else { value }).ok()
}

/// The signed number; nothing where Python would not print it.
pub(super) fn from_big(negative: bool, number: &BigUint) -> Option<Integer> {
    if number.is_too_long() {
        return None;
    }
    let text = if negative { format!("-{number}") } else { number.to_string() };
    Some(text.parse().map_or(Integer::Big(text), Integer::Small))
}

/// `int(text)`: blanks around it, a sign, single underscores between digits.
pub(super) fn int_of_text(text: &str) -> Option<Integer> {
    let text = text.trim_matches(is_space);
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    integer(negative, &without_underscores(digits)?, 10)
}

/// The digits without single underscores between them; nothing where an underscore stands elsewhere.
pub(super) fn without_underscores(digits: &str) -> Option<String> {
    if digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    Some(digits.replace('_', ""))
}

/// `str.isspace()`.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// `str.strip()`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `str.splitlines()`.
pub(super) fn split_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !is_line_break(c) {
            continue;
        }
        lines.push(&text[start..at]);
        start = at + c.len_utf8();
        if c == '\r' && chars.next_if(|(_, next)| *next == '\n').is_some() {
            start += 1;
        }
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c' | '\x1d' | '\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// `repr()` of a float.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return format!("{value:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// A float as `json.dumps` writes it.
pub(super) fn json_float(value: f64) -> String {
    match float(value).as_str() {
        "nan" => "NaN".to_owned(),
        "inf" => "Infinity".to_owned(),
        "-inf" => "-Infinity".to_owned(),
        text => text.to_owned(),
    }
}

/// `float(text)` for text without underscores.
pub(super) fn float_of_text(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    if text.contains('_') {
        return without_underscores(text).and_then(|text| float_of_text(&text));
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_python_breaks_them() {
        assert_eq!(split_lines("a\r\nb\rc\u{2028}d\x0ce\n"), ["a", "b", "c", "d", "e"]);
        assert_eq!(split_lines(""), Vec::<&str>::new());
        assert_eq!(split_lines("\n\n"), ["", ""]);
    }

    #[test]
    fn floats_print_as_repr_does() {
        let shown: Vec<String> = [1.0, 0.1, 1e16, 1e15, 1e-5, 0.0001, 1.5e300, -0.0].into_iter().map(float).collect();
        assert_eq!(shown, ["1.0", "0.1", "1e+16", "1000000000000000.0", "1e-05", "0.0001", "1.5e+300", "-0.0"]);
    }

    #[test]
    fn int_takes_what_python_takes() {
        assert_eq!(int_of_text(" 8_0 "), Some(Integer::Small(80)));
        assert_eq!(int_of_text("-9223372036854775809"), Some(Integer::Big("-9223372036854775809".to_owned())));
        assert_eq!(int_of_text("1__0"), None);
        assert_eq!(int_of_text("+-5"), None);
        assert_eq!(int_of_text("0x10"), None);
        assert_eq!(int_of_text(""), None);
        assert_eq!(int_of_text(&"9".repeat(4301)), None);
    }

    #[test]
    fn big_numbers_keep_all_digits() {
        assert_eq!(
            integer(false, "ffffffffffffffffffff", 16),
            Some(Integer::Big("1208925819614629174706175".to_owned()))
        );
        assert_eq!(integer(true, "8000000000000000", 16), Some(Integer::Small(i64::MIN)));
    }
}
