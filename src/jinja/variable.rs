//! Templates in variables of an inventory, rendered as Ansible renders them.

use minijinja::{Value, value::ValueKind};

use super::{
    Jinja, JinjaError,
    compiled::{Expression, Form, Template},
    engine::{Dialect, compile_template, is_constant, kept_or},
    environment::{self, TEMPLATE_NAME},
    lexer::{Part, Token, TokenKind, parts},
    quoting,
};

/// Bytes of text that a variable may come to.
const MAX_TEXT: usize = 1 << 20;
/// Items of a list that a variable may come to.
const MAX_ITEMS: usize = 100_000;
/// Filters whose result stays text even where it looks like data.
const TEXT_FILTERS: [&str; 7] = ["string", "to_json", "to_nice_json", "to_yaml", "to_nice_yaml", "ppretty", "json"];
/// Collections whose filters and tests are known by their last name.
const COLLECTIONS: [&str; 4] = ["ansible.builtin.", "ansible.legacy.", "ansible.utils.", "ansible.netcommon."];

/// What the template of a variable comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Rendered {
    /// A list or mapping.
    Data(Value),
    /// Text; where it looks like a list, a mapping, `True` or `False`, Ansible makes that of it.
    Text(String),
    /// Text that stays text.
    Plain(String),
}

impl Jinja {
    /// Checks the template of a variable and compiles it: Ansible's lookups are known there, backslashes in the quotes of
    /// `{{ }}` stand for themselves, and filters may be called by their full names (`ansible.builtin.combine`).
    ///
    /// # Errors
    /// What is wrong; places are those in the source where they are known.
    pub fn variable_template(&self, source: &str) -> Result<Template, JinjaError> {
        if is_constant(source) {
            return Ok(Template::new(source, Form::Constant));
        }
        kept_or(&self.variables, source, || {
            let bare = source.strip_suffix('\n').unwrap_or(source);
            let meant = doubled_backslashes(&short_names(bare));
            compile_template(source, &meant, Dialect::Variable)
                .map_err(|error| if *bare == meant { error } else { error.without_place() })
        })
    }

    /// Renders the template of a variable.
    ///
    /// # Errors
    /// An undefined value, a wrong type, or more than the bounded work, text and items.
    pub fn render_variable(&self, template: &Template, scope: &Value) -> Result<Rendered, JinjaError> {
        let source = template.source();
        match &template.compiled().form {
            Form::Constant => Ok(Rendered::Plain(source.to_owned())),
            Form::Expression { before, expression, after } => {
                let value =
                    self.evaluate(expression, scope).or_else(|error| otherwise_nothing(expression, scope, error))?;
                let alone = before.is_empty() && after.trim().is_empty();
                if alone && matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) {
                    return data(&value).map(Rendered::Data);
                }
                let mut text = Bounded(before.clone());
                quoting::write_python(&mut text, &value).map_err(|_| too_much_text())?;
                let text = as_many_line_ends(source, text.0 + after);
                let plain = alone && after.is_empty() && ends_in_text_filter(expression.source());
                Ok(if plain { Rendered::Plain(text) } else { Rendered::Text(text) })
            }
            Form::Program(program) => {
                let mut text = Bounded(String::new());
                let compiled = program.text.get_template(TEMPLATE_NAME).map_err(JinjaError::from)?;
                let rendered = compiled.render_captured_to(scope.clone(), &mut text);
                rendered.map(drop).map_err(|error| JinjaError::from(error).without_place())?;
                Ok(Rendered::Text(as_many_line_ends(source, text.0)))
            }
        }
    }
}

/// Nothing where an expression is an `if` without `else` that does not hold: the only undefined value that may be
/// written.
fn otherwise_nothing(expression: &Expression, scope: &Value, error: JinjaError) -> Result<Value, JinjaError> {
    if error.undefined.is_some() || !expression.source().contains("if") {
        return Err(error);
    }
    let written = format!("{{{{ {} }}}}", expression.source());
    let written = environment::with_template(environment::variable(), &written)?;
    match written.get_template(TEMPLATE_NAME).and_then(|template| template.render(scope.clone())) {
        Ok(text) if text.is_empty() => Ok(Value::from(text)),
        _ => Err(error),
    }
}

/// Lists of anything as lists; a mapping as it is.
fn data(value: &Value) -> Result<Value, JinjaError> {
    if value.kind() == ValueKind::Map {
        return Ok(value.clone());
    }
    let items: Vec<Value> = value.try_iter()?.take(MAX_ITEMS + 1).collect();
    if items.len() > MAX_ITEMS {
        return Err(JinjaError::new(format!("the list has more than {MAX_ITEMS} items")));
    }
    if items.iter().any(Value::is_undefined) {
        return Err(JinjaError::new("an item of the list is undefined"));
    }
    match items.iter().find_map(JinjaError::carried_by) {
        Some(error) => Err(error),
        None => Ok(Value::from(items)),
    }
}

fn too_much_text() -> JinjaError {
    JinjaError::new(format!("more than {MAX_TEXT} bytes of text: the evaluation was stopped"))
}

