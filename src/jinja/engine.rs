//! Compiling and evaluating.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use minijinja::Value;

use super::{
    JinjaError,
    compiled::{Expression, Form, Program, Template},
    environment::{self, TEMPLATE_NAME},
    lexer::{Part, parts},
    names, quoting, shell_text,
};

/// The environment: filters, tests and rules; made once a run and shared.
#[derive(Debug, Default)]
pub struct Jinja {
    /// Templates by their source: variables of many hosts are the same text.
    templates: RwLock<HashMap<Box<str>, Template>>,
    /// The same for variables of an inventory.
    pub(super) variables: RwLock<HashMap<Box<str>, Template>>,
}

/// Tokens of one template. The engine's parser goes down its own stack for each `elif`, filter and sign in a row.
const MAX_TOKENS: usize = 5_000;

/// Templates that are kept; with more, each further one is compiled where it is used.
const KEPT: usize = 8192;

impl Jinja {
    /// An environment with Ansible's filters and tests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks an expression's syntax and the names of its filters, tests and functions, and compiles it.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn expression(&self, source: &str) -> Result<Expression, JinjaError> {
        compile_expression(source)
    }

    /// Checks a template for people's eyes or for single arguments, and compiles it.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn template(&self, source: &str) -> Result<Template, JinjaError> {
        if is_constant(source) {
            return Ok(Template::new(source, Form::Constant));
        }
        kept_or(&self.templates, source, || compile_template(source, source, Dialect::Check))
    }

    /// Checks a template of shell text and compiles it: as [`Self::template`], and every value stands where its
    /// quoting holds (not inside quotes, comments, here-documents, arithmetic or backticks).
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn shell_template(&self, source: &str) -> Result<Template, JinjaError> {
        let template = self.template(source)?;
        shell_text::check(source, &parts(source))?;
        Ok(template)
    }

    /// Evaluates an expression.
    ///
    /// # Errors
    /// An undefined value, a wrong type, or more than the bounded work.
    pub fn evaluate(&self, expression: &Expression, scope: &Value) -> Result<Value, JinjaError> {
        let value =
            expression.program().eval(scope.clone()).map_err(|error| JinjaError::from(error).without_place())?;
        match JinjaError::carried_by(&value) {
            Some(error) => Err(error),
            None if value.is_undefined() => Err(what_was_undefined(expression, scope)),
            None => Ok(value),
        }
    }

    /// Renders text for people and for single arguments: values as they are, nothing for none.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn render(&self, template: &Template, scope: &Value) -> Result<String, JinjaError> {
        let compiled = template.compiled();
        match &compiled.form {
            Form::Constant => Ok(compiled.source.clone()),
            Form::Expression { before, expression, after } => {
                let value = self.evaluate(expression, scope)?;
                let mut text = before.clone();
                quoting::write_text(&mut text, &value)?;
                Ok(text + after)
            }
            Form::Program(program) => run(&program.text, scope),
        }
    }

    /// Renders shell text: every value is quoted for `sh`, lists as separate words. Only for templates of
    /// [`Self::shell_template`], which makes sure that the quoting holds where the values stand.
    ///
    /// # Errors
    /// As [`Self::evaluate`]; also none, a mapping, and text with a NUL byte, which are no words of a shell.
    pub fn render_shell(&self, template: &Template, scope: &Value) -> Result<String, JinjaError> {
        let compiled = template.compiled();
        match &compiled.form {
            Form::Constant => Ok(compiled.source.clone()),
            Form::Expression { before, expression, after } => {
                let value = self.evaluate(expression, scope)?;
                let mut text = before.clone();
                quoting::write_shell(&mut text, &value)?;
                Ok(text + after)
            }
            Form::Program(program) => run(program.shell()?, scope),
        }
    }

    /// Renders to a value: a template that is one `{{ expression }}` keeps its type, everything else is text.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn render_native(&self, template: &Template, scope: &Value) -> Result<Value, JinjaError> {
        match &template.compiled().form {
            Form::Expression { expression, .. } => self.evaluate(expression, scope),
            _ => self.render(template, scope).map(Value::from),
        }
    }
}

/// The error of an expression that came to nothing: asked again in a way in which the engine names what it was.
fn what_was_undefined(expression: &Expression, scope: &Value) -> JinjaError {
    let source = expression.source();
    let asked = compile_expression(&format!("({source}) | mandatory"));
    let told = asked.and_then(|asked| asked.program().eval(scope.clone()).map_err(JinjaError::from));
    told.err().map_or_else(|| JinjaError::undefined(source.trim()), JinjaError::without_place)
}

