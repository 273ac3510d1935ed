//! Every word that the reports add of their own, in both languages, in one table.

use std::time::Duration;

use crate::text::Lang;

/// A word or phrase of the reports. `{n}` stands for a number, `{a}` for a name; `|` parts one from many in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Label: the hosts that a finding speaks of.
    Hosts,
    /// Label: the wanted condition.
    Wanted,
    /// Label: what was found.
    Found,
    /// Label: why it matters.
    Why,
    /// Label: what to do.
    Fix,
    /// Label: the FAQ entry.
    Faq,
    /// Label: where the host is written.
    At,
    /// Heading: failed with severity error.
    Error,
    /// Heading: failed with severity warning.
    Warning,
    /// Heading: failed with severity info.
    Info,
    /// Heading: could not be judged.
    NotJudged,
    /// Heading: could not be reached.
    Unreachable,
    /// Heading: the run ended too early.
    Unfinished,
    /// Heading: passed.
    Passed,
    /// Heading: waits for something that did not pass.
    Blocked,
    /// Heading: does not apply.
    Skipped,
    /// Heading: somebody answered for it.
    Waived,
    /// Heading: to know, no finding.
    Note,
    /// Where to type a command.
    On,
    /// A command that can be typed anywhere.
    Run,
    /// More names than are shown.
    MoreHosts,
    /// More things than are shown.
    More,
    /// More lines than are shown.
    MoreLines,
    /// More wordings than are shown.
    Likewise,
    /// No check was meant for a host.
    NoChecks,
    /// Names of hosts are cut; how many there are in all.
    HostsInAll,
    /// What a check waits for.
    Needs,
    /// Checks that were not asked, since their host was not reached.
    NotAsked,
    /// A command that must not be pasted.
    NotForPasting,
    /// More commands than are shown.
    MoreCommands,
    /// Label: the checks of a finding that several share.
    Checks,
    /// Label: the lines that prove it.
    Evidence,
    /// Heading of a comparison: fails now.
    New,
    /// Heading of a comparison: still fails.
    Still,
    /// Heading of a comparison: fails no more.
    Fixed,
    /// Heading of a comparison: nobody knows any more.
    NotChecked,
    /// Column: the host.
    Host,
    /// Column: how it stands.
    State,
    /// Header: the stage.
    Stage,
    /// Header: the phase.
    Before,
    /// Verdict, with a phase: ready.
    ReadyFor,
    /// Verdict, with a phase: not ready.
    NotReadyFor,
    /// Verdict, with a phase: not known.
    UnknownFor,
    /// Verdict: nothing stands in the way.
    Ready,
    /// Verdict: something does.
    NotReady,
    /// Verdict: not known.
    Unknown,
    /// Verdict: nothing was checked.
    NothingChecked,
    /// The run was cut short.
    Interrupted,
    /// Count of findings of severity error.
    Errors,
    /// Count of findings of severity warning.
    Warnings,
    /// Count of findings of severity info.
    Infos,
    /// Count of what could not be judged.
    CountNotJudged,
    /// Count of hosts that were not reached.
    CountUnreachable,
    /// Count of results on hosts that were not reached.
    CountNotAsked,
    /// Count of passes.
    CountPassed,
    /// Count of what is blocked.
    CountBlocked,
    /// Count of what does not apply.
    CountSkipped,
    /// Count of what is waived.
    CountWaived,
    /// Count of hosts.
    CountHosts,
    /// Count of checks.
    CountChecks,
    /// Progress: hosts done of all.
    HostsDone,
    /// Progress: checks done of all.
    ChecksDone,
    /// Progress: findings so far.
    FindingsSoFar,
    /// Progress: the host that is waited for longest.
    WaitingFor,
    /// Progress: the host that is tried again, for longest.
    Retrying,
    /// Progress: how often a host was tried.
    Tries,
    /// Progress: the run was asked to stop.
    Stopping,
    /// Between the parts of an enumeration.
    Comma,
    /// Seconds.
    Seconds,
    /// Minutes and seconds.
    Minutes,
    /// Column: how the connection went.
    Connection,
    /// Heading: the matrix.
    Matrix,
    /// Heading: what has to be looked at.
    Findings,
    /// There is no finding.
    NoFindings,
    /// The filter leaves no finding.
    NothingMatches,
    /// Heading: what is no finding.
    Rest,
    /// Filter: the phase.
    Phase,
    /// Filter: no phase in particular.
    AllPhases,
    /// Filter: back to everything.
    Reset,
    /// The hosts with the worst results come first.
    WorstFirst,
    /// Button: take a command to the clipboard.
    Copy,
    /// The command is on the clipboard.
    Copied,
    /// The browser would not copy.
    NotCopied,
    /// Link: show the others too; a number follows.
    Unfold,
    /// Where to type a command; names follow.
    OnHosts,
    /// Link: to the findings.
    SkipToFindings,
    /// A check does not speak of a host.
    NoCheck,
    /// What can be done in the matrix.
    MatrixHint,
    /// Filter: findings that are left.
    ShownFindings,
    /// Filter: hosts that are left.
    ShownHosts,
    /// Heading: the checklist.
    Checklist,
    /// Heading: the checklist of a phase.
    ChecklistBefore,
    /// Label: where the inventory came from.
    Inventory,
    /// Label: the stage.
    StageLabel,
    /// Label: when.
    Date,
    /// Label: which program in which version.
    Program,
    /// Heading: what the program judged.
    Judged,
    /// Heading: what people verify.
    ByHand,
    /// How many manual items are signed, of all.
    SignedOf,
    /// Heading: checks that guard all phases.
    EveryPhase,
    /// A check guards other phases, too.
    AlsoBefore,
    /// Label: how to find out by hand.
    Verify,
    /// Label: who signed.
    Who,
    /// Label: the last day of a signature.
    ValidUntil,
    /// Label: what else was written down.
    Remark,
    /// Label: where to sign.
    Handwriting,
    /// A manual item that nobody signed for.
    Open,
    /// A manual item that somebody signed for.
    SignedItem,
    /// Heading: what was waived.
    Waivers,
    /// Label: why something is waived.
    Reason,
    /// Label: who answers for it.
    Owner,
    /// A finding that an earlier run had.
    Known,
    /// Heading: the names under it.
    SignOff,
    /// Who went through the list.
    CheckedBy,
    /// Who allows the phase.
    ApprovedBy,
}

