//! Regular expressions of `~` patterns: Python's `re.match`, told to the engine that is here.

use fancy_regex::{Regex, RegexBuilder};

/// How often an expression may go back before it counts as too complex.
const BACKTRACK_LIMIT: usize = 200_000;

/// The expression, anchored at the beginning; nothing where it is none.
pub(super) fn compile(expression: &str) -> Option<Regex> {
    let translated = format!("\\A(?:{})", translate(expression));
    RegexBuilder::new(&translated).backtrack_limit(BACKTRACK_LIMIT).build().ok()
}

/// Spells what both engines know but spell, or understand, in another way.
fn translate(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len());
    let mut chars = expression.chars().peekable();
    // How many characters of the bracket were seen; none outside of one.
    let mut class: Option<usize> = None;
    while let Some(c) = chars.next() {
        match (class, c) {
            (_, '\\') => {
                out.push('\\');
                match chars.next() {
                    Some('Z') => out.push('z'),
                    Some(escaped) => out.push(escaped),
                    None => {}
                }
                class = class.map(|seen| seen + 1);
            }
            (None, '[') => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                class = Some(0);
            }
            (Some(0), ']') => {
                out.push_str("\\]");
                class = Some(1);
            }
            (Some(_), ']') => {
                out.push(']');
                class = None;
            }
            (Some(seen), '[' | '&' | '~') => {
                out.extend(['\\', c]);
                class = Some(seen + 1);
            }
            // Python's `$` also matches before a newline at the end.
            (None, '$') => out.push_str("(?:\\n?\\z)"),
            (seen, c) => {
                out.push(c);
                class = seen.map(|seen| seen + 1);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(expression: &str, text: &str) -> bool {
        compile(expression).is_some_and(|regex| regex.is_match(text).unwrap_or(false))
    }

    #[test]
    fn expressions_mean_what_they_mean_in_python() {
        let yes = [
            ("(web|db)", "web01"),
            ("(?i)WEB0", "web01"),
            (".*0[12].*", "web02.x"),
            ("web(?!02)", "web01"),
            ("[]a]", "]"),
            ("[[]", "["),
            ("web$", "web"),
            (r"a\Z", "a"),
            ("[a&&b]", "&"),
            ("", "anything"),
            (r"(?P<x>a)\1", "aa"),
        ];
        let no = [("eb", "web"), ("web(?!02)", "web02"), ("web$", "web1"), ("[^a]", "a")];
        assert_eq!(
            yes.iter().filter(|(regex, text)| !matches(regex, text)).collect::<Vec<_>>(),
            Vec::<&(&str, &str)>::new()
        );
        assert_eq!(
            no.iter().filter(|(regex, text)| matches(regex, text)).collect::<Vec<_>>(),
            Vec::<&(&str, &str)>::new()
        );
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        let refused: Vec<_> = ["(", "[", "(?<"].into_iter().filter(|text| compile(text).is_none()).collect();
        assert_eq!(refused, ["(", "[", "(?<"]);
    }
}
