//! The command line, as clap derives it; nothing else.

#![expect(clippy::doc_markdown, reason = "clap prints these comments as help, where backticks would show")]

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{catalog::Phase, judge::Severity};

/// Finds what would stop hive-builder, or any Ansible provisioning, before it is started.
#[derive(Debug, Parser)]
#[command(name = "hive-preflight", version, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    /// Language of messages; default: the locale (LC_ALL, LC_MESSAGES, LANG)
    #[arg(long, global = true, value_name = "LANG", env = "HIVE_PREFLIGHT_LANG")]
    pub(super) lang: Option<LangArg>,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorArg,
}

/// A language on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LangArg {
    /// English
    En,
    /// Japanese
    Ja,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorArg {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check the mother and the targets, and tell what is wrong and what to do about it
    Run(Box<RunArgs>),
    /// Judge check files: every problem with file, line and column
    Lint(LintArgs),
    /// List the checks
    List(ListArgs),
    /// Explain a check or a FAQ entry
    Explain(ExplainArgs),
    /// Saved JSON reports: in other formats, joined, compared
    #[command(subcommand)]
    Report(ReportCommand),
    /// Show the inventory as hive-preflight reads it
    Inventory(InventoryArgs),
    /// Tell what a change of the inventory does, and what of it hurts; connects to nobody
    Diff(Box<DiffArgs>),
    /// Show what preflight.yml and the environment say
    Config(ConfigArgs),
}

/// Where the inventory comes from; shared by the subcommands that read one.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct SourceArgs {
    /// Inventory file, directory, executable or comma-separated host list; repeatable
    #[arg(short, long = "inventory", value_name = "SOURCE")]
    pub(super) inventory: Vec<String>,
    /// Directory of a hive-builder project (it has inventory/hive.yml); found by itself in the current directory
    #[arg(long, value_name = "DIR", conflicts_with = "inventory")]
    pub(super) root: Option<PathBuf>,
    /// Stage of the hive project: private, staging or production; default: what `hive set stage` saved, else private
    #[arg(short, long, value_name = "STAGE")]
    pub(super) stage: Option<String>,
    /// Directory whose group_vars and host_vars count like those beside a playbook; default: the current directory
    #[arg(long, value_name = "DIR")]
    pub(super) playbook_dir: Option<PathBuf>,
    /// Only the hosts that this Ansible pattern means
    #[arg(short, long, value_name = "PATTERN")]
    pub(super) limit: Option<String>,
    /// Seconds for each inventory script
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(super) inventory_timeout: u32,
    /// Who reads the inventory; auto is native, unless a source is for an inventory plugin that only Ansible has
    #[arg(long, value_name = "ENGINE", default_value = "auto")]
    pub(super) inventory_engine: EngineArg,
    /// Run no code of the project: no inventory or vault scripts, no plugins, no checks of its own, no ProxyCommand
    #[arg(long)]
    pub(super) no_scripts: bool,
    #[command(flatten)]
    pub(super) vault: VaultArgs,
}

/// Who reads the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum EngineArg {
    /// hive-preflight itself, or ansible-inventory where a source needs it
    #[default]
    Auto,
    /// hive-preflight itself
    Native,
    /// The real ansible-inventory (in a hive project `hive inventory`), in a temporary copy
    Ansible,
}

/// Where the passwords of Ansible Vault come from.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct VaultArgs {
    /// File with a vault password, or executable that prints it; repeatable
    #[arg(long = "vault-password-file", visible_alias = "vault-pass-file", value_name = "FILE")]
    pub(super) vault_password_file: Vec<PathBuf>,
    /// Vault password under a label: LABEL@FILE, or LABEL@prompt to be asked for it; repeatable
    #[arg(long = "vault-id", value_name = "LABEL@SOURCE")]
    pub(super) vault_id: Vec<String>,
    /// Ask for the vault password
    #[arg(long = "ask-vault-pass", visible_alias = "ask-vault-password", short = 'J')]
    pub(super) ask_vault_pass: bool,
}

