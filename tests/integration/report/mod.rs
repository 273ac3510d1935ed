//! What the reports look like, and what must hold for all of them.

mod browser;
mod checklist;
mod checkstyle;
mod fleet;
mod github;
mod gitlab;
mod hostile;
mod html;
mod html_in_browser;
mod json;
mod junit;
mod markdown;
mod nagios;
mod ndjson;
mod prometheus;
mod readers;
mod sarif;
mod saved;
mod standing;
mod tap;
mod terminal;

/// A snapshot of a whole document, with the version masked.
fn snapshot(name: &str, text: &str) {
    let filters = vec![(env!("CARGO_PKG_VERSION"), "[version]")];
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, filters => filters}, {
        insta::assert_snapshot!(name, text);
    });
}
