//! Where in a shell text a value may stand: only where the quotes around it are quotes to the shell.
//!
//! Inside `"..."` single quotes are plain characters, a comment ends at a value's line end, and so on: a value there
//! could become code. This reader follows the shell's quoting through the text and refuses such places.

use std::{iter::Peekable, ops::Range};

use super::{
    JinjaError,
    lexer::{Part, TokenKind},
};

/// What surrounds a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    /// Words of commands; in parentheses of their own where true.
    Words(bool),
    Double,
    Single,
    Comment,
    Backticks,
    /// `$((...))`, with so many parentheses open inside.
    Arithmetic(usize),
    /// `${...}`.
    Parameter,
}

/// A character of the text, or a value.
#[derive(Debug, Clone)]
enum Item {
    Char(char),
    Value(Range<usize>),
}

/// Checks every value's place.
///
/// # Errors
/// The first value that stands where quoting does not hold, or that is quoted a second time.
pub(super) fn check(source: &str, parts: &[Part]) -> Result<(), JinjaError> {
    parts.iter().try_for_each(|part| no_second_quoting(source, part))?;
    let items = parts.iter().flat_map(|part| match part {
        Part::Text(range) => source[range.clone()].chars().map(Item::Char).collect(),
        Part::Value { outer, .. } => vec![Item::Value(outer.clone())],
        Part::Tag { .. } => Vec::new(),
    });
    Reader {
        source,
        items: items.peekable(),
        around: vec![Around::Words(false)],
        before: None,
        heredocs: Vec::new(),
        word: String::new(),
        lost: false,
    }
    .run()
}

fn no_second_quoting(source: &str, part: &Part) -> Result<(), JinjaError> {
    let Part::Value { tokens, .. } = part else { return Ok(()) };
    let quote = tokens.windows(2).rev().find(|pair| pair[0].is('|') && pair[1].kind == TokenKind::Name);
    match quote {
        Some(pair) if pair[1].is_name(source, "quote") => {
            Err(JinjaError::at(source, pair[1].range.clone(), "values in shell text are quoted already")
                .with_hint("leave `| quote` out"))
        }
        _ => Ok(()),
    }
}

/// A here-document.
#[derive(Debug)]
struct Heredoc {
    /// The line that ends it.
    end: String,
    /// Tabs at the beginning of lines do not count.
    tabs: bool,
    /// The body is taken as it is.
    literal: bool,
}

struct Reader<'s, I: Iterator<Item = Item>> {
    source: &'s str,
    items: Peekable<I>,
    around: Vec<Around>,
    before: Option<char>,
    /// Here-documents that begin after this line.
    heredocs: Vec<Heredoc>,
    /// The letters since the last blank or sign.
    word: String,
    /// Something came that shells do not agree on, or that needs a whole parser: nothing behind it is known.
    lost: bool,
}