impl Word {
    /// The phrase in English and in Japanese: the only place that knows either.
    #[expect(clippy::too_many_lines, reason = "a table: one line a word")]
    fn both(self) -> (&'static str, &'static str) {
        match self {
            Self::Hosts => ("hosts", "対象"),
            Self::Wanted => ("wanted", "要件"),
            Self::Found => ("found", "状況"),
            Self::Why => ("why", "理由"),
            Self::Fix => ("fix", "対処"),
            Self::Faq => ("faq", "FAQ"),
            Self::At => ("at", "定義"),
            Self::Error => ("error", "エラー"),
            Self::Warning => ("warning", "警告"),
            Self::Info => ("info", "情報"),
            Self::NotJudged => ("not judged", "判定不能"),
            Self::Unreachable => ("unreachable", "接続不可"),
            Self::Unfinished => ("not finished", "未完了"),
            Self::Passed => ("passed", "正常"),
            Self::Blocked => ("blocked", "保留"),
            Self::Skipped => ("skipped", "対象外"),
            Self::Waived => ("waived", "許容済み"),
            Self::Note => ("note", "注意"),
            Self::On => ("on {a}:", "{a} で実行:"),
            Self::Run => ("run:", "実行:"),
            Self::MoreHosts => ("(+{n})", "(他 {n} 台)"),
            Self::More => ("(+{n})", "(他 {n} 件)"),
            Self::MoreLines => (
                "… {n} more line, all with --verbose|… {n} more lines, all with --verbose",
                "… 他 {n} 行 (--verbose ですべて表示)",
            ),
            Self::Likewise => ("and {n} more likewise", "他 {n} 件も同様"),
            Self::NoChecks => ("no checks", "検査なし"),
            Self::HostsInAll => ("{n} host: |{n} hosts: ", "{n} 台: "),
            Self::Needs => ("needs {a}", "前提: {a}"),
            Self::NotAsked => (
                "{n} check could not be asked there.|{n} checks could not be asked there.",
                "このため {n} 件の検査を実施できませんでした。",
            ),
            Self::NotForPasting => (
                "not for pasting, it holds control or invisible characters:",
                "制御文字や不可視文字を含むため、貼り付けて実行しないでください:",
            ),
            Self::MoreCommands => (
                "… {n} more command, all with --verbose|… {n} more commands, all with --verbose",
                "… 他 {n} コマンド (--verbose ですべて表示)",
            ),
            Self::Checks => ("checks", "検査"),
            Self::Evidence => ("evidence", "証拠"),
            Self::New => ("new", "新規"),
            Self::Still => ("still", "継続"),
            Self::Fixed => ("fixed", "解消"),
            Self::NotChecked => ("no longer checked", "確認できず"),
            Self::Host => ("host", "ホスト"),
            Self::State => ("state", "状態"),
            Self::Stage => ("stage {a}", "ステージ {a}"),
            Self::Before => ("before {a}", "{a} 実行前"),
            Self::ReadyFor => ("ready for {a}", "{a} を実行できます"),
            Self::NotReadyFor => ("not ready for {a}", "{a} はまだ実行できません"),
            Self::UnknownFor => ("cannot tell whether {a} will work", "{a} を実行できるか判断できません"),
            Self::Ready => ("ready", "問題は見つかりませんでした"),
            Self::NotReady => ("not ready", "対処が必要な問題があります"),
            Self::Unknown => ("cannot tell", "判断できない項目があります"),
            Self::NothingChecked => ("nothing was checked", "該当する検査がなく、何も確認していません"),
            Self::Interrupted => ("interrupted", "中断されました"),
            Self::Errors => ("{n} error|{n} errors", "エラー {n} 件"),
            Self::Warnings => ("{n} warning|{n} warnings", "警告 {n} 件"),
            Self::Infos => ("{n} info|{n} infos", "情報 {n} 件"),
            Self::CountNotJudged => ("{n} not judged", "判定不能 {n} 件"),
            Self::CountUnreachable => ("{n} host unreachable|{n} hosts unreachable", "接続不可 {n} 台"),
            Self::CountNotAsked => ("{n} not asked", "未実施 {n} 件"),
            Self::CountPassed => ("{n} passed", "正常 {n} 件"),
            Self::CountBlocked => ("{n} blocked", "保留 {n} 件"),
            Self::CountSkipped => ("{n} skipped", "対象外 {n} 件"),
            Self::CountWaived => ("{n} waived", "許容済み {n} 件"),
            Self::CountHosts => ("{n} host|{n} hosts", "ホスト {n} 台"),
            Self::CountChecks => ("{n} check|{n} checks", "検査 {n} 件"),
            Self::HostsDone => ("hosts {a}", "ホスト {a}"),
            Self::ChecksDone => ("checks {a}", "検査 {a}"),
            Self::FindingsSoFar => ("{n} finding|{n} findings", "指摘 {n} 件"),
            Self::WaitingFor => ("waiting for {a}", "{a} の応答待ち"),
            Self::Retrying => ("retrying {a}", "{a} を再試行中"),
            Self::Tries => ("{n} try|{n} tries", "{n} 回試行"),
            Self::Stopping => {
                ("stopping; a second Ctrl-C ends it at once", "中断しています (もう一度 Ctrl-C で即時終了)")
            }
            Self::Comma => (", ", "、"),
            Self::Seconds => ("{a} s", "{a} 秒"),
            Self::Minutes => ("{n} min {a} s", "{n} 分 {a} 秒"),
            Self::Connection => ("connection", "接続"),
            Self::Matrix => ("hosts and checks", "ホストと検査"),
            Self::Findings => ("findings", "指摘事項"),
            Self::NoFindings => ("no findings", "指摘事項はありません"),
            Self::NothingMatches => ("no finding matches the filter", "絞り込み条件に一致する指摘事項はありません"),
            Self::Rest => ("other results", "その他の結果"),
            Self::Phase => ("phase", "フェーズ"),
            Self::AllPhases => ("all", "すべて"),
            Self::Reset => ("reset", "解除"),
            Self::WorstFirst => ("worst first", "問題のあるホストを先に表示"),
            Self::Copy => ("copy", "コピー"),
            Self::Copied => ("copied", "コピーしました"),
            Self::NotCopied => ("could not copy", "コピーできませんでした"),
            Self::Unfold => ("more:", "他"),
            Self::OnHosts => ("on", "実行場所:"),
            Self::SkipToFindings => ("to the findings", "指摘事項へ"),
            Self::NoCheck => ("not checked", "検査なし"),
            Self::MatrixHint => (
                "choose a result to read about it; arrow keys work, too",
                "結果を選ぶと説明へ移動します (矢印キーでも選べます)",
            ),
            Self::ShownFindings => ("findings: {a}", "指摘事項 {a}"),
            Self::ShownHosts => ("hosts: {a}", "ホスト {a}"),
            Self::Checklist => ("checklist", "チェックリスト"),
            Self::ChecklistBefore => ("checklist before {a}", "{a} 実行前チェックリスト"),
            Self::Inventory => ("inventory", "インベントリ"),
            Self::StageLabel => ("stage", "ステージ"),
            Self::Date => ("date", "日付"),
            Self::Program => ("program", "プログラム"),
            Self::Judged => ("checked by the program", "プログラムによる検査"),
            Self::ByHand => ("verified by hand", "人による確認"),
            Self::SignedOf => ("{a} of {n} signed", "{n} 件中 {a} 件が署名済み"),
            Self::EveryPhase => ("every phase", "すべてのフェーズ共通"),
            Self::AlsoBefore => ("also before {a}", "{a} の前にも必要"),
            Self::Verify => ("how to verify", "確認方法"),
            Self::Who => ("name", "氏名"),
            Self::ValidUntil => ("valid until", "有効期限"),
            Self::Remark => ("note", "備考"),
            Self::Handwriting => ("signature", "署名"),
            Self::Open => ("open", "未確認"),
            Self::SignedItem => ("signed", "署名済み"),
            Self::Waivers => ("waivers", "許容（waiver）"),
            Self::Reason => ("reason", "理由"),
            Self::Owner => ("owner", "責任者"),
            Self::Known => ("known since {a}", "{a} から既知"),
            Self::SignOff => ("sign-off", "承認"),
            Self::CheckedBy => ("checked by", "確認者"),
            Self::ApprovedBy => ("approved by", "承認者"),
        }
    }

