//! Joins hosts and checks.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use minijinja::value::{Serde, Value};

use super::{
    Fleet, Globals, HostScope, ManualTask, Preset, Question, Reach, ReachError, Task, TaskScope, Wanted,
    exposure::{self, Exposure},
};
use crate::{
    catalog::{Catalog, Check, Effect, Evidence, Expression, FaqEntry, Phase, ProbeSpec, Template},
    inventory::{Audit, Finding, Host, HostName, Pattern, Rule},
    jinja::{Jinja, JinjaError},
    judge::ErrorKind,
    probe::{Becoming, Probe},
    secret::Secret,
    text::Text,
    transport::Endpoint,
    trust::Scripts,
};

/// What a run is about, beside inventory and catalogue.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct PlanOptions {
    /// Only hosts that this pattern means.
    pub limit: Option<Pattern>,
    /// The phase of `--before`.
    pub phase: Option<Phase>,
    /// Run checks whose effect is `active`, too.
    pub allow_active: bool,
    /// The `Host` names of hive's own `ssh_config`.
    pub ssh_config_hosts: Vec<String>,
    /// What was found in the inventory itself.
    pub audit: Audit,
    /// There are waivers to judge.
    pub has_waivers: bool,
    /// There are signatures to judge, so that manual items are judged like other checks.
    pub has_signatures: bool,
    /// The inventory was compared with an earlier one.
    pub has_changes: bool,
    /// Only these hosts, whatever the limit means; none of them is nothing to do.
    pub only: Option<BTreeSet<HostName>>,
    /// Values that checks see before their own variables: the project's thresholds.
    pub variables: BTreeMap<String, serde_json::Value>,
    /// What variables see as `playbook_dir`; absent = they do not see it.
    pub playbook_dir: Option<PathBuf>,
    /// Whether code of the project may run: where not, templates get nothing of the environment.
    pub scripts: Scripts,
    /// For becoming another user on hosts to which the inventory gives no password.
    pub become_password: Option<Secret>,
    /// The others are reached over the mother.
    pub via_mother: bool,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The limit means no host.
    #[error("the host pattern `{pattern}` means none of the {hosts} hosts of this inventory")]
    NothingSelected {
        /// The pattern.
        pattern: String,
        /// How many hosts there are.
        hosts: usize,
    },
}

/// Everything that a run will do.
#[derive(Debug)]
pub struct Plan {
    /// What all hosts see alike.
    pub globals: Arc<Globals>,
    /// The hosts that have something to check, in the inventory's order, the mother first.
    pub targets: Vec<Target>,
    /// What a person has to verify, on the hosts where it applies; with signatures it stands in the targets, too.
    pub manual: Vec<ManualTask>,
    /// The phase of `--before`.
    pub phase: Option<Phase>,
}

impl Drop for Plan {
    fn drop(&mut self) {
        self.globals.forget();
    }
}

/// One host and what is asked of it.
#[derive(Debug)]
pub struct Target {
    /// What the host's expressions see.
    pub scope: Arc<HostScope>,
    /// Where it is.
    pub reach: Result<Reach, ReachError>,
    /// How questions with `become` are asked.
    pub becoming: Arc<Becoming>,
    /// The checks.
    pub tasks: Vec<Task>,
}

impl Target {
    /// The host's name.
    #[must_use]
    pub fn name(&self) -> &HostName {
        &self.scope.host().name
    }

    /// Where it is looked for: `user@address:port`, `local`, or nothing where that is not known.
    #[must_use]
    pub fn address(&self) -> String {
        match &self.reach {
            Ok(Reach::At(endpoint)) => endpoint.address(),
            Ok(Reach::NotYet(_)) | Err(_) => String::new(),
        }
    }

    /// `connection` as far as it is known before connecting.
    #[must_use]
    pub fn connection(&self) -> Value {
        connection(&self.reach)
    }
}

impl Plan {
    /// The tasks of `check` on the mother for findings that came in after the plan was made; none: all is well.
    #[must_use]
    pub fn afterwards(&self, check: &Arc<Check>, findings: Vec<Finding>) -> Vec<Task> {
        let task = |item, preset| Task {
            check: Arc::clone(check),
            faq: None,
            item,
            questions: Vec::new(),
            preset: Some(preset),
        };
        if findings.is_empty() {
            return vec![task(None, Preset::Sound)];
        }
        findings.into_iter().map(|finding| task(Some(item(&finding)), Preset::Found(Arc::new(finding)))).collect()
    }