/// Which checks there are.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct CatalogArgs {
    /// Directory with further checks, which override built-in ones of the same id; repeatable
    #[arg(long = "checks", value_name = "DIR")]
    pub(super) checks: Vec<PathBuf>,
}

/// Which checks are meant.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct SelectionArgs {
    /// Only what guards this phase of hive
    #[arg(long, value_name = "PHASE")]
    pub(super) before: Option<Phase>,
    /// Only this check; repeatable
    #[arg(long = "check", value_name = "ID")]
    pub(super) check: Vec<String>,
    /// Not this check; repeatable
    #[arg(long = "skip", value_name = "ID")]
    pub(super) skip: Vec<String>,
    /// Only checks with one of these tags, comma-separated
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(super) tags: Vec<String>,
}

/// Options of `run`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) catalog: CatalogArgs,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// Only hosts that the changes of the inventory since this git revision touch, and the mother
    #[arg(long, value_name = "REV")]
    pub(super) changed_since: Option<String>,
    /// Judge the inventory only, and connect to nobody
    #[arg(long, conflicts_with_all = ["mother", "allow_active"])]
    pub(super) offline: bool,
    /// Reach the mother over SSH instead of taking this machine
    #[arg(long, value_name = "USER@HOST[:PORT]")]
    pub(super) mother: Option<String>,
    /// Where the hive project lies on the mother
    #[arg(long, value_name = "DIR")]
    pub(super) mother_root: Option<PathBuf>,
    /// Reach the targets from the mother, as hive does: with the ssh_config and the keys that lie there
    #[arg(long, requires = "mother")]
    pub(super) via_mother: bool,
    /// Who connects: ssh2 is built in, openssh is the installed ssh program, for GSSAPI, security keys, host certificates
    #[arg(long, value_name = "TRANSPORT", default_value = "ssh2")]
    pub(super) transport: TransportArg,
    /// Also run checks whose effect is `active`
    #[arg(long)]
    pub(super) allow_active: bool,
    /// Hosts asked at the same time
    #[arg(short, long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) forks: u16,
    /// Seconds for connecting to a host, host key exchange included
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(super) connect_timeout: u32,
    /// Seconds for one probe, unless its check says otherwise
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(super) probe_timeout: u32,
    /// Seconds for everything that is asked of one host
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub(super) timeout: u32,
    /// Seconds for the whole run; default: no bound of its own
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub(super) run_timeout: Option<u32>,
    /// Try a host again so often, with growing pauses within its time, where it refuses, is silent or drops the connection
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=100))]
    pub(super) retries: u16,
    /// Try hosts that may be coming up (after a reboot) again for so long: 90s, 5m, 1h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) repeat_until_ok: Option<Duration>,
    /// Private key to try first; repeatable
    #[arg(long = "private-key", value_name = "FILE")]
    pub(super) private_key: Vec<PathBuf>,
    /// Log in as this user where the inventory names none
    #[arg(short, long, value_name = "USER")]
    pub(super) user: Option<String>,
    /// Ask for the SSH password of hosts to which the inventory gives none
    #[arg(short = 'k', long, visible_alias = "ask-password", conflicts_with = "offline")]
    pub(super) ask_pass: bool,
    /// Ask for the password with which to become another user on hosts to which the inventory gives none
    #[arg(short = 'K', long, visible_alias = "ask-become-password", conflicts_with = "offline")]
    pub(super) ask_become_pass: bool,
    /// What to do about host keys: strict, accept-new (unknown keys are written to the user's known_hosts file) or no;
    /// default: what ssh_config says, else strict
    #[arg(long, value_name = "POLICY")]
    pub(super) host_key_checking: Option<HostKeyArg>,
    /// Signatures of manual items: who verified what, and until when that counts. With it, open items are findings
    #[arg(long, value_name = "FILE")]
    pub(super) attest: Option<PathBuf>,
    /// A saved JSON report: what failed then is known, and only what is new counts
    #[arg(long, value_name = "REPORT")]
    pub(super) baseline: Option<PathBuf>,
    /// Keep this run's report in a directory of reports, for `report trend`; the newest 200 stay
    #[arg(long, value_name = "DIR")]
    pub(super) history: Option<PathBuf>,
    #[command(flatten)]
    pub(super) telling: TellingArgs,
    /// Only findings, no progress
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Also the evidence of what passed
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

