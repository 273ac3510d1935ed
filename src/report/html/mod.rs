//! The report as one HTML file for people: it loads nothing, and what a host or an inventory says stays text.
//!
//! `page.html` is the template: it escapes every value by itself, and values come out of `escape` before. Summary and
//! findings stand in the page and need no script; `page.js` draws the matrix of `matrix` and filters.

mod content;
mod finding;
mod matrix;
mod rest;
mod voice;

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use minijinja::{AutoEscape, Environment, Value, context, syntax::SyntaxConfig, value::Serde};
use sha2::{Digest as _, Sha256};

use super::{Report, escape};
use crate::{catalog::Catalog, text::Lang};
use content::Content;
use voice::Voice;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const PAGE: &str = "page.html";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).build();
    templates.set_syntax(syntax.expect("the delimiters are Jinja's own"));
    templates
        .add_template(PAGE, include_str!("page.html"))
        .expect("the template is part of the program and well-formed");
    templates
});

/// Renders `report`, at first in `lang`; a reader may switch, unless the report holds one language only. `catalog` tells
/// which phases a check guards; what it does not know counts for all of them.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "it cannot: see inside")]
pub fn render(report: &Report, catalog: &Catalog, lang: Lang) -> String {
    let voice = Voice::new(report, lang);
    let content = Content::new(report, catalog, voice);
    let data = escape_data(&content.matrix.json());
    let page = context! {
        data,
        content => Value::from(Serde(content)),
        style => STYLE,
        script => SCRIPT,
        policy => policy(),
        version => env!("CARGO_PKG_VERSION"),
    };
    // The template names only what `Content` has, and no expression in it can fail.
    TEMPLATES.get_template(PAGE).and_then(|template| template.render(page)).expect("the template fits its content")
}

/// What the browser may do with the page: its own style and script, and nothing from anywhere.
fn policy() -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// JSON that ends no script and opens no comment, whatever its strings say.
fn escape_data(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SCRIPT, STYLE, escape_data};

    #[test]
    fn style_and_script_end_where_they_should_and_name_no_address() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--") && !text.contains("://"));
        }
    }

    proptest! {
        #[test]
        fn data_comes_back_and_holds_no_tag(text in any::<String>()) {
            let json = serde_json::to_string(&format!("</script><!--{text}")).expect("a string is JSON");
            let escaped = escape_data(&json);
            prop_assert!(!escaped.contains(['<', '>', '&']));
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).ok(), serde_json::from_str(&json).ok());
        }
    }
}