    /// What the mother's expressions see.
    #[must_use]
    pub fn mother(&self) -> Option<Arc<HostScope>> {
        let fleet = &self.globals.fleet;
        let host = fleet.inventory.hosts.get(&fleet.mother)?.clone();
        Some(Arc::new(HostScope::new(Arc::clone(&self.globals), host)))
    }

    /// Whether servers that are not built yet stand in the way: every phase but the first works on them.
    #[must_use]
    pub fn needs_servers(&self) -> bool {
        self.phase.is_some_and(|phase| phase > Phase::BuildInfra)
    }

    /// How many verdicts will come.
    #[must_use]
    pub fn verdicts(&self) -> usize {
        self.targets.iter().map(|target| target.tasks.len()).sum()
    }
}

/// Makes the plan. `reach` joins what the inventory wants with `ssh_config` and options.
///
/// # Errors
/// [`PlanError::NothingSelected`] where the limit means no host.
pub fn build(
    jinja: &Arc<Jinja>,
    fleet: &Arc<Fleet>,
    catalog: &Catalog,
    checks: &[Arc<Check>],
    options: &PlanOptions,
    reach: &dyn Fn(&Wanted) -> Result<Reach, ReachError>,
) -> Result<Plan, PlanError> {
    let mut wanted = selected(fleet, options)?;
    wanted.retain(|host| options.only.as_ref().is_none_or(|only| only.contains(host)));
    let globals = Globals::new(Arc::clone(jinja), Arc::clone(fleet), options.phase, &options.ssh_config_hosts);
    let globals = globals.with_playbook_dir(options.playbook_dir.as_deref()).with_variables(&options.variables);
    let globals = globals.with_scripts(options.scripts);
    let globals = Arc::new(globals);
    if options.via_mother && !wanted.contains(&fleet.mother) {
        // The way to the others leads over it, also where it is not asked itself.
        let mother = fleet.inventory.hosts.get(&fleet.mother);
        let scope = mother.map(|host| Arc::new(HostScope::new(Arc::clone(&globals), host.clone())));
        let _ = scope.map(|scope| Wanted::of(&scope).and_then(|wanted| reach(&wanted)));
    }
    let chosen: Vec<Chosen> = checks
        .iter()
        .map(|check| Chosen {
            check: Arc::clone(check),
            faq: check.faq.as_ref().and_then(|id| catalog.faq.get(id)).map(Arc::clone),
            hosts: fleet.select(&check.hosts),
        })
        .collect();
    let mut targets: Vec<Target> = ordered(fleet)
        .filter(|host| wanted.contains(&host.name))
        .map(|host| target(&globals, host, &chosen, options, reach))
        .collect();
    let manual = targets.iter().flat_map(manual).collect();
    for target in &mut targets {
        target.tasks.retain(|task| options.has_signatures || !task.is_manual());
    }
    targets.retain(|target| !target.tasks.is_empty());
    Ok(Plan { globals, targets, manual, phase: options.phase })
}

fn manual(target: &Target) -> impl Iterator<Item = ManualTask> {
    let tasks = target.tasks.iter().filter(|task| task.is_manual());
    tasks.map(|task| ManualTask { scope: Arc::clone(&target.scope), task: task.clone() })
}

fn selected(fleet: &Fleet, options: &PlanOptions) -> Result<BTreeSet<HostName>, PlanError> {
    let Some(limit) = &options.limit else {
        return Ok(fleet.inventory.hosts.keys().cloned().collect());
    };
    let chosen = fleet.select(limit);
    if chosen.is_empty() {
        return Err(PlanError::NothingSelected { pattern: limit.to_string(), hosts: fleet.members("all").len() });
    }
    Ok(chosen)
}

/// All hosts, the mothers first: what others need is known early.
fn ordered(fleet: &Fleet) -> impl Iterator<Item = &Host> {
    let mothers = fleet.members("mother");
    let (first, rest): (Vec<&Host>, Vec<&Host>) =
        fleet.inventory.hosts.values().partition(|host| mothers.contains(&host.name));
    first.into_iter().chain(rest)
}