/// What counts, and where it is told.
#[derive(Debug, Args)]
pub(super) struct TellingArgs {
    /// Waivers to apply; default: preflight-waivers.yml of the project, where there is one
    #[arg(long, value_name = "FILE")]
    pub(super) waivers: Option<PathBuf>,
    /// Report format, `FORMAT` on standard output or `FORMAT=FILE`; repeatable: terminal, json, ndjson, junit,
    /// sarif, github, gitlab, checkstyle, tap, markdown, html, checklist (.md or .html), prometheus, nagios
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    pub(super) format: Vec<String>,
    /// Findings of severity warning count like errors; the same as --fail-on warning
    #[arg(long, conflicts_with = "fail_on")]
    pub(super) strict: bool,
    /// Which findings make the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(super) fail_on: FailOn,
}

impl TellingArgs {
    /// The least severity that counts as a finding.
    pub(super) fn threshold(&self) -> Severity {
        if self.strict || self.fail_on == FailOn::Warning { Severity::Warning } else { Severity::Error }
    }
}

/// Who connects over SSH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TransportArg {
    /// hive-preflight itself
    Ssh2,
    /// The installed ssh program
    Openssh,
}

/// Which findings make the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Errors
    Error,
    /// Warnings and errors
    Warning,
    /// None: the report tells, and what could not be judged is exit code 0, too
    Never,
}

/// Options of `diff`.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// Git revision to compare the working tree with; default: where the branch left its upstream. With NEW: a
    /// directory, or an inventory file
    #[arg(value_name = "BASE")]
    pub(super) base: Option<String>,
    /// Directory or inventory file to compare BASE with, without git
    #[arg(value_name = "NEW", conflicts_with_all = ["inventory", "root"])]
    pub(super) new: Option<PathBuf>,
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) catalog: CatalogArgs,
    /// Only this rule (`change/...`); repeatable
    #[arg(long = "check", value_name = "ID")]
    pub(super) check: Vec<String>,
    /// Not this rule; repeatable
    #[arg(long = "skip", value_name = "ID")]
    pub(super) skip: Vec<String>,
    #[command(flatten)]
    pub(super) telling: TellingArgs,
    /// Only findings, no list of changes
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// What `report` does.
#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// Show a report in other formats, as `run --format` would have
    Render(RenderArgs),
    /// Join reports; where several tell of the same check, host and item, the last named counts
    Merge(MergeArgs),
    /// Tell what is new, still there, fixed or no longer checked; exit status 1 where a new finding counts
    Compare(CompareArgs),
    /// Tell since when the findings of the latest run stand, from a directory that `run --history` filled
    Trend(TrendArgs),
}

/// Options of `report render`.
#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// The report as `run --format json` wrote it; `-` for standard input
    #[arg(value_name = "REPORT")]
    pub(super) report: PathBuf,
    /// As in `run`; default: terminal
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    pub(super) format: Vec<String>,
    #[command(flatten)]
    pub(super) catalog: CatalogArgs,
    /// Only findings
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Also the evidence of what passed
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

/// Options of `report merge`.
#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// The reports as `run --format json` wrote them, the latest last; `-` for standard input
    #[arg(value_name = "REPORT", num_args = 2.., required = true)]
    pub(super) reports: Vec<PathBuf>,
    /// As in `run`; default: json
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    pub(super) format: Vec<String>,
    #[command(flatten)]
    pub(super) catalog: CatalogArgs,
}