impl<I: Iterator<Item = Item>> Reader<'_, I> {
    fn run(mut self) -> Result<(), JinjaError> {
        while let Some(item) = self.items.next() {
            match item {
                Item::Value(range) => {
                    self.value(&range)?;
                    self.before = Some('v');
                }
                Item::Char(c) => {
                    let before = self.before.replace(c);
                    self.character(c, before)?;
                }
            }
        }
        Ok(())
    }

    fn innermost(&self) -> Around {
        self.around.last().copied().unwrap_or(Around::Words(false))
    }

    fn value(&mut self, range: &Range<usize>) -> Result<(), JinjaError> {
        let place = match self.innermost() {
            _ if self.lost => Some((
                "behind `$'...'`, `<<<`, `((`, quotes inside ${...} or $((...)), `case` inside $(...), or other text that shells read in different ways",
                "put it before them, or give it to a variable first: v={{ value }}",
            )),
            _ if self.around.contains(&Around::Backticks) => Some(("in backticks", "use $(...) instead")),
            Around::Double => Some(("in double quotes", UNQUOTE)),
            Around::Single => {
                Some(("in single quotes", "write it outside of them, or pass it on: sh -c '... \"$1\"' sh {{ value }}"))
            }
            Around::Comment => Some(("in a comment", "a line end in the value would end the comment")),
            Around::Arithmetic(_) => Some(("in arithmetic", "give it to a variable first: n={{ value }}")),
            Around::Parameter => Some(("in ${...}", "give it to a variable first: v={{ value }}")),
            Around::Backticks => None,
            Around::Words(_) => self.beside(),
        };
        match place {
            Some((place, hint)) => Err(JinjaError::at(
                self.source,
                range.clone(),
                format!("a value {place} would not stay one word of the shell"),
            )
            .with_hint(hint)),
            None => Ok(()),
        }
    }

    /// A neighbour that would change what the value's quotes mean.
    fn beside(&mut self) -> Option<(&'static str, &'static str)> {
        match (self.before, self.items.peek()) {
            (Some('\\'), _) => Some(("after a backslash", "leave the backslash out: values are quoted already")),
            (Some('$'), _) => Some(("after a dollar sign", "leave the dollar sign out")),
            (_, Some(Item::Char('<' | '>'))) => Some(("right before a redirection", "put a blank between them")),
            _ => None,
        }
    }

    fn character(&mut self, c: char, before: Option<char>) -> Result<(), JinjaError> {
        match self.innermost() {
            Around::Single if c == '\'' => self.leave(),
            Around::Comment if c == '\n' => {
                self.leave();
                return self.line_end();
            }
            Around::Single | Around::Comment => {}
            _ if c == '\\' => self.skip(before),
            Around::Backticks if c == '`' => self.leave(),
            _ if c == '`' => self.around.push(Around::Backticks),
            _ if c == '$' => self.dollar(),
            Around::Double if c == '"' => self.leave(),
            Around::Parameter | Around::Arithmetic(_) if matches!(c, '"' | '\'') => self.lost = true,
            Around::Arithmetic(_) if c == '#' => self.lost = true,
            Around::Parameter if c == '}' => self.leave(),
            Around::Arithmetic(depth) => self.arithmetic(c, depth),
            Around::Double | Around::Parameter => {}
            Around::Words(_) | Around::Backticks => return self.in_words(c, before),
        }
        Ok(())
    }

    fn in_words(&mut self, c: char, before: Option<char>) -> Result<(), JinjaError> {
        self.follow_word(c);
        match c {
            '\'' => self.around.push(Around::Single),
            '"' => self.around.push(Around::Double),
            '#' if before.is_none_or(|before| before.is_whitespace() || ";|&()`".contains(before)) => {
                self.around.push(Around::Comment);
            }
            '(' => {
                // Arithmetic to some shells, two subshells to others.
                self.lost |= before == Some('(');
                self.around.push(Around::Words(true));
            }
            ')' if self.innermost() == Around::Words(true) => self.leave(),
            '<' if before == Some('<') => self.heredoc(),
            '\n' => return self.line_end(),
            _ => {}
        }
        Ok(())
    }

    /// In arithmetic: its end is two parentheses together; a single one means that these were commands after all.
    fn arithmetic(&mut self, c: char, depth: usize) {
        self.around.pop();
        match c {
            '(' => self.around.push(Around::Arithmetic(depth + 1)),
            ')' if depth > 0 => self.around.push(Around::Arithmetic(depth - 1)),
            ')' => self.lost |= self.items.next_if(|item| matches!(item, Item::Char(')'))).is_none(),
            _ => self.around.push(Around::Arithmetic(depth)),
        }
    }

    /// The patterns of `case` end with a parenthesis that has no partner: harmless outside of parentheses, but inside
    /// them it hides where they end.
    fn follow_word(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || c == '_' {
            self.word.push(c);
        } else {
            let inside = self.around.contains(&Around::Words(true)) || self.around.contains(&Around::Backticks);
            self.lost |= inside && self.word == "case";
            self.word.clear();
        }
    }

    /// Where a substitution or a subshell ends before the bodies of its here-documents, shells look for these elsewhere.
    fn leave(&mut self) {
        let left = self.around.pop();
        self.lost |= !self.heredocs.is_empty() && matches!(left, Some(Around::Words(true) | Around::Backticks));
    }

    /// What a backslash protects; a value there is refused by [`Self::beside`], so it is left. A line end behind it is
    /// as if it were not there.
    fn skip(&mut self, before: Option<char>) {
        match self.items.peek() {
            Some(Item::Char('\n')) => self.before = before,
            Some(Item::Char(_)) => self.before = Some('x'),
            _ => return,
        }
        self.items.next();
    }

    fn dollar(&mut self) {
        let next = match self.items.peek() {
            Some(Item::Char(c)) => *c,
            _ => return,
        };
        let around = match next {
            '(' => Around::Words(true),
            '{' => Around::Parameter,
            // The name of a parameter, whatever it means elsewhere.
            '$' | '#' | '?' | '!' | '@' | '*' | '-' => {
                self.items.next();
                self.before = Some('x');
                return;
            }
            '\'' | '[' => {
                // `$'...'` and `$[...]` are quotes and arithmetic to some shells only.
                self.lost |= self.innermost() != Around::Double || next == '[';
                return;
            }
            _ => return,
        };
        self.items.next();
        self.before = Some('x');
        let doubled = next == '(' && self.items.next_if(|item| matches!(item, Item::Char('('))).is_some();
        self.around.push(if doubled { Around::Arithmetic(0) } else { around });
    }

    /// Behind `<<`: the word that ends the here-document, as people write it (`END`, `'END'`, `"END"`, `\\END`).
    fn heredoc(&mut self) {
        self.before = Some('x');
        let tabs = self.items.next_if(|item| matches!(item, Item::Char('-'))).is_some();
        while self.items.next_if(|item| matches!(item, Item::Char(' ' | '\t'))).is_some() {}
        let mut word = String::new();
        let in_word = |item: &Item| matches!(item, Item::Char(c) if !c.is_whitespace() && !";|&()<>".contains(*c));
        while let Some(Item::Char(c)) = self.items.next_if(in_word) {
            word.push(c);
        }
        let bare = ['\'', '"'].iter().find_map(|quote| word.strip_prefix(*quote)?.strip_suffix(*quote));
        let end = bare.or_else(|| word.strip_prefix('\\')).unwrap_or(&word);
        // Also `<<<`, which only some shells know.
        let plain = !end.is_empty() && end.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        self.lost |= !plain;
        self.heredocs.push(Heredoc { end: end.to_owned(), tabs, literal: end != word });
    }

    /// The bodies of the here-documents that were opened on the line that ends here.
    fn line_end(&mut self) -> Result<(), JinjaError> {
        for heredoc in std::mem::take(&mut self.heredocs) {
            let mut line = String::new();
            for item in self.items.by_ref() {
                match item {
                    Item::Value(range) => return Err(in_heredoc(self.source, range)),
                    Item::Char('\n') if heredoc.ends_with(&line) => break,
                    Item::Char('\n') => {
                        self.lost |= heredoc.expands(&line);
                        line.clear();
                    }
                    Item::Char(c) => line.push(c),
                }
            }
        }
        Ok(())
    }
}