fn target(
    globals: &Arc<Globals>,
    host: &Host,
    chosen: &[Chosen],
    options: &PlanOptions,
    reach: &dyn Fn(&Wanted) -> Result<Reach, ReachError>,
) -> Target {
    let scope = Arc::new(HostScope::new(Arc::clone(globals), host.clone()));
    let wanted = Wanted::of(&scope);
    let becoming = Arc::new(becoming(wanted.as_ref().ok(), options));
    let reach = wanted.and_then(|wanted| reach(&wanted));
    let connection = connection(&reach);
    let tasks = chosen
        .iter()
        .filter(|chosen| chosen.hosts.contains(&host.name))
        .flat_map(|chosen| Planner { scope: &scope, chosen, connection: &connection, options }.tasks())
        .collect();
    Target { scope, reach, becoming, tasks }
}

/// What the inventory says, with the password that was asked for where it gives none.
fn becoming(wanted: Option<&Wanted>, options: &PlanOptions) -> Becoming {
    let mut becoming = wanted.map(|wanted| wanted.becoming.clone()).unwrap_or_default();
    becoming.password = becoming.password.or_else(|| options.become_password.clone());
    becoming
}

/// `connection` as far as it is known before connecting.
fn connection(reach: &Result<Reach, ReachError>) -> Value {
    match reach {
        Ok(Reach::At(Endpoint::Container(container))) => {
            minijinja::context! { kind => container.program, address => container.container.as_str() }
        }
        Ok(Reach::At(endpoint)) => match endpoint.ssh() {
            None => minijinja::context! { kind => "local" },
            Some(ssh) => {
                minijinja::context! { kind => "ssh", address => ssh.host.as_str(), port => ssh.port, user => ssh.user.as_str() }
            }
        },
        // Not to be had now; it would be SSH.
        Ok(Reach::NotYet(_)) | Err(_) => minijinja::context! { kind => "ssh" },
    }
}

/// Why a check cannot be asked on a host.
#[derive(Debug, thiserror::Error)]
enum Unprepared {
    /// A template or expression has no value.
    #[error(transparent)]
    Jinja(#[from] JinjaError),
    /// `loop` gives no list.
    #[error("`loop` needs a list, but `{text}` is {kind}")]
    NoList { text: String, kind: String },
    /// `port` gives no port.
    #[error("`{0}` is no port: expected a number from 0 to 65535")]
    NoPort(String),
    /// A secret would stand in the list of processes.
    #[error(
        "a secret would stand among the words of a program, where everybody on the host can read it; use `shell`, and hand \
         it on through a pipe: `printf %s {{{{ secret | quote }}}} | program`"
    )]
    Exposed,
}

/// A check of the run, with the hosts that it speaks of.
struct Chosen {
    check: Arc<Check>,
    faq: Option<Arc<FaqEntry>>,
    hosts: BTreeSet<HostName>,
}

/// Makes the tasks of one check on one host.
struct Planner<'a> {
    scope: &'a Arc<HostScope>,
    chosen: &'a Chosen,
    connection: &'a Value,
    options: &'a PlanOptions,
}

