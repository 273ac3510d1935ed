//! Python literals, as `ast.literal_eval` takes them: how INI values get their types.

use super::{
    Value,
    python::{self, Integer},
    tree::{Data, Entry, Key, Mapping, Mark, Node},
};

/// How deep brackets may be nested; Python's own tokenizer ends at 200.
const MAX_DEPTH: usize = 200;

/// A list or mapping was used as a key or in a set: Python raises another error than for what is no literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unhashable;

/// The value of a Python literal, as `ast.literal_eval` takes it; absent where `text` is none.
#[must_use]
pub fn python_literal(text: &str) -> Option<Value> {
    let mark = Mark { line: 1, column: 1 };
    parse(text, mark).ok().flatten().map(|data| node(data, mark).into_value())
}

/// The literal's value; nothing where the text is none.
///
/// # Errors
/// [`Unhashable`] where Python raises a `TypeError`, which Ansible does not catch.
pub(super) fn parse(text: &str, mark: Mark) -> Result<Option<Data>, Unhashable> {
    let text = text.trim_start_matches([' ', '\t']);
    // Nearly all values are plain words.
    if text.is_empty() || text.contains('\0') || !text.starts_with(begins_literal) {
        return Ok(None);
    }
    let mut parser = Parser { rest: text };
    let Some(expression) = parser.expressions(0, None) else { return Ok(None) };
    if !parser.at_end() {
        return Ok(None);
    }
    expression.evaluate(mark)
}

fn begins_literal(c: char) -> bool {
    c.is_ascii_digit() || "\"'([{+-.TFNrRuUbB".contains(c)
}

/// A literal before its keys are checked.
enum Expression {
    Plain(Data),
    Bytes(String),
    List(Vec<Expression>),
    Set(Vec<Expression>),
    Map(Vec<(Expression, Expression)>),
}

impl Expression {
    fn evaluate(self, mark: Mark) -> Result<Option<Data>, Unhashable> {
        Ok(Some(match self {
            Self::Plain(data) => data,
            Self::Bytes(text) => Data::Str(text),
            Self::List(items) => Data::List(nodes(items, mark)?),
            Self::Set(items) => {
                let nodes = nodes(items, mark)?;
                for node in &nodes {
                    key(node.data.clone())?;
                }
                Data::List(nodes)
            }
            Self::Map(pairs) => {
                let mut map = Mapping::new();
                for (name, value) in pairs {
                    let name = name.evaluate(mark)?.ok_or(Unhashable)?;
                    let value = value.evaluate(mark)?.ok_or(Unhashable)?;
                    map.insert(key(name)?, Entry { key_mark: mark, node: node(value, mark) });
                }
                Data::Map(map)
            }
        }))
    }
}

fn node(data: Data, mark: Mark) -> Node {
    Node { mark, data, exact: false }
}

fn nodes(items: Vec<Expression>, mark: Mark) -> Result<Vec<Node>, Unhashable> {
    items.into_iter().map(|item| Ok(node(item.evaluate(mark)?.ok_or(Unhashable)?, mark))).collect()
}

