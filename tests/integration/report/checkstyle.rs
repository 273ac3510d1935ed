//! The report as Checkstyle XML. Checkstyle publishes no schema; readers know two elements and their attributes.

use hive_preflight::{
    report::{Report, checkstyle},
    text::Lang,
};
use quick_xml::{Reader, events::Event};

use super::{fleet, readers::read_by};

/// File, severity, source and message of each error.
fn read(report: &Report, lang: Lang) -> Vec<[String; 4]> {
    let text = checkstyle::render(report, lang);
    read_by("xmllint", &["--noout", "--nonet", "-"], &text);
    let mut reader = Reader::from_str(&text);
    let (mut errors, mut file) = (Vec::new(), String::new());
    loop {
        let (tag, is_empty) = match reader.read_event().expect("XML") {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            Event::Eof => return errors,
            _ => continue,
        };
        let attribute = |name: &str| {
            let found = tag.try_get_attribute(name).expect("attributes");
            found.map(|found| found.normalized_value(quick_xml::XmlVersion::Implicit1_0).expect("a value").into_owned())
        };
        match (tag.name().as_ref(), is_empty) {
            (b"checkstyle", false) => assert!(attribute("version").is_some()),
            (b"file", false) => file = attribute("name").expect("a name"),
            (b"error", true) => {
                let numbers = ["line", "column"].map(|name| attribute(name).map(|text| text.parse::<u32>()));
                assert!(numbers.iter().flatten().all(Result::is_ok), "{numbers:?}");
                let [severity, source, message] =
                    ["severity", "source", "message"].map(|name| attribute(name).expect("each error has it"));
                assert!(["error", "warning", "info", "ignore"].contains(&severity.as_str()), "{severity}");
                errors.push([file.clone(), severity, source, message]);
            }
            other => panic!("readers do not know {other:?}"),
        }
    }
}

#[test]
fn the_document_in_both_languages() {
    super::snapshot("checkstyle-mixed-en", &checkstyle::render(&fleet::mixed(), Lang::En));
    super::snapshot("checkstyle-mixed-ja", &checkstyle::render(&fleet::mixed(), Lang::Ja));
}

#[test]
fn readers_find_every_issue_at_its_file() {
    let errors = read(&fleet::mixed(), Lang::En);
    let count = |severity: &str| errors.iter().filter(|error| error[1] == severity).count();
    assert_eq!((count("error"), count("warning"), count("info")), (3, 2 + 2 + 2, 2));
    assert!(errors.iter().all(|error| error[0] == "inventory/hive.yml"), "{errors:?}");
    assert!(errors.iter().any(|error| error[2] == "hive-preflight.network/conntrack-tools"));
    assert_eq!(read(&fleet::clean(), Lang::En), Vec::<[String; 4]>::new());
}

#[test]
fn hostile_texts_are_attributes_and_nothing_else() {
    for lang in [Lang::En, Lang::Ja] {
        let errors = read(&fleet::hostile(), lang);
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert!(errors[0][3].contains(r"\x1b[2J"), "{errors:?}");
    }
}
