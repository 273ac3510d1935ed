//! `explain`: a check or FAQ entry as an operator reads it.

mod page;
mod probe;

use std::process::ExitCode;

use super::{args::ExplainArgs, exit, list, out, style::Painter, ui::Ui};
use crate::{
    catalog::{Catalog, Check, CheckId, Effect, Expression, FaqEntry, FaqId, Phase, RemedySpec},
    nearest::nearest,
    text::Lang,
};
use page::{Page, filled};

/// Prints the explanation of what the arguments name.
pub(super) fn run(args: &ExplainArgs, ui: Ui) -> ExitCode {
    let catalog = match Catalog::load(&args.catalog.checks) {
        Ok(catalog) => catalog,
        Err(errors) => {
            ui.problems(&errors);
            return ExitCode::from(exit::USAGE);
        }
    };
    let page = Page::new(ui.lang(), ui.width(), Painter::with(ui.color_on_stdout()));
    if let Some(text) = find(&catalog, &args.id, page) {
        return exit::after_output(out::print_redacted(&text), exit::CLEAN);
    }
    ui.problem(&unknown(&catalog, &args.id));
    ExitCode::from(exit::USAGE)
}

fn find(catalog: &Catalog, id: &str, page: Page) -> Option<String> {
    let check = id.parse().ok().and_then(|id| catalog.checks.get(&id));
    let entry = id.parse().ok().and_then(|id| catalog.faq.get(&id));
    match (check, entry) {
        (Some(check), _) => Some(explain_check(catalog, check, page)),
        (None, Some(entry)) => Some(explain_entry(catalog, entry, page)),
        (None, None) => None,
    }
}

fn unknown(catalog: &Catalog, id: &str) -> String {
    let ids = catalog.checks.keys().map(CheckId::as_str).chain(catalog.faq.keys().map(FaqId::as_str));
    let hint = match nearest(id, ids) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`hive-preflight list` shows the checks".to_owned(),
    };
    format!("there is no check or FAQ entry `{id}`\nhint: {hint}")
}

fn explain_check(catalog: &Catalog, check: &Check, mut page: Page) -> String {
    let lang = page.lang();
    page.head(check.id.as_str(), check.title.get(lang));
    page.section("Why", "理由").prose(check.why.get(lang));
    where_and_when(check, &mut page);
    match check.verify() {
        Some(_) => drop(page.section("How to verify it by hand", "人による確認方法")),
        None => drop(page.section("What it asks", "何を調べるか")),
    }
    probe::describe(check, &mut page);
    page.section("What it expects", "期待する状態");
    expressions(&check.that, &mut page);
    expectation(check, &mut page);
    page.section("Severity", "重大度").prose(&list::severity(check, lang));
    steps(&check.remedy, &mut page);
    if let Some(entry) = check.faq.as_ref().and_then(|id| catalog.faq.get(id)) {
        page.section("FAQ", "FAQ").line(&format!("{}: {}", entry.id, entry.title.get(lang)));
        page.prose(entry.text.get(lang));
        page.optional(entry.url.as_deref());
    }
    page.finish()
}

/// What a check expects that has no expressions.
fn expectation(check: &Check, page: &mut Page) {
    if check.verify().is_some() {
        let en = "a signature in force in the file of --attest; without --attest it stands in the checklist only";
        let ja = "--attest のファイルに有効な署名がある（--attest を指定しない場合はチェックリストにだけ載ります）";
        page.prose(page.say(en, ja));
    } else if check.rule().is_some() {
        page.prose(page.say("nothing is found that breaks the rule", "規則に反する記述が見つからない"));
    } else if check.that.is_empty() {
        page.prose(page.say("exit status 0 of the plugin", "プラグインの終了ステータスが 0"));
    }
}

fn where_and_when(check: &Check, page: &mut Page) {
    page.section("Where and when", "どこで、いつ");
    page.field("hosts", "対象", &check.hosts.to_string());
    page.field("before", "フェーズ", &phases(&check.phases, page.lang()));
    if !check.when.is_empty() {
        let when: Vec<&str> = check.when.iter().map(Expression::source).collect();
        page.field("only where", "条件", &when.join(", "));
    }
    if let Some(items) = &check.r#loop {
        page.field("once for each of", "繰り返し", &filled(items));
    }
    if !check.needs.is_empty() {
        let needs: Vec<&str> = check.needs.iter().map(CheckId::as_str).collect();
        page.field("needs", "前提", &needs.join(", "));
    }
    if let Some(effect) = effect(check.effect, page) {
        page.field("effect", "影響", effect);
    }
    if !check.tags.is_empty() {
        page.field("tags", "タグ", &check.tags.join(", "));
    }
}

fn phases(phases: &[Phase], lang: Lang) -> String {
    match (phases, lang) {
        ([], Lang::En) => "every phase".to_owned(),
        ([], Lang::Ja) => "すべて".to_owned(),
        (phases, _) => phases.iter().map(|phase| phase.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn effect(effect: Effect, page: &Page) -> Option<&'static str> {
    match effect {
        Effect::None => None,
        Effect::TempFile => {
            Some(page.say("writes one small file and removes it again", "小さなファイルを 1 つ書き、すぐに消します"))
        }
        Effect::Network => Some(page.say("sends packets to other machines", "ほかのマシンにパケットを送ります")),
        Effect::Active => Some(page.say(
            "does more than reading: runs only with --allow-active",
            "読み取り以外のことをします(--allow-active を付けたときだけ実行)",
        )),
    }
}

fn expressions(list: &[Expression], page: &mut Page) {
    for expression in list {
        page.code(expression.source().trim());
    }
}

fn steps(remedy: &[RemedySpec], page: &mut Page) {
    if remedy.is_empty() {
        return;
    }
    page.section("What to do", "対処");
    for (at, step) in remedy.iter().enumerate() {
        page.numbered(at + 1, remedy.len());
        if let Some(text) = &step.text {
            let wording = if page.lang() == Lang::Ja { &text.ja } else { &text.en };
            page.prose(&filled(wording));
        }
        if !step.when.is_empty() {
            let when: Vec<&str> = step.when.iter().map(Expression::source).collect();
            page.prose(&format!("{} {}", page.say("only where", "条件:"), when.join(", ")));
        }
        if let Some(command) = &step.command {
            if let Some(on) = &step.on {
                page.prose(&format!("{} {}", page.say("on", "実行する場所:"), filled(on)));
            }
            page.code(&filled(command));
        }
    }
}

fn explain_entry(catalog: &Catalog, entry: &FaqEntry, mut page: Page) -> String {
    let lang = page.lang();
    page.head(entry.id.as_str(), entry.title.get(lang));
    if let Some(message) = &entry.message {
        page.section("What hive prints", "hive の表示").code(message);
    }
    page.section("Explanation", "説明").prose(entry.text.get(lang));
    page.section("When", "いつ").prose(&phases(&entry.phases, lang));
    steps(&entry.remedy, &mut page);
    let checks: Vec<&str> = catalog
        .checks
        .values()
        .filter(|check| check.faq.as_ref() == Some(&entry.id))
        .map(|check| check.id.as_str())
        .collect();
    if !checks.is_empty() {
        page.section("Checked by", "調べるチェック").prose(&checks.join(", "));
    }
    if let Some(url) = &entry.url {
        page.section("Original", "原文").line(url);
    }
    page.finish()
}