fn key(data: Data) -> Result<Key, Unhashable> {
    Ok(match data {
        Data::Null => Key::Null,
        Data::Bool(value) => Key::Bool(value),
        Data::Int(value) => Key::Int(value),
        Data::BigInt(text) => Key::BigInt(text),
        Data::Float(value) => Key::Float(value),
        Data::Str(text) => Key::Str(text),
        _ => return Err(Unhashable),
    })
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\x0c']);
        if self.rest.starts_with('#') {
            self.rest = "";
        }
    }

    fn at_end(&mut self) -> bool {
        self.blanks();
        self.rest.is_empty()
    }

    fn take(&mut self, c: char) -> bool {
        self.blanks();
        self.rest.strip_prefix(c).map(|rest| self.rest = rest).is_some()
    }

    fn peeks(&mut self, c: char) -> bool {
        self.blanks();
        self.rest.starts_with(c)
    }

    /// One expression, or several with commas, which make a tuple. `close` ends it.
    fn expressions(&mut self, depth: usize, close: Option<char>) -> Option<Expression> {
        let first = self.expression(depth)?;
        if !self.peeks(',') {
            return Some(first);
        }
        let mut items = vec![first];
        while self.take(',') {
            let ended = match close {
                Some(close) => self.peeks(close),
                None => self.at_end(),
            };
            if ended {
                break;
            }
            items.push(self.expression(depth)?);
        }
        Some(Expression::List(items))
    }

    fn expression(&mut self, depth: usize) -> Option<Expression> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.blanks();
        match self.rest.chars().next()? {
            '(' => self.parenthesized(depth),
            '[' => self.list(depth),
            '{' => self.braced(depth),
            '+' | '-' => self.signed(),
            c if c.is_ascii_digit() || c == '.' => self.number(false).map(Expression::Plain),
            '"' | '\'' => self.strings(),
            _ => self.word(),
        }
    }

    fn parenthesized(&mut self, depth: usize) -> Option<Expression> {
        self.take('(');
        if self.take(')') {
            return Some(Expression::List(Vec::new()));
        }
        let inner = self.expressions(depth + 1, Some(')'))?;
        self.take(')').then_some(inner)
    }

    fn list(&mut self, depth: usize) -> Option<Expression> {
        self.take('[');
        let mut items = Vec::new();
        while !self.take(']') {
            items.push(self.expression(depth + 1)?);
            if !self.take(',') && !self.peeks(']') {
                return None;
            }
        }
        Some(Expression::List(items))
    }

    fn braced(&mut self, depth: usize) -> Option<Expression> {
        self.take('{');
        if self.take('}') {
            return Some(Expression::Map(Vec::new()));
        }
        let first = self.expression(depth + 1)?;
        if !self.take(':') {
            return self.set(first, depth);
        }
        let mut pairs = vec![(first, self.expression(depth + 1)?)];
        while self.take(',') {
            if self.peeks('}') {
                break;
            }
            let name = self.expression(depth + 1)?;
            if !self.take(':') {
                return None;
            }
            pairs.push((name, self.expression(depth + 1)?));
        }
        self.take('}').then_some(Expression::Map(pairs))
    }

    fn set(&mut self, first: Expression, depth: usize) -> Option<Expression> {
        let mut items = vec![first];
        while self.take(',') {
            if self.peeks('}') {
                break;
            }
            items.push(self.expression(depth + 1)?);
        }
        self.take('}').then_some(Expression::Set(items))
    }

    /// One sign before a number; two are an expression.
    fn signed(&mut self) -> Option<Expression> {
        let negative = self.rest.starts_with('-');
        self.rest = &self.rest[1..];
        self.blanks();
        self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '.').then_some(())?;
        self.number(negative).map(Expression::Plain)
    }

    fn word(&mut self) -> Option<Expression> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let data = match &self.rest[..end] {
            "True" => Data::Bool(true),
            "False" => Data::Bool(false),
            "None" => Data::Null,
            prefix if self.rest[end..].starts_with(['"', '\'']) && is_prefix(prefix) => return self.strings(),
            _ => return None,
        };
        self.rest = &self.rest[end..];
        Some(Expression::Plain(data))
    }

    fn number(&mut self, negative: bool) -> Option<Data> {
        let end = number_end(self.rest);
        let (text, rest) = self.rest.split_at(end);
        // Letters after a number are a syntax error (or an imaginary number, which no inventory means).
        if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') {
            return None;
        }
        self.rest = rest;
        number(negative, text)
    }

    /// Strings side by side are one.
    fn strings(&mut self) -> Option<Expression> {
        let mut out = String::new();
        let mut bytes = None;
        loop {
            let quote = self.rest.find(['"', '\''])?;
            let prefix = self.rest[..quote].to_ascii_lowercase();
            self.rest = &self.rest[quote..];
            let is_bytes = prefix.contains('b');
            if *bytes.get_or_insert(is_bytes) != is_bytes {
                return None;
            }
            self.string(prefix.contains('r'), is_bytes, &mut out)?;
            self.blanks();
            let next = self.rest.find(['"', '\'']).filter(|at| *at == 0 || is_prefix(&self.rest[..*at]));
            if next.is_none() {
                let whole =
                    if bytes == Some(true) { Expression::Bytes(out) } else { Expression::Plain(Data::Str(out)) };
                return Some(whole);
            }
        }
    }

    fn string(&mut self, raw: bool, bytes: bool, out: &mut String) -> Option<()> {
        let quote = self.rest.chars().next()?;
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let close = if self.rest.starts_with(&triple) { triple } else { quote.to_string() };
        self.rest = &self.rest[close.len()..];
        loop {
            if let Some(rest) = self.rest.strip_prefix(&close) {
                self.rest = rest;
                return Some(());
            }
            let c = self.rest.chars().next()?;
            self.rest = &self.rest[c.len_utf8()..];
            if c == '\\' {
                self.escape(raw, bytes, out)?;
            } else if bytes && !c.is_ascii() {
                return None;
            } else {
                out.push(c);
            }
        }
    }

    fn escape(&mut self, raw: bool, bytes: bool, out: &mut String) -> Option<()> {
        let c = self.rest.chars().next()?;
        if raw {
            self.rest = &self.rest[c.len_utf8()..];
            out.push('\\');
            out.push(c);
            return Some(());
        }
        if c.is_digit(8) {
            let digits = self.rest.bytes().take(3).take_while(|c| (b'0'..b'8').contains(c)).count();
            return self.code(0, digits, 8, out);
        }
        match c {
            'x' => return self.code(1, 2, 16, out),
            'u' if !bytes => return self.code(1, 4, 16, out),
            'U' if !bytes => return self.code(1, 8, 16, out),
            // A name of a character needs Python's table; nobody writes one in an inventory.
            'N' if !bytes => return None,
            _ => {}
        }
        self.rest = &self.rest[c.len_utf8()..];
        match c {
            '\\' | '\'' | '"' => out.push(c),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            other => out.extend(['\\', other]),
        }
        Some(())
    }

    /// A character by its number, after `skip` characters.
    fn code(&mut self, skip: usize, digits: usize, radix: u32, out: &mut String) -> Option<()> {
        let text = self.rest.get(skip..skip + digits).filter(|text| text.chars().all(|c| c.is_digit(radix)))?;
        let number = u32::from_str_radix(text, radix).ok().filter(|number| *number <= 0x0010_ffff)?;
        self.rest = &self.rest[skip + digits..];
        out.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
        Some(())
    }
}