    /// The phrase in `lang`.
    pub(super) fn get(self, lang: Lang) -> &'static str {
        let (en, ja) = self.both();
        match lang {
            Lang::En => en,
            Lang::Ja => ja,
        }
    }

    /// The phrase with a number in it.
    pub(super) fn count(self, lang: Lang, n: usize) -> String {
        let (one, many) = self.get(lang).split_once('|').unwrap_or((self.get(lang), self.get(lang)));
        let phrase = if n == 1 { one } else { many };
        phrase.replace("{n}", &n.to_string())
    }

    /// The phrase with a name in it.
    pub(super) fn with(self, lang: Lang, name: &str) -> String {
        self.get(lang).replace("{a}", name)
    }
}

/// A span of time for people: whole seconds.
pub(super) fn whole_seconds(lang: Lang, seconds: u64) -> String {
    if seconds < 60 { Word::Seconds.with(lang, &seconds.to_string()) } else { minutes(lang, seconds) }
}

/// A span of time for people: tenths of a second up to a minute.
pub(super) fn duration(lang: Lang, duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        return Word::Seconds.with(lang, &format!("{}.{}", seconds, duration.subsec_millis() / 100));
    }
    minutes(lang, seconds)
}

fn minutes(lang: Lang, seconds: u64) -> String {
    let minutes = usize::try_from(seconds / 60).unwrap_or(usize::MAX);
    Word::Minutes.count(lang, minutes).replace("{a}", &(seconds % 60).to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Word, duration};
    use crate::text::Lang;

    #[test]
    fn english_parts_one_from_many() {
        assert_eq!(Word::Errors.count(Lang::En, 1), "1 error");
        assert_eq!(Word::Errors.count(Lang::En, 2), "2 errors");
        assert_eq!(Word::Errors.count(Lang::Ja, 2), "エラー 2 件");
    }

    #[test]
    fn spans_of_time() {
        assert_eq!(duration(Lang::En, Duration::from_millis(340)), "0.3 s");
        assert_eq!(duration(Lang::En, Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(duration(Lang::Ja, Duration::from_secs(125)), "2 分 5 秒");
    }
}
