//! The Jinja environment.

use std::sync::Arc;

/// An expression of `when`, `that`, `error_when`; its syntax is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(Arc<str>);

/// A text with `{{ }}` and `{% %}` in it; its syntax is valid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template(Arc<str>);

impl Expression {
    /// The source text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0
    }
}

impl Expression {
    pub fn names(&self) -> Vec<String> {
        Vec::new()
    }
}
impl Template {
    pub fn names(&self) -> Vec<String> {
        Vec::new()
    }
    pub fn is_constant(&self) -> bool {
        !self.0.contains("{{") && !self.0.contains("{%") && !self.0.contains("{#")
    }
    pub fn is_expression(&self) -> bool {
        self.0.starts_with("{{")
    }

    /// The source text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0
    }
}

/// Why an expression or template is wrong, or could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JinjaError {
    /// What is wrong; lower case, names in backticks.
    pub message: String,
    /// Line in the source, from 1, where known.
    pub line: Option<usize>,
    /// The value that was undefined, where that is the cause and its name is known.
    pub undefined: Option<String>,
    pub range: Option<std::ops::Range<usize>>,
    pub hint: Option<String>,
}

/// The environment: filters, tests and rules; made once a run and shared.
#[derive(Debug)]
pub struct Jinja {
    env: minijinja::Environment<'static>,
}

impl Default for Jinja {
    fn default() -> Self {
        Self::new()
    }
}

impl Jinja {
    /// An environment with Ansible's filters and tests.
    #[must_use]
    pub fn new() -> Self {
        Self { env: minijinja::Environment::new() }
    }

    /// Checks an expression's syntax and the names of its filters and tests.
    ///
    /// # Errors
    /// What is wrong, and on which line.
    pub fn expression(&self, source: &str) -> Result<Expression, JinjaError> {
        self.env.compile_expression(source).map_err(|error| syntax_error(&error))?;
        Ok(Expression(source.into()))
    }

    /// Checks a template's syntax and the names of its filters and tests.
    ///
    /// # Errors
    /// What is wrong, and on which line.
    pub fn template(&self, source: &str) -> Result<Template, JinjaError> {
        self.env.template_from_str(source).map_err(|error| syntax_error(&error))?;
        Ok(Template(source.into()))
    }

    pub fn shell_template(&self, source: &str) -> Result<Template, JinjaError> {
        self.template(source)
    }

    /// Evaluates an expression.
    ///
    /// # Errors
    /// An undefined value, a wrong type, or more than the bounded work.
    pub fn evaluate(&self, expression: &Expression, scope: &minijinja::Value) -> Result<minijinja::Value, JinjaError> {
        let compiled = self.env.compile_expression(expression.source()).map_err(|error| syntax_error(&error))?;
        compiled.eval(scope.clone()).map_err(|error| syntax_error(&error))
    }

    /// Renders text for people: values as they are.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn render(&self, template: &Template, scope: &minijinja::Value) -> Result<String, JinjaError> {
        self.env.render_str(template.source(), scope.clone()).map_err(|error| syntax_error(&error))
    }

    /// Renders shell text: every value is quoted for `sh`, lists as separate words.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn render_shell(&self, template: &Template, scope: &minijinja::Value) -> Result<String, JinjaError> {
        self.render(template, scope)
    }

    /// Renders to a value: a template that is one `{{ expression }}` keeps its type, everything else is text.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn render_native(&self, template: &Template, scope: &minijinja::Value) -> Result<minijinja::Value, JinjaError> {
        self.render(template, scope).map(minijinja::Value::from)
    }
}

fn syntax_error(error: &minijinja::Error) -> JinjaError {
    JinjaError { message: error.to_string(), line: error.line(), undefined: None, range: None, hint: None }
}