/// Text up to its bound.
struct Bounded(String);

impl std::fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() + text.len() > MAX_TEXT {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(std::io::Error::other)?;
        std::fmt::Write::write_str(self, text).map_err(|_| std::io::Error::other(too_much_text()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Ansible gives back the line ends that Jinja takes from the end.
fn as_many_line_ends(source: &str, mut text: String) -> String {
    let count = |text: &str| text.len() - text.trim_end_matches('\n').len();
    let missing = count(source).saturating_sub(count(&text));
    text.extend(std::iter::repeat_n('\n', missing));
    text
}

/// Backslashes in the quotes of `{{ }}` are doubled, as Ansible does it, so that `'\1'` is a group.
fn doubled_backslashes(source: &str) -> String {
    if !source.contains('\\') {
        return source.to_owned();
    }
    let values = parts(source).into_iter().filter(|part| matches!(part, Part::Value { .. }));
    let texts = values.flat_map(|part| part.tokens().to_vec()).filter(|token| token.kind == TokenKind::Text);
    replaced(source, texts.map(|token| (token.range.clone(), source[token.range].replace('\\', "\\\\"))))
}

/// Filters and tests by their last names.
fn short_names(source: &str) -> String {
    if !source.contains("ansible.") {
        return source.to_owned();
    }
    let parts = parts(source);
    let tokens = parts.iter().flat_map(|part| {
        let tokens = part.tokens();
        (1..tokens.len()).filter(|at| names_something(source, tokens, *at)).map(|at| tokens[at].range.start)
    });
    let prefix = |start: usize| COLLECTIONS.iter().find(|prefix| source[start..].starts_with(**prefix));
    let found: Vec<_> = tokens.filter_map(|start| prefix(start).map(|prefix| start..start + prefix.len())).collect();
    // Blanks of the same length: places stay what they are.
    replaced(source, found.into_iter().map(|range| (range.clone(), " ".repeat(range.len()))))
}

/// Whether at `at` stands the name of a filter or a test.
fn names_something(source: &str, tokens: &[Token], at: usize) -> bool {
    let is = |at: usize| tokens[at].is_name(source, "is");
    let before = &tokens[at - 1];
    before.is('|') || is(at - 1) || (before.is_name(source, "not") && at > 1 && is(at - 2))
}

fn replaced(source: &str, pieces: impl Iterator<Item = (std::ops::Range<usize>, String)>) -> String {
    let mut out = String::with_capacity(source.len() + 8);
    let mut at = 0;
    for (range, text) in pieces {
        out.push_str(&source[at..range.start]);
        out.push_str(&text);
        at = range.end;
    }
    out + &source[at..]
}

/// Whether the last thing that an expression does is a filter that makes text.
fn ends_in_text_filter(source: &str) -> bool {
    let part = Part::expression(source);
    let mut depth = 0_usize;
    let mut filter = None;
    for (at, token) in part.tokens().iter().enumerate() {
        match token.kind {
            TokenKind::Sign('(' | '[' | '{') => depth += 1,
            TokenKind::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            TokenKind::Sign('|') => filter = part.tokens().get(at + 1),
            // After a filter comes its name and nothing else but arguments.
            TokenKind::Sign('.') | TokenKind::Text | TokenKind::Number => {}
            TokenKind::Name if !is_operator(&source[token.range.clone()]) => {}
            _ => return false,
        }
    }
    filter.is_some_and(|token| TEXT_FILTERS.contains(&&source[token.range.clone()]))
}

fn is_operator(word: &str) -> bool {
    ["not", "and", "or", "in", "is", "if", "else"].contains(&word)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn backslashes_in_values_stand_for_themselves() {
        assert_eq!(
            doubled_backslashes(r"a\b {{ x | f('\1') }} {% if y == '\1' %}\{% endif %}"),
            r"a\b {{ x | f('\\1') }} {% if y == '\1' %}\{% endif %}"
        );
    }

    #[test]
    fn full_names_are_shortened_in_place() {
        let source = "{{ a | ansible.builtin.combine(ansible.b) is not ansible.utils.in_network }}";
        let short = "{{ a |                 combine(ansible.b) is not               in_network }}";
        assert_eq!(short_names(source), short);
    }

    #[test]
    fn the_last_filter_decides() {
        for (source, expected) in [
            ("a | string", true),
            ("a.b[c] | default({}) | to_json(indent=2)", true),
            ("a | string | from_json", false),
            ("'x' ~ a | string", false),
            ("a | string if b else c", false),
            ("(a | string)", false),
            ("a", false),
        ] {
            assert_eq!(ends_in_text_filter(source), expected, "{source}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_source_makes_it_panic(source in "[ a-z{}%#'\"|.()\\[\\]\n\\\\-]{0,40}") {
            let jinja = Jinja::new();
            for source in [source.clone(), format!("{{{{ {source} }}}}"), format!("{{{{ a | ansible.builtin.{source}")] {
                if let Ok(template) = jinja.variable_template(&source) {
                    let _ = jinja.render_variable(&template, &Value::from(()));
                }
            }
        }
    }
}
