//! The report as Checkstyle XML, which many review tools read.

use indexmap::IndexMap;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, Event},
};

use super::{
    Report,
    account::some_file,
    escape,
    issues::{self, Issue, Level},
};
use crate::text::Lang;

/// The version of Checkstyle whose format this is; readers do not look at it, but want one.
const CHECKSTYLE: &str = "8.0";

/// Renders `report` with its messages in `lang`.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "it cannot: see inside")]
pub fn render(report: &Report, lang: Lang) -> String {
    let somewhere = some_file(report);
    let mut files: IndexMap<String, Vec<Issue<'_>>> = IndexMap::new();
    for issue in issues::of(report, lang) {
        let file = issue.location.map(|location| escape::line(&location.file.to_string_lossy()));
        files.entry(file.unwrap_or_else(|| somewhere.clone())).or_default().push(issue);
    }
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Only a writer can fail, and memory does not; what is written are strings.
    write(&mut writer, &files).expect("XML is written into memory");
    String::from_utf8(writer.into_inner()).expect("XML of strings is UTF-8") + "\n"
}

fn write(writer: &mut Writer<Vec<u8>>, files: &IndexMap<String, Vec<Issue<'_>>>) -> std::io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = BytesStart::new("checkstyle").with_attributes([("version", CHECKSTYLE)]);
    writer.write_event(Event::Start(root))?;
    for (name, issues) in files {
        let file = BytesStart::new("file").with_attributes([("name", name.as_str())]);
        writer.write_event(Event::Start(file))?;
        for issue in issues {
            writer.write_event(Event::Empty(error(issue)))?;
        }
        writer.write_event(Event::End(BytesEnd::new("file")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("checkstyle")))
}

fn error(issue: &Issue<'_>) -> BytesStart<'static> {
    let mut error = BytesStart::new("error");
    if let Some(location) = issue.location {
        error.push_attribute(("line", location.line.to_string().as_str()));
        error.push_attribute(("column", location.column.to_string().as_str()));
    }
    error.push_attribute(("severity", severity(issue.level)));
    error.push_attribute(("message", issue.message.as_str()));
    error.push_attribute(("source", format!("{}.{}", env!("CARGO_PKG_NAME"), issue.check).as_str()));
    error
}

/// Checkstyle has no word for what could not be judged: it is a warning, and its message says what it is.
fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Unknown | Level::Warning => "warning",
        Level::Notice => "info",
    }
}