fn in_heredoc(source: &str, range: Range<usize>) -> JinjaError {
    let message = "a value in a here-document would not stay one word of the shell";
    JinjaError::at(source, range, message).with_hint("print it instead: printf '%s\\n' {{ value }}")
}

impl Heredoc {
    fn ends_with(&self, line: &str) -> bool {
        let line = if self.tabs { line.trim_start_matches('\t') } else { line };
        line == self.end
    }

    /// Whether a line of the body may reach over its end, so that the end of the whole is not sure.
    fn expands(&self, line: &str) -> bool {
        !self.literal && (line.ends_with('\\') || line.contains('`') || line.contains("$(") || line.contains("${"))
    }
}

const UNQUOTE: &str = "write it without quotes around it: values are quoted already";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jinja::lexer::parts;

    fn refusal(source: &str) -> Option<String> {
        check(source, &parts(source)).err().map(|error| error.message)
    }

    #[test]
    fn values_stand_where_words_stand() {
        for text in [
            "rm -- {{ path }}",
            "a={{ x }}; echo \"$a\"",
            "for x in {{ list }}; do echo \"$x\"; done",
            "echo \"$(cat {{ x }})\"",
            "case {{ x }} in a) echo 1;; esac",
            "echo a'b'{{ x }}'c' # comment\necho {{ x }}",
            "cat <<'END'\nit's $( nothing\nEND\necho {{ x }}",
            "cat <<'E'\n$(a `b\\\nE\necho {{ x }}",
            "cat <<\\E <<-F\na\nE\n\tF\necho {{ x }}",
            "echo $((1 + 2)) {{ x }} $(((1 + 2) * (3)))",
            "echo \"$(echo $(((1+2))) {{ x }})\"",
            "( (cd {{ x }}) )",
            "echo ${a:-b} {{ x }} $# {{ x }}",
            "echo 'it'\\''s' {{ x }}",
            "{% if a %}echo {{ x }}{% else %}echo b{% endif %}",
            "( cd {{ x }} && ls ) 2>/dev/null",
            "case a in a) echo {{ x }};; esac",
            "a=1 \\\n  b={{ x }}",
            "echo {{ x }} > /tmp/a",
        ] {
            assert_eq!(refusal(text), None, "{text}");
        }
    }

    #[test]
    fn values_stand_nowhere_else() {
        for (text, place) in [
            ("echo \"{{ x }}\"", "in double quotes"),
            ("echo '{{ x }}'", "in single quotes"),
            ("echo $'{{ x }}'", "behind"),
            ("echo $'a\\'b' {{ x }}", "behind"),
            ("echo $[{{ x }}]", "behind"),
            ("echo ${a:-'b'} {{ x }}", "behind"),
            ("echo ${a:-'}'} ' {{ x }} '", "behind"),
            ("echo \"$(case x in a) echo \"foo {{ x }} bar\";; esac)\"", "behind"),
            ("$((echo 'a\"b'); echo {{ x }})", "behind"),
            ("echo a \\\n# {{ x }}", "in a comment"),
            ("`# {{ x }}\n`", "in backticks"),
            ("echo a # {{ x }}", "in a comment"),
            ("echo `cat {{ x }}`", "in backticks"),
            ("echo \"`cat {{ x }}`\"", "in backticks"),
            ("echo $((1 + {{ x }}))", "in arithmetic"),
            ("(( {{ x }} ))", "behind"),
            ("((#)){{ x }}", "behind"),
            ("cat <<< {{ x }}", "behind"),
            ("cat <<E\na\\\nE\n{{ x }}\nE\n{{ x }}", "behind"),
            ("cat <<E\n$(a\nE\n){{ x }}", "behind"),
            ("cat <<$(a)\n$(a)\n{{ x }}", "in a here-document"),
            ("$${a:-cat <<E\n}{{ x }}", "in a here-document"),
            ("$(cat <<-'E' {{ x }})\\\n{{ x }}", "behind"),
            ("(cat <<E) {{ x }}\nE\n", "behind"),
            ("`cat <<E ;`\nE\n{{ x }}", "behind"),
            ("echo \"$(echo $(((1+2))) \"{{ x }}\")\"", "in double quotes"),
            ("echo ${a:-{{ x }}}", "in ${...}"),
            ("echo \"${a:-{{ x }}}\"", "in ${...}"),
            ("cat <<END\n{{ x }}\nEND", "in a here-document"),
            ("cat <<-'END'\n\ta\n\t{{ x }}\n\tEND", "in a here-document"),
            ("echo \\{{ x }}", "after a backslash"),
            ("echo ${{ x }}", "after a dollar sign"),
            ("echo {{ x }}>/tmp/a", "right before a redirection"),
            ("echo \"a $(echo \"{{ x }}\")\"", "in double quotes"),
        ] {
            let message = refusal(text).unwrap_or_else(|| panic!("{text} was taken"));
            assert!(message.contains(place), "{text}: {message}");
        }
    }

    #[test]
    fn nobody_quotes_twice() {
        assert_eq!(refusal("rm {{ x | quote }}").as_deref(), Some("values in shell text are quoted already"));
        assert_eq!(refusal("rm {{ x | quote | length }}"), None);
    }
}
