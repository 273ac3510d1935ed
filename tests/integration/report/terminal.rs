//! The report for people.

use hive_preflight::{
    report::{
        Report,
        terminal::{Detail, Options, render},
    },
    text::Lang,
};

use super::fleet;

fn options(lang: Lang, width: usize, detail: Detail) -> Options {
    Options { lang, color: false, width, detail }
}

fn show(report: &Report, lang: Lang, width: usize) -> String {
    render(report, &options(lang, width, Detail::Normal))
}

macro_rules! snapshot {
    ($name:literal, $text:expr) => {
        insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(concat!("terminal-", $name), $text);
        });
    };
}

#[test]
fn all_outcomes_in_both_languages_and_several_widths() {
    let report = fleet::mixed();
    snapshot!("mixed-en-80", show(&report, Lang::En, 80));
    snapshot!("mixed-ja-80", show(&report, Lang::Ja, 80));
    snapshot!("mixed-en-60", show(&report, Lang::En, 60));
    snapshot!("mixed-ja-60", show(&report, Lang::Ja, 60));
    snapshot!("mixed-en-120", show(&report, Lang::En, 120));
    snapshot!("mixed-ja-120", show(&report, Lang::Ja, 120));
}

#[test]
fn quiet_tells_findings_and_the_last_line_and_verbose_everything() {
    let report = fleet::mixed();
    snapshot!("mixed-quiet", render(&report, &options(Lang::En, 80, Detail::Quiet)));
    snapshot!("mixed-verbose-en", render(&report, &options(Lang::En, 80, Detail::Verbose)));
    snapshot!("mixed-verbose-ja", render(&report, &options(Lang::Ja, 80, Detail::Verbose)));
}

#[test]
fn three_hundred_hosts_with_one_finding_take_one_block() {
    snapshot!("many-en", show(&fleet::many(), Lang::En, 80));
    snapshot!("many-ja", show(&fleet::many(), Lang::Ja, 80));
}

#[test]
fn runs_without_findings() {
    snapshot!("clean-en", show(&fleet::clean(), Lang::En, 80));
    snapshot!("clean-ja", show(&fleet::clean(), Lang::Ja, 80));
    snapshot!("nothing-en", show(&fleet::nothing(), Lang::En, 80));
    snapshot!("nothing-ja", show(&fleet::nothing(), Lang::Ja, 80));
    snapshot!("interrupted-en", show(&fleet::interrupted(), Lang::En, 80));
    snapshot!("interrupted-ja", show(&fleet::interrupted(), Lang::Ja, 80));
}

#[test]
fn hostile_texts_are_shown_and_not_obeyed() {
    snapshot!("hostile-en", show(&fleet::hostile(), Lang::En, 80));
}

#[test]
fn colours_change_nothing_but_colours() {
    let report = fleet::mixed();
    let colored = |lang| render(&report, &Options { color: true, ..options(lang, 80, Detail::Normal) });
    snapshot!("mixed-colour-en", colored(Lang::En).replace('\x1b', "␛"));
    snapshot!("mixed-colour-ja", colored(Lang::Ja).replace('\x1b', "␛"));
    let escapes = regex::Regex::new("\x1b\\[[0-9;]*m").expect("a pattern");
    assert_eq!(escapes.replace_all(&colored(Lang::En), ""), show(&report, Lang::En, 80));
    assert_eq!(escapes.replace_all(&colored(Lang::Ja), ""), show(&report, Lang::Ja, 80));
}