impl Planner<'_> {
    fn jinja(&self) -> &Jinja {
        &self.scope.globals().jinja
    }

    fn view(&self, item: Option<Value>) -> Value {
        TaskScope {
            host: Arc::clone(self.scope),
            check: Arc::clone(&self.chosen.check),
            item,
            connection: self.connection.clone(),
            observed: std::collections::BTreeMap::new(),
        }
        .into_value()
    }

    fn tasks(&self) -> Vec<Task> {
        if let Some(rule) = self.chosen.check.rule() {
            return self.definition(rule);
        }
        if self.chosen.check.effect == Effect::Active && !self.options.allow_active {
            return vec![self.preset(None, Preset::Skipped(needs_allow_active()))];
        }
        let (per_item, before): (Vec<&Expression>, Vec<&Expression>) =
            self.chosen.check.when.iter().partition(|expression| mentions_item(expression));
        match self.unmet(&before, &self.view(None)) {
            Err(error) => return vec![self.preset(None, expression_error(&error))],
            // A checklist holds nothing that does not apply.
            Ok(Some(_)) if self.chosen.check.verify().is_some() => return Vec::new(),
            Ok(None) if self.chosen.check.verify().is_some() => return vec![self.preset(None, Preset::Manual)],
            Ok(Some(unmet)) => return vec![self.preset(None, Preset::Skipped(not_met(&unmet)))],
            Ok(None) => {}
        }
        match self.items() {
            Err(error) => vec![self.preset(None, expression_error(&error))],
            Ok(items) if items.is_empty() => vec![self.preset(None, Preset::Skipped(nothing_to_check()))],
            Ok(items) => items.into_iter().map(|item| self.task(item, &per_item)).collect(),
        }
    }

    /// One task for each finding of a rule.
    fn definition(&self, rule: Rule) -> Vec<Task> {
        let audit = &self.options.audit;
        // Which waivers were used is known only in the end.
        if rule == Rule::WaiverUsed || (rule.is_about_waivers() && !self.options.has_waivers) {
            return Vec::new();
        }
        if rule.is_about_signatures() && !self.options.has_signatures {
            return Vec::new();
        }
        if rule.is_about_changes() && !self.options.has_changes {
            return Vec::new();
        }
        if rule.is_hive() && !audit.hive {
            return vec![self.preset(None, Preset::Skipped(only_hive()))];
        }
        let host = &self.scope.host().name;
        let is_mother = self.scope.globals().fleet.mother == *host;
        let found: Vec<Task> = audit
            .of(rule, host, is_mother)
            .map(|finding| self.preset(Some(item(finding)), Preset::Found(Arc::new(finding.clone()))))
            .collect();
        match (found.is_empty(), audit.unread(rule)) {
            (false, _) => found,
            (true, Some(file)) => vec![self.preset(None, Preset::Error(ErrorKind::Undecidable, unread(file)))],
            (true, None) => vec![self.preset(None, Preset::Sound)],
        }
    }

    fn preset(&self, item: Option<(Value, String)>, preset: Preset) -> Task {
        self.with(item, Vec::new(), Some(preset))
    }

    fn with(&self, item: Option<(Value, String)>, questions: Vec<Question>, preset: Option<Preset>) -> Task {
        let Chosen { check, faq, .. } = self.chosen;
        Task { check: Arc::clone(check), faq: faq.clone(), item, questions, preset }
    }

    /// The first expression that does not hold.
    fn unmet(&self, expressions: &[&Expression], view: &Value) -> Result<Option<String>, Unprepared> {
        for expression in expressions {
            if !self.jinja().evaluate(expression, view)?.is_true() {
                return Ok(Some(expression.source().to_owned()));
            }
        }
        Ok(None)
    }

    /// The loop's items; one empty item where there is no loop.
    fn items(&self) -> Result<Vec<Option<(Value, String)>>, Unprepared> {
        let Some(template) = &self.chosen.check.r#loop else { return Ok(vec![None]) };
        let list = self.jinja().render_native(template, &self.view(None))?;
        let items = list
            .try_iter()
            .map_err(|_| Unprepared::NoList { text: template.source().to_owned(), kind: list.kind().to_string() })?;
        Ok(items.map(|item| Some((item.clone(), item_text(&item)))).collect())
    }

    fn task(&self, item: Option<(Value, String)>, per_item: &[&Expression]) -> Task {
        let view = self.view(item.as_ref().map(|(value, _)| value.clone()));
        match self.unmet(per_item, &view) {
            Err(error) => return self.preset(item, expression_error(&error)),
            Ok(Some(unmet)) => return self.preset(item, Preset::Skipped(not_met(&unmet))),
            Ok(None) => {}
        }
        match self.questions(&view) {
            Ok(questions) => self.with(item, questions, None),
            Err(error) => self.preset(item, expression_error(&error)),
        }
    }

    fn questions(&self, view: &Value) -> Result<Vec<Question>, Unprepared> {
        let main = self.question(
            &self.chosen.check.register,
            self.chosen.check.r#become,
            self.chosen.check.timeout,
            &self.chosen.check.probe,
            view,
        )?;
        let mut questions = vec![main];
        for evidence in &self.chosen.check.evidence {
            let conditions: Vec<&Expression> = evidence.when.iter().collect();
            if self.unmet(&conditions, view)?.is_none() {
                let Evidence { register, r#become, timeout, probe, .. } = evidence;
                questions.push(self.question(register, *r#become, *timeout, probe, view)?);
            }
        }
        Ok(questions)
    }

    fn question(
        &self,
        register: &str,
        r#become: bool,
        timeout: Option<Duration>,
        spec: &ProbeSpec,
        view: &Value,
    ) -> Result<Question, Unprepared> {
        let probe = self.probe(spec, view)?;
        let redactor = self.scope.globals().fleet.inventory.vault.redactor();
        let is_secret = match exposure::of(&probe, spec, redactor) {
            Exposure::None => false,
            Exposure::ShellText => true,
            Exposure::Words => return Err(Unprepared::Exposed),
        };
        Ok(Question { register: register.to_owned(), r#become, timeout, probe: Arc::new(probe), is_secret })
    }

    fn probe(&self, spec: &ProbeSpec, view: &Value) -> Result<Probe, Unprepared> {
        let text = |template: &Template| self.jinja().render(template, view).map_err(Unprepared::from);
        let maybe = |template: &Option<Template>| template.as_ref().map(text).transpose();
        Ok(match spec {
            ProbeSpec::Command { argv, chdir, rc, max_bytes } => Probe::Command {
                argv: self.words(argv, view)?,
                chdir: maybe(chdir)?,
                rc: rc.clone(),
                max_bytes: *max_bytes,
            },
            ProbeSpec::Shell { cmd, chdir, rc, max_bytes } => Probe::Shell {
                cmd: self.jinja().render_shell(cmd, view)?,
                chdir: maybe(chdir)?,
                rc: rc.clone(),
                max_bytes: *max_bytes,
            },
            ProbeSpec::Script { script, rc, max_bytes } => Probe::Script {
                source: script.source.clone(),
                args: self.words(&script.args, view)?,
                interpreter: script.interpreter.clone(),
                rc: rc.clone(),
                max_bytes: *max_bytes,
            },
            ProbeSpec::Nagios { argv } => Probe::Nagios { argv: self.words(argv, view)? },
            ProbeSpec::File { path } => Probe::File { path: text(path)? },
            ProbeSpec::UnixSocket { path } => Probe::UnixSocket { path: text(path)? },
            ProbeSpec::StreamLocal { path, http_get } => {
                Probe::StreamLocal { path: text(path)?, http_get: maybe(http_get)? }
            }
            ProbeSpec::Tcp { host, port } => Probe::Tcp { host: text(host)?, port: self.port(port, view)? },
            ProbeSpec::Clock => Probe::Clock,
            ProbeSpec::Connection => Probe::Connection,
            // Definitions and manual items are decided before anything is asked.
            ProbeSpec::Inventory | ProbeSpec::Definition { .. } | ProbeSpec::Manual { .. } => Probe::Inventory,
        })
    }

    /// Words of an argument list; a template that gives a list gives several.
    fn words(&self, templates: &[Template], view: &Value) -> Result<Vec<String>, Unprepared> {
        let mut words = Vec::with_capacity(templates.len());
        for template in templates {
            let value = self.jinja().render_native(template, view)?;
            match value.try_iter() {
                Ok(items) if value.as_str().is_none() => words.extend(items.map(|item| item.to_string())),
                _ => words.push(value.to_string()),
            }
        }
        Ok(words)
    }

    fn port(&self, template: &Template, view: &Value) -> Result<u16, Unprepared> {
        let text = self.jinja().render(template, view)?;
        text.trim().parse().map_err(|_| Unprepared::NoPort(text.clone()))
    }
}

/// Whether the expression speaks of the loop's item, so that it can only be judged item by item.
fn mentions_item(expression: &Expression) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    expression.source().split(|c| !is_word(c)).any(|word| word == "item")
}

/// An item as a reader sees it: its name where it has one.
fn item_text(item: &Value) -> String {
    if item.as_str().is_none()
        && let Ok(name) = item.get_attr("name")
        && let Some(name) = name.as_str()
    {
        return name.to_owned();
    }
    item.to_string()
}

fn not_met(condition: &str) -> Text {
    Text::new(format!("does not apply here (`{condition}`)"), format!("ここでは対象外です（`{condition}`）"))
}

fn nothing_to_check() -> Text {
    Text::new("nothing of this kind here", "該当するものがありません")
}

/// A finding as the item that a check's messages see.
fn item(finding: &Finding) -> (Value, String) {
    (Value::from(Serde(&finding.facts)), finding.subject.clone())
}

fn only_hive() -> Text {
    Text::new("only for hive-builder projects", "hive-builder のプロジェクトだけが対象です")
}

fn unread(file: &Path) -> Text {
    let file = file.display();
    Text::new(
        format!("could not be judged, because `{file}` cannot be read"),
        format!("`{file}` を読み取れないため判定できません"),
    )
}

fn needs_allow_active() -> Text {
    Text::new(
        "does more than reading; runs only with `--allow-active`",
        "読み取り以外の操作を伴うため `--allow-active` を指定したときだけ実行します",
    )
}

fn expression_error(error: &Unprepared) -> Preset {
    Preset::Error(
        ErrorKind::Expression,
        Text::new(
            format!("the check could not be prepared: {error}"),
            format!("チェックを準備できませんでした: {error}"),
        ),
    )
}
