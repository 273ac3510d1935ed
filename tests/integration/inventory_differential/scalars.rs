//! Values as people write them, and as nobody should: every form of YAML 1.1, and what Python takes for a literal.

use serde_json::{Value, json};

use super::dice::Dice;

/// Plain, quoted and tagged scalars of one line. Left out is what is an error and so would hide everything else of a
/// file: a plain `=`, dates of no calendar; and `!!binary` and `!!set`, which ansible-inventory cannot print.
const SCALARS: [&str; 117] = [
    "yes",
    "Yes",
    "YES",
    "no",
    "No",
    "on",
    "On",
    "OFF",
    "off",
    "true",
    "True",
    "FALSE",
    "y",
    "n",
    "Y",
    "N",
    "yEs",
    "tRue",
    "~",
    "null",
    "Null",
    "NULL",
    "none",
    "None",
    "nUll",
    "",
    "0644",
    "-0644",
    "0o644",
    "089",
    "08",
    "00",
    "0",
    "-0",
    "+0",
    "0x1F",
    "0X1F",
    "0x_1",
    "0b101",
    "1_000",
    "1_",
    "_1",
    "1__0",
    "+12",
    "-5",
    "12345678901234567890123",
    "-9223372036854775808",
    "9223372036854775808",
    "22:22",
    "1:2:3",
    "8080:53",
    "12:5",
    "-1:30",
    "8080:80",
    "60:60",
    "00:30",
    "01:30",
    "52:54:00:12:34:56",
    "00:16:3e:01:02:03",
    "1.5",
    ".5",
    "5.",
    "1.0e+3",
    ".5e+2",
    "1_000.5",
    "+1.5",
    "1.10",
    "3.10",
    "1e3",
    "1.0e3",
    "-.5",
    "1.2.3",
    "inf",
    "nan",
    "190:20:30.15",
    "1:30.5",
    ".inf",
    "-.Inf",
    ".NaN",
    "2024-01-02",
    "2024-1-2",
    "2024-01-02 03:04",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10 -5",
    "2024-01-02T03:04:05Z",
    "word",
    "two words",
    "日本語",
    "a#b",
    "http://example.com/x?a=b",
    "10.0.0.1",
    "::1",
    "C:\\dir\\x",
    "-x",
    "..",
    "'0644'",
    "\"yes\"",
    "''",
    "\"\"",
    "'it''s'",
    "\"tab\\tline\\nend\"",
    "\"\\u00e9\\x41\\U0001F600\"",
    "\" lead and trail \"",
    "\"{{ a.b }}\"",
    "'{{ groups[''web''][0] }}'",
    "!!str 12",
    "!!str yes",
    "!!int \"0644\"",
    "!!float \"3\"",
    "!!bool \"yes\"",
    "!!null \"\"",
    "!unsafe text",
    "!unsafe '{{ y }}'",
    "!unsafe 12",
    "! 12",
    "1.7976931348623157e+308",
    "1.0e-7",
];

/// A scalar of YAML on one line.
pub(super) fn scalar(dice: &mut Dice) -> String {
    dice.pick(&SCALARS).to_owned()
}

/// A text of characters that numbers are made of, to try the borders between their types.
pub(super) fn digits(dice: &mut Dice) -> String {
    let length = dice.within(1..=8);
    (0..length).map(|_| dice.pick(&['0', '1', '2', '5', '9', '_', ':', '.', '-', '+', 'e', 'x', 'b', 'o'])).collect()
}

/// A value of JSON.
pub(super) fn json_value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 9 } else { 11 }) {
        0 => Value::Null,
        1 => json!(dice.chance(50)),
        2 => json!(dice.below(100_000)),
        3 => json!(-1.5),
        4 => serde_json::from_str(dice.pick(&["1e3", "1E-7", "123456789012345678901234567890", "-0", "0.1", "1.0"]))
            .expect("a number"),
        5..=7 => {
            json!(dice.pick(&["text", "yes", "0644", "22:22", "", "é", "日本", "a\nb", "\"q\"", "{{ x }}", "\u{7f}"]))
        }
        8 => json!([]),
        9 => (0..dice.within(0..=3)).map(|_| json_value(dice, depth - 1)).collect(),
        _ => {
            let keys = dice.some(&["a", "b", "c", "1", "a b"], 3);
            keys.into_iter().map(|key| (key.to_owned(), json_value(dice, depth - 1))).collect()
        }
    }
}

/// Values behind `key=` in INI that are one shell word.
const INLINE: [&str; 66] = [
    "1",
    "0",
    "-5",
    "+5",
    "1.5",
    "1e3",
    "0x1f",
    "0o644",
    "0b11",
    "1_000",
    "True",
    "False",
    "None",
    ".5",
    "5.",
    "true",
    "yes",
    "no",
    "null",
    "0644",
    "08",
    "00",
    "12:30",
    "22:22",
    "2024-01-02",
    "[1,2]",
    "[]",
    "{}",
    "()",
    "(1)",
    "(1,)",
    "1,2",
    "1,",
    "{1:2}",
    "\"1\"",
    "\"'1'\"",
    "'\"1\"'",
    "'a b'",
    "\"a b\"",
    "\"[1, 2]\"",
    "\"{'k': 1}\"",
    "{\"k\":1}",
    "\"q#r\"",
    "a\\ b",
    "\"a\\\"b\"",
    "'c\\d'",
    "a=b",
    "=",
    "",
    "word",
    "日本語",
    "~/x",
    "/a/b",
    "http://x/y",
    "a\"b\"c",
    "'it'\"'\"'s'",
    "\\\\x",
    "-",
    "--x",
    "1_",
    "_1",
    "1__0",
    "12345678901234567890123",
    "\"\\n\"",
    "r'x'",
    "'(1, \"a\", None, True)'",
];

/// What a value of `[group:vars]` can be besides, since it is the rest of a line.
const REST: [&str; 22] = [
    "two words",
    "1 2",
    "[1, 2]",
    "[1, [2, {'a': None}]]",
    "{'k': 1, 'l': [True]}",
    "(1, 2)",
    "\"text\" # c",
    "text # c",
    "\"a\" \"b\"",
    "\"\\n\"",
    "'\\x41\\u00e9'",
    "r'\\n'",
    "'''a'b'''",
    "- 5",
    "1 # c",
    "[1, # c",
    "{'a': 1,}",
    "[ ]",
    "{1: 2, True: 3}",
    "\"it's\"",
    "u'x'",
    "-1.5e-3",
];

/// A value in a host's line.
pub(super) fn inline(dice: &mut Dice) -> String {
    dice.pick(&INLINE).to_owned()
}

/// A value in a section of variables.
pub(super) fn rest_of_line(dice: &mut Dice) -> String {
    if dice.chance(50) { dice.pick(&REST).to_owned() } else { inline(dice) }
}