/// A string's prefix; not those of formatted strings.
fn is_prefix(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "r" | "u" | "b" | "br" | "rb")
}

/// Where the characters of a number end.
fn number_end(text: &str) -> usize {
    let radix = text.len() > 1 && text.starts_with('0') && text[1..].starts_with(['x', 'X', 'o', 'O', 'b', 'B']);
    if radix {
        return text[2..].find(|c: char| !(c.is_ascii_hexdigit() || c == '_')).map_or(text.len(), |at| at + 2);
    }
    let bytes = text.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|c| c.is_ascii_digit() || **c == b'_').count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

fn number(negative: bool, text: &str) -> Option<Data> {
    let lower = text.to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            // One underscore may follow the prefix.
            let digits = python::without_underscores(digits.strip_prefix('_').unwrap_or(digits))?;
            return python::integer(negative, &digits, radix).map(int);
        }
    }
    if lower.contains(['.', 'e']) {
        return float(negative, &lower);
    }
    let digits = python::without_underscores(&lower)?;
    if digits.starts_with('0') && digits.bytes().any(|c| c != b'0') {
        return None;
    }
    python::integer(negative, &digits, 10).map(int)
}

fn int(number: Integer) -> Data {
    match number {
        Integer::Small(value) => Data::Int(value),
        Integer::Big(text) => Data::BigInt(text),
    }
}

fn float(negative: bool, text: &str) -> Option<Data> {
    let parts = text.split(['.', 'e', '+', '-']).filter(|part| !part.is_empty());
    let mut clean = true;
    parts.for_each(|part| clean &= python::without_underscores(part).is_some());
    let value: f64 = text.replace('_', "").parse().ok().filter(|_| clean)?;
    Some(Data::Float(if negative { -value } else { value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { line: 1, column: 1 };

    fn value(text: &str) -> Option<Value> {
        parse(text, MARK).ok().flatten().map(|data| node(data, MARK).into_value())
    }

    fn text(written: &str) -> Option<String> {
        value(written).and_then(|value| value.as_str().map(str::to_owned))
    }

    #[test]
    fn literals_have_pythons_types() {
        let ints = [
            ("1", 1),
            ("0x1f", 31),
            ("0o644", 420),
            ("1_000", 1000),
            ("-5", -5),
            ("+5", 5),
            ("00", 0),
            ("0b_1", 1),
            ("(1)", 1),
        ];
        for (written, expected) in ints {
            assert_eq!(value(written), Some(Value::Int(expected)), "{written}");
        }
        let floats = [("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("5.", 5.0), ("1_0.5", 10.5)];
        for (written, expected) in floats {
            assert_eq!(value(written), Some(Value::Float(expected)), "{written}");
        }
        assert_eq!(value("True"), Some(Value::Bool(true)));
        assert_eq!(value("None"), Some(Value::Null));
        assert_eq!(value("1,2"), Some(Value::List(vec![Value::Int(1), Value::Int(2)])));
        assert_eq!(value("1,"), Some(Value::List(vec![Value::Int(1)])));
        assert_eq!(value("()"), Some(Value::List(vec![])));
    }

    #[test]
    fn strings_are_joined_and_unescaped() {
        assert_eq!(text(r#""a" "b""#).as_deref(), Some("ab"));
        assert_eq!(text(r#""text" # c"#).as_deref(), Some("text"));
        assert_eq!(text(r#""\n\x41\q\101""#).as_deref(), Some("\nA\\qA"));
        assert_eq!(text("r'\\n'").as_deref(), Some("\\n"));
        assert_eq!(text("b'x'").as_deref(), Some("x"));
        assert_eq!(text("'''a'b'''").as_deref(), Some("a'b"));
    }

    #[test]
    fn other_text_is_no_literal() {
        let texts = [
            "true",
            "yes",
            "null",
            "0644",
            "08",
            "12:30",
            "2024-01-02",
            "1 2",
            "text",
            "1L",
            "--5",
            "1__0",
            "[1,",
            "{k:1}",
            "",
            "#x",
            "f'x'",
            "1+2",
            "~5",
            "\"a\" b",
            "'a' b'c'",
            "1_",
            "0x",
            "'a",
            "\"\\x4\"",
            "-True",
            "T",
            "1.2.3",
            "[,]",
            "(,)",
        ];
        assert_eq!(texts.iter().filter(|text| parse(text, MARK) != Ok(None)).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert_eq!(parse(&"[".repeat(10_000), MARK), Ok(None));
    }

    #[test]
    fn a_list_as_a_key_is_another_error() {
        assert_eq!(parse("{[1]: 2}", MARK), Err(Unhashable));
        assert_eq!(parse("{[1]: 2", MARK), Ok(None));
    }
}
