//! JSON as Python's `json.loads` with Ansible's decoder reads it: every file is tried as JSON first.

use super::{
    python::{self, Integer},
    tree::{Data, Entry, Key, MAX_VALUES, Mapping, Mark, Node, named},
};

/// How deep collections may be nested.
const MAX_DEPTH: usize = 256;

/// Why a text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotJson {
    /// Where it stops being JSON.
    pub(super) mark: Mark,
    /// What it is instead.
    pub(super) why: &'static str,
}

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Node, NotJson> {
    let mut parser =
        Parser { text, at: 0, seen: 0, mark: Mark { line: 1, column: 1 }, values: MAX_VALUES, why: "no JSON" };
    parser.blanks();
    let result = parser.value(0).and_then(|node| {
        parser.blanks();
        (parser.at == text.len()).then_some(node)
    });
    result.ok_or_else(|| NotJson { mark: parser.here(), why: parser.why })
}

struct Parser<'a> {
    text: &'a str,
    /// The next byte; always at a character's beginning.
    at: usize,
    /// The byte up to which [`Parser::mark`] has counted.
    seen: usize,
    mark: Mark,
    /// How many more values may come.
    values: usize,
    /// Why it is refused, if it is.
    why: &'static str,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The position; counts on from the last one that was asked for.
    fn here(&mut self) -> Mark {
        for c in self.text[self.seen..self.at].chars() {
            if c == '\n' {
                self.mark = Mark { line: self.mark.line + 1, column: 1 };
            } else {
                self.mark.column += 1;
            }
        }
        self.seen = self.at;
        self.mark
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            self.why = "JSON that is nested more than 256 deep";
            return None;
        }
        let Some(left) = self.values.checked_sub(1) else {
            self.why = "more than 2000000 values";
            return None;
        };
        self.values = left;
        let mark = self.here();
        let data = match self.peek()? {
            b'{' => return self.object(mark, depth),
            b'[' => Data::List(self.array(depth)?),
            b'"' => Data::Str(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.word()?,
        };
        Some(Node { mark, data, exact: false })
    }

    fn word(&mut self) -> Option<Data> {
        let words = [
            ("null", Data::Null),
            ("true", Data::Bool(true)),
            ("false", Data::Bool(false)),
            ("NaN", Data::Float(f64::NAN)),
            ("Infinity", Data::Float(f64::INFINITY)),
        ];
        let (word, data) = words.into_iter().find(|(word, _)| self.rest().starts_with(word))?;
        self.at += word.len();
        Some(data)
    }

    fn number(&mut self) -> Option<Data> {
        if self.rest().starts_with("-Infinity") {
            self.at += "-Infinity".len();
            return Some(Data::Float(f64::NEG_INFINITY));
        }
        let start = self.at;
        let negative = self.take(b'-').is_some();
        let digits = self.at;
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        let whole = self.at;
        self.optional(|parser| {
            parser.take(b'.')?;
            parser.digits()
        });
        self.optional(|parser| {
            parser.take(b'e').or_else(|| parser.take(b'E'))?;
            if matches!(parser.peek(), Some(b'+' | b'-')) {
                parser.at += 1;
            }
            parser.digits()
        });
        if self.at > whole {
            return self.text[start..self.at].parse().ok().map(Data::Float);
        }
        Some(match python::integer(negative, &self.text[digits..whole], 10)? {
            Integer::Small(value) => Data::Int(value),
            Integer::Big(text) => Data::BigInt(text),
        })
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Goes back where `part` is not there.
    fn optional(&mut self, part: impl Fn(&mut Self) -> Option<()>) {
        let start = self.at;
        if part(self).is_none() {
            self.at = start;
        }
    }

    fn array(&mut self, depth: usize) -> Option<Vec<Node>> {
        self.take(b'[')?;
        self.blanks();
        let mut items = Vec::new();
        if self.take(b']').is_some() {
            return Some(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.take(b']').is_some() {
                return Some(items);
            }
            self.take(b',')?;
            self.blanks();
        }
    }

    fn object(&mut self, mark: Mark, depth: usize) -> Option<Node> {
        self.take(b'{')?;
        self.blanks();
        let mut map = Mapping::new();
        let mut closed = self.take(b'}').is_some();
        while !closed {
            let key_mark = self.here();
            let key = self.string()?;
            self.blanks();
            self.take(b':')?;
            self.blanks();
            let node = self.value(depth + 1)?;
            map.insert(Key::Str(key), Entry { key_mark, node });
            self.blanks();
            closed = self.take(b'}').is_some();
            if !closed {
                self.take(b',')?;
                self.blanks();
            }
        }
        Some(marked(mark, map))
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut out = String::new();
        loop {
            let run = self.rest().find(|c: char| c == '"' || c == '\\' || c < ' ')?;
            out.push_str(&self.text[self.at..self.at + run]);
            self.at += run;
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(out);
                }
                b'\\' => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let escaped = self.peek()?;
        let plain = match escaped {
            b'"' | b'\\' | b'/' => char::from(escaped),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return None,
        };
        self.at += 1;
        Some(plain)
    }

    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            self.at = back;
        }
        // Half a pair is text for Python, but no text that could ever be printed or sent.
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|text| text.bytes().all(|c| c.is_ascii_hexdigit()))?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(value)
    }
}

/// The mapping, or what Ansible's own markers make of it.
fn marked(mark: Mark, map: Mapping) -> Node {
    let marker = map.keys().filter_map(Key::as_str).find(|key| matches!(*key, "__ansible_vault" | "__ansible_unsafe"));
    let data = match marker.and_then(|key| map.get(&named(key)).map(|entry| (key, &entry.node.data))) {
        Some(("__ansible_vault", Data::Str(text))) => Data::Vault(text.clone()),
        Some(("__ansible_unsafe", Data::Str(text))) => Data::Unsafe(text.clone()),
        Some(("__ansible_unsafe", other)) => other.clone(),
        _ => Data::Map(map),
    };
    Node { mark, data, exact: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Option<Data> {
        parse(text).ok().map(|node| node.data)
    }

    #[test]
    fn numbers_have_pythons_types() {
        assert_eq!(data(" 1e3 "), Some(Data::Float(1000.0)));
        assert_eq!(data("12345678901234567890"), Some(Data::BigInt("12345678901234567890".to_owned())));
        assert_eq!(data("-0"), Some(Data::Int(0)));
        assert_eq!(data("-Infinity"), Some(Data::Float(f64::NEG_INFINITY)));
        assert_eq!(data("010"), None);
        assert_eq!(data("1."), None);
        assert_eq!(data("+1"), None);
    }

    #[test]
    fn what_is_no_json_says_where() {
        assert_eq!(parse("{\"a\": 1,\n }").map_err(|no| no.mark), Err(Mark { line: 2, column: 2 }));
        assert_eq!(data("{\"a\": 1} x"), None);
        assert_eq!(data("\"a\nb\""), None);
        assert_eq!(data(&"[".repeat(100_000)), None);
    }

    #[test]
    fn strings_unescape() {
        assert_eq!(data(r#""\u00e9\ud83d\ude00\n""#), Some(Data::Str("é😀\n".to_owned())));
        assert_eq!(data(r#""\x""#), None);
    }

    #[test]
    fn keys_know_their_place() {
        let Ok(node) = parse("{\n  \"é\": 1, \"b\": 2}") else { panic!("no JSON") };
        let Data::Map(map) = node.data else { panic!("no mapping") };
        let marks: Vec<_> = map.values().map(|entry| (entry.key_mark.line, entry.key_mark.column)).collect();
        assert_eq!(marks, [(2, 3), (2, 11)]);
    }
}
