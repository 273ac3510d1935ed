//! The report as one HTML file for people: it loads nothing, and what a host or an inventory says stays text.
//!
//! `page.html` is the template: it escapes every value by itself, and values come out of `escape` before. Summary and
//! findings stand in the page and need no script; `page.js` draws the matrix of `matrix` and filters. `sheet.html` is the
//! checklist, in the same style.

mod content;
mod finding;
mod matrix;
mod rest;
mod voice;

use std::{collections::BTreeMap, sync::LazyLock};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use minijinja::{AutoEscape, Environment, Value, context, syntax::SyntaxConfig, value::Serde};
use sha2::{Digest as _, Sha256};

use super::{Report, checklist::Sheet, escape};
use crate::{catalog::Catalog, text::Lang};
use content::Content;
pub(in crate::report) use matrix::Kind;
use voice::{SHEET_WORDS, Voice};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const SHEET_STYLE: &str = include_str!("sheet.css");
const PAGE: &str = "page.html";
const SHEET: &str = "sheet.html";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).build();
    templates.set_syntax(syntax.expect("the delimiters are Jinja's own"));
    for (name, text) in [(PAGE, include_str!("page.html")), (SHEET, include_str!("sheet.html"))] {
        templates.add_template(name, text).expect("the template is part of the program and well-formed");
    }
    templates
});

/// Renders `report`, at first in `lang`; a reader may switch, unless the report holds one language only. `catalog` tells
/// which phases a check guards; what it does not know counts for all of them.
#[must_use]
pub fn render(report: &Report, catalog: &Catalog, lang: Lang) -> String {
    let voice = Voice::new(report, lang);
    let content = Content::new(report, catalog, voice);
    let data = escape_data(&content.matrix.json());
    let page = context! {
        data,
        content => Value::from(Serde(content)),
        style => STYLE,
        script => SCRIPT,
        policy => policy(&[STYLE], &[SCRIPT]),
        version => env!("CARGO_PKG_VERSION"),
    };
    fill(PAGE, page)
}

/// Renders the checklist of `report` in `lang`: a page to print and sign, in one language, without a script.
#[must_use]
pub fn render_checklist(report: &Report, lang: Lang) -> String {
    let words = SHEET_WORDS.map(|(name, word)| (name, word.get(lang)));
    let page = context! {
        lang => Value::from(Serde(lang)),
        sheet => Value::from(Serde(Sheet::new(report, lang))),
        words => words.into_iter().collect::<BTreeMap<_, _>>(),
        styles => [STYLE, SHEET_STYLE],
        policy => policy(&[STYLE, SHEET_STYLE], &[]),
        version => env!("CARGO_PKG_VERSION"),
    };
    fill(SHEET, page)
}

fn fill(name: &str, content: Value) -> String {
    // A template names only what its content has, and no expression in it can fail.
    TEMPLATES.get_template(name).and_then(|template| template.render(content)).expect("the template fits its content")
}

/// What the browser may do with the page: its own style and script, and nothing from anywhere.
fn policy(styles: &[&str], scripts: &[&str]) -> String {
    let hash = |text: &&str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())));
    let allowed = |texts: &[&str]| match texts {
        [] => "'none'".to_owned(),
        texts => texts.iter().map(hash).collect::<Vec<_>>().join(" "),
    };
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        allowed(styles),
        allowed(scripts)
    )
}

/// JSON that ends no script and opens no comment, whatever its strings say.
fn escape_data(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SCRIPT, SHEET_STYLE, STYLE, escape_data};

    #[test]
    fn style_and_script_end_where_they_should_and_name_no_address() {
        for text in [STYLE, SHEET_STYLE, SCRIPT] {
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