/// Options of `report compare`.
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The earlier report
    #[arg(value_name = "OLD")]
    pub(super) old: PathBuf,
    /// The later report; its threshold counts
    #[arg(value_name = "NEW")]
    pub(super) new: PathBuf,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: CompareFormat,
    /// Findings of severity warning count like errors
    #[arg(long)]
    pub(super) strict: bool,
}

/// Options of `report trend`.
#[derive(Debug, Args)]
pub(super) struct TrendArgs {
    /// The directory of `run --history`
    #[arg(value_name = "DIR")]
    pub(super) directory: PathBuf,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: CompareFormat,
}

/// How `report compare` and `report trend` print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CompareFormat {
    /// For people
    Text,
    /// JSON
    Json,
}

/// What to do about host keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum HostKeyArg {
    /// Refuse unknown and changed keys
    Strict,
    /// Accept unknown keys for this run, refuse changed ones
    AcceptNew,
    /// Accept everything
    No,
}

/// Options of `lint`.
#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// Check file or directory of checks; default: the built-in pack
    #[arg(value_name = "DIR|FILE")]
    pub(super) paths: Vec<PathBuf>,
    /// Print the JSON Schema of a check file instead
    #[arg(long, conflicts_with = "paths")]
    pub(super) schema: bool,
}

/// Options of `list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) catalog: CatalogArgs,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: ListFormat,
}

/// How `list` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// Columns for people
    Table,
    /// JSON
    Json,
}

/// Options of `config`.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// Also where each value comes from
    #[arg(long)]
    pub(super) show_origin: bool,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Check or FAQ entry
    #[arg(value_name = "ID|FAQ-ID")]
    pub(super) id: String,
    #[command(flatten)]
    pub(super) catalog: CatalogArgs,
}

/// Options of `inventory`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(group = clap::ArgGroup::new("what").multiple(false))]
pub(super) struct InventoryArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// All groups and variables, as `ansible-inventory --list` prints them
    #[arg(long, group = "what")]
    pub(super) list: bool,
    /// The names of the hosts, one a line
    #[arg(long, group = "what")]
    pub(super) hosts: bool,
    /// The groups as a tree, from all or from GROUP; what is shown without any option
    #[arg(long, group = "what", value_name = "GROUP", num_args = 0..=1, default_missing_value = "all")]
    pub(super) graph: Option<String>,
    /// The variables of one host
    #[arg(long, group = "what", value_name = "HOST")]
    pub(super) host: Option<String>,
    /// Which file and line every variable of HOST, or only VAR, comes from, and what it beat
    #[arg(long, group = "what", value_names = ["HOST", "VAR"], num_args = 1..=2)]
    pub(super) explain: Vec<String>,
    /// Also what is secret and stands there in clear, as ansible-inventory does
    #[arg(long)]
    pub(super) show_secrets: bool,
    /// YAML instead of JSON, for --list (also meant where neither is given) and --host
    #[arg(short, long, conflicts_with_all = ["hosts", "graph", "explain"])]
    pub(super) yaml: bool,
}

/// A duration of at most a day: a number with `s`, `m` or `h`, or seconds.
fn duration(text: &str) -> Result<Duration, BadDuration> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 3600),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let seconds = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
    seconds.filter(|seconds| (1..=86400).contains(seconds)).map(|s| Duration::from_secs(s.into())).ok_or(BadDuration)
}

/// A text that is no duration.
#[derive(Debug, thiserror::Error)]
#[error("it is no duration from 1s to 24h: write `90s`, `5m` or `1h`")]
struct BadDuration;

#[cfg(test)]
mod tests {
    use super::{Duration, duration};

    #[test]
    fn durations_have_a_unit_and_an_end() {
        let seconds = |text| duration(text).ok().map(|value: Duration| value.as_secs());
        assert_eq!(["90", "90s", "5m", "24h"].map(seconds), [90, 90, 300, 86400].map(Some));
        assert_eq!(["", "m", "0", "-1s", "25h", "5 m", "1.5m", "99999999h", "5d"].map(seconds), [None; 9]);
    }
}