/// The template of `source` among those that are kept, or a new one.
pub(super) fn kept_or(
    templates: &RwLock<HashMap<Box<str>, Template>>,
    source: &str,
    compile: impl FnOnce() -> Result<Template, JinjaError>,
) -> Result<Template, JinjaError> {
    if let Some(kept) = templates.read().unwrap_or_else(PoisonError::into_inner).get(source) {
        return Ok(kept.clone());
    }
    let template = compile()?;
    let mut kept = templates.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT {
        kept.insert(source.into(), template.clone());
    }
    Ok(template)
}

fn run(env: &minijinja::Environment<'static>, scope: &Value) -> Result<String, JinjaError> {
    let rendered = env.get_template(TEMPLATE_NAME).and_then(|template| template.render(scope.clone()));
    rendered.map_err(|error| JinjaError::from(error).without_place())
}

pub(super) fn is_constant(source: &str) -> bool {
    !source.contains("{{") && !source.contains("{%") && !source.contains("{#")
}

fn compile_expression(source: &str) -> Result<Expression, JinjaError> {
    compile_expression_in(source, Dialect::Check)
}

fn compile_expression_in(source: &str, dialect: Dialect) -> Result<Expression, JinjaError> {
    let env = dialect.environment();
    bounded(&[Part::expression(source)])?;
    // The user's own text first: its errors have their places there.
    env.compile_expression_owned(source.to_owned()).map_err(JinjaError::from)?;
    let part = Part::expression(source);
    names::check(source, &part, dialect)?;
    let rewritten = names::rewrite(source, std::slice::from_ref(&part), dialect);
    let program = env.compile_expression_owned(rewritten).map_err(JinjaError::from)?;
    Ok(Expression::new(source, program))
}

/// Compiles `source`, which the user wrote as `written`.
pub(super) fn compile_template(written: &str, source: &str, dialect: Dialect) -> Result<Template, JinjaError> {
    let env = dialect.environment();
    let parts = parts(source);
    bounded(&parts)?;
    environment::with_template(env, source)?;
    parts.iter().try_for_each(|part| names::check(source, part, dialect))?;
    if let Some(form) = single_expression(source, &parts, dialect)? {
        return Ok(Template::new(written, form));
    }
    let rewritten = names::rewrite(source, &parts, dialect);
    let text = environment::with_template(env, &rewritten)?;
    Ok(Template::new(written, Form::Program(Box::new(Program::new(text, rewritten)))))
}

/// Refuses a source that the engine's parser has no stack for.
fn bounded(parts: &[Part]) -> Result<(), JinjaError> {
    let found = parts.iter().map(|part| part.tokens().len()).sum::<usize>();
    if found > MAX_TOKENS {
        return Err(JinjaError::new(format!(
            "{found} words and signs in one template: at most {MAX_TOKENS} are expected"
        )));
    }
    Ok(())
}

/// The form of a template that is one `{{ expression }}` and nothing but blanks.
fn single_expression(source: &str, parts: &[Part], dialect: Dialect) -> Result<Option<Form>, JinjaError> {
    let blank = |part: &Part| matches!(part, Part::Text(range) if source[range.clone()].trim().is_empty());
    let mut meant = parts.iter().filter(|part| !blank(part));
    let (Some(Part::Value { range, outer, plain: true, .. }), None) = (meant.next(), meant.next()) else {
        return Ok(None);
    };
    let expression =
        compile_expression_in(&source[range.clone()], dialect).map_err(|error| error.shifted(source, range.start))?;
    // Comments leave nothing.
    let blanks = |wanted: fn(usize, usize) -> bool, at: usize| -> String {
        let texts = parts.iter().filter_map(|part| if let Part::Text(range) = part { Some(range) } else { None });
        texts.filter(|range| wanted(range.start, at)).map(|range| &source[range.clone()]).collect()
    };
    let before = blanks(|start, at| start < at, outer.start);
    let after = blanks(|start, at| start > at, outer.start);
    Ok(Some(Form::Expression { before, expression, after }))
}

/// Where a template stands, which decides what may stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// In a check.
    Check,
    /// In a variable of an inventory.
    Variable,
}

impl Dialect {
    fn environment(self) -> &'static minijinja::Environment<'static> {
        match self {
            Self::Check => environment::text(),
            Self::Variable => environment::variable(),
        }
    }
}
