//! Expressions and templates, compiled once. Cheap to clone, freed with their last owner.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use minijinja::Environment;

use super::{JinjaError, environment};

/// An expression of `when`, `that`, `error_when`; its syntax is valid. Equal by its source.
#[derive(Clone)]
pub struct Expression(Arc<CompiledExpression>);

struct CompiledExpression {
    source: String,
    program: minijinja::Expression<'static, 'static>,
}

/// A text with `{{ }}` and `{% %}` in it; its syntax is valid. Equal by its source.
#[derive(Clone)]
pub struct Template(Arc<CompiledTemplate>);

pub(super) struct CompiledTemplate {
    pub(super) source: String,
    pub(super) form: Form,
}

/// How a template is rendered.
pub(super) enum Form {
    /// Nothing to do: the source is the text.
    Constant,
    /// Exactly one `{{ expression }}`, with blanks around it.
    Expression { before: String, expression: Expression, after: String },
    /// Anything else.
    Program(Box<Program>),
}

/// A compiled template for each way of writing values; each environment holds this one template.
pub(super) struct Program {
    pub(super) text: Environment<'static>,
    shell: OnceLock<Environment<'static>>,
    /// What was compiled.
    rewritten: String,
}

impl Expression {
    pub(super) fn new(source: &str, program: minijinja::Expression<'static, 'static>) -> Self {
        Self(Arc::new(CompiledExpression { source: source.to_owned(), program }))
    }

    pub(super) fn program(&self) -> &minijinja::Expression<'static, 'static> {
        &self.0.program
    }

    /// The source text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The names that it looks up in its scope, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.program.undeclared_variables(false).into_iter().collect();
        names.sort();
        names
    }
}

impl Template {
    pub(super) fn new(source: &str, form: Form) -> Self {
        Self(Arc::new(CompiledTemplate { source: source.to_owned(), form }))
    }

    pub(super) fn compiled(&self) -> &CompiledTemplate {
        &self.0
    }

    /// The source text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether it is plain text: rendering gives the source, whatever the scope, at no cost.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        matches!(self.0.form, Form::Constant)
    }

    /// Whether it is exactly one `{{ expression }}`, which keeps its type when it is rendered to a value.
    #[must_use]
    pub fn is_expression(&self) -> bool {
        matches!(self.0.form, Form::Expression { .. })
    }

    /// The names that it looks up in its scope, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        match &self.0.form {
            Form::Constant => Vec::new(),
            Form::Expression { expression, .. } => expression.names(),
            Form::Program(program) => program.names(),
        }
    }
}

impl Program {
    pub(super) fn new(text: Environment<'static>, rewritten: String) -> Self {
        Self { text, shell: OnceLock::new(), rewritten }
    }

    /// The same program, quoting its values; compiled when it is first asked for.
    pub(super) fn shell(&self) -> Result<&Environment<'static>, JinjaError> {
        if let Some(env) = self.shell.get() {
            return Ok(env);
        }
        let env = environment::with_template(environment::shell(), &self.rewritten)?;
        Ok(self.shell.get_or_init(|| env))
    }

    fn names(&self) -> Vec<String> {
        let Ok(template) = self.text.template_from_str(&self.rewritten) else { return Vec::new() };
        let mut names: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        names.sort();
        names
    }
}

impl Default for Template {
    fn default() -> Self {
        Self::new("", Form::Constant)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source()).finish()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.source()).finish()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Expression {}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Template {}
