//! Patterns as `--limit` takes them.

use super::dice::Dice;

const SINGLE: [&str; 40] = [
    "all",
    "*",
    "web",
    "db",
    "prod",
    "eu",
    "ungrouped",
    "h1",
    "h2",
    "web1",
    "web*",
    "h?",
    "*.example.com",
    "node0[1-3]*",
    "10.0.0.*",
    "~h[12]$",
    "~(web|db)",
    "~.*example.*",
    "~(?i)UPPER",
    "web[0]",
    "all[0]",
    "all[-1]",
    "all[0:1]",
    "all[1:]",
    "prod[0:0]",
    "all[0-1]",
    "web[1:3]",
    "nobody",
    "db-a",
    "db-[ab]",
    "[hw]*",
    "g7",
    "Cache",
    "cache",
    "日本",
    "localhost",
    "~db-[^a]",
    "zz_last",
    "odd-name",
    "h*",
];

/// Some patterns, single and combined.
pub(super) fn some(dice: &mut Dice) -> Vec<String> {
    (0..2).map(|_| pattern(dice)).collect()
}

fn pattern(dice: &mut Dice) -> String {
    let separator = dice.pick(&[",", ":", ", ", " "]);
    let count = dice.within(1..=3);
    let parts: Vec<String> =
        (0..count).map(|_| format!("{}{}", dice.pick(&["", "", "", "&", "!"]), dice.pick(&SINGLE))).collect();
    parts.join(separator)
}

/// Whether a pattern counts hosts.
pub(super) fn has_subscript(pattern: &str) -> bool {
    let brackets = pattern.split('[').skip(1);
    brackets.into_iter().any(|inner| inner.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
}
