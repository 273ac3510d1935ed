//! The environments: one writes values as they are, the other quotes each for the shell.

use std::sync::LazyLock;

use minijinja::{Environment, Error, State, UndefinedBehavior, Value, syntax::SyntaxConfig};

use super::{JinjaError, filters, lookups, quoting, tests};

/// The one template of a template's own environment.
pub(super) const TEMPLATE_NAME: &str = "template";
/// Instructions that one evaluation may take.
const FUEL: u64 = 5_000_000;

static TEXT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = base();
    env.set_formatter(|out, _, value| quoting::write_text(out, value).map_err(Into::into));
    env
});

static SHELL: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = base();
    env.set_formatter(|out, _, value| quoting::write_shell(out, value).map_err(Into::into));
    env
});

static VARIABLE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = base();
    let mut syntax = SyntaxConfig::builder();
    // As Ansible sets Jinja up.
    let syntax = syntax.keep_trailing_newline(true).trim_blocks(true);
    env.set_syntax(syntax.build().expect("the delimiters are Jinja's own"));
    env.set_formatter(|out, _, value| quoting::write_python(out, value).map_err(Into::into));
    filters::register_for_variables(&mut env);
    lookups::register(&mut env);
    env
});

/// For variables of an inventory.
pub(super) fn variable() -> &'static Environment<'static> {
    &VARIABLE
}

/// For text.
pub(super) fn text() -> &'static Environment<'static> {
    &TEXT
}

/// For shell text.
pub(super) fn shell() -> &'static Environment<'static> {
    &SHELL
}

/// A copy of `env` (cheap: filters and tests are shared) that holds `source` as its one template.
pub(super) fn with_template(
    env: &'static Environment<'static>,
    source: &str,
) -> Result<Environment<'static>, JinjaError> {
    let mut env = env.clone();
    env.add_template_owned(TEMPLATE_NAME, source.to_owned())?;
    Ok(env)
}

fn base() -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    // Only so does the engine name what was undefined.
    env.set_debug(true);
    let mut syntax = SyntaxConfig::builder();
    env.set_syntax(syntax.keep_trailing_newline(true).build().expect("the delimiters are Jinja's own"));
    env.set_unknown_method_callback(method);
    filters::register(&mut env);
    tests::register(&mut env);
    env.add_function("range", minijinja::functions::range);
    env.add_function("dict", minijinja::functions::dict);
    env.add_function("namespace", minijinja::functions::namespace);
    env
}

/// Python's methods of texts, lists and mappings.
fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    let all = [std::slice::from_ref(value), args].concat();
    match name {
        // What is joined is the argument.
        "join" => filters::refuse_growth(name, &all.into_iter().rev().collect::<Vec<_>>())?,
        "format" => filters::refuse_growth("format()", &all)?,
        _ => filters::refuse_growth(name, &all)?,
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args)
}
