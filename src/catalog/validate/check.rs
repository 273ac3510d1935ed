//! A check and a FAQ entry as a whole.

use std::{collections::HashSet, ops::Range, str::FromStr, time::Duration};

use super::{Use, Validator, When};
use crate::{
    catalog::{
        CheckId, FaqId,
        check::{Check, Evidence, FaqEntry, SeveritySpec, Template, TextTemplate},
        problem::ProblemKind,
        raw::{RawCheck, RawEvidence, RawFaq, RawProbe},
        shape::{OneOrMany, RawLoop, RawSeverity},
        tree::Node,
    },
    inventory::Pattern,
    judge::Severity,
    location::Location,
};

/// Seconds that a probe may take at most.
const MAX_TIMEOUT: u32 = 3600;
/// The observation's name where the check gives none.
const DEFAULT_REGISTER: &str = "result";
/// Names that the plan gives to every expression.
const RESERVED: [&str; 10] = [
    "item",
    "hive",
    "services",
    "phase",
    "connection",
    "groups",
    "group_names",
    "hostvars",
    "inventory_hostname",
    "vars",
];

/// What a check names in other files, and where.
#[derive(Debug, Default)]
pub(in crate::catalog) struct References {
    /// Checks of `needs`.
    pub(in crate::catalog) needs: Vec<(CheckId, Range<usize>)>,
    /// The FAQ entry.
    pub(in crate::catalog) faq: Option<(FaqId, Range<usize>)>,
}

/// Turns a raw check into a valid one; what breaks a rule is reported to `validator`.
pub(in crate::catalog) fn check(
    validator: &mut Validator<'_>,
    raw: RawCheck,
    node: &Node,
    id: CheckId,
    location: Location,
) -> (Check, References) {
    validator.observed = observed(&raw);
    validator.register_names(&raw, node);
    let manual = raw.manual.is_some() || node.has("manual");
    if manual {
        validator.only_manual(node);
    }
    let references = validator.references(&raw, node);
    let check = Check {
        id,
        title: validator.words(raw.title, node, "title"),
        why: validator.words(raw.why, node, "why"),
        hosts: validator.hosts(raw.hosts, node),
        when: validator.expressions(raw.when, node, "when", When::Early),
        needs: references.needs.iter().map(|(id, _)| id.clone()).collect(),
        phases: raw.phases.unwrap_or_default(),
        tags: raw.tags.unwrap_or_default().0,
        r#become: raw.r#become.unwrap_or_default(),
        timeout: validator.timeout(raw.timeout, node),
        r#loop: raw.r#loop.map(|raw| validator.loop_items(raw, node.at("loop"))),
        vars: validator.vars(raw.vars.unwrap_or_default(), node.at("vars")),
        that: validator.that(raw.that, manual || raw.probe.as_ref().is_some_and(decides_itself), node),
        probe: if manual { validator.manual(raw.manual, node) } else { validator.probe(raw.probe, node) },
        register: raw.register.unwrap_or_else(|| DEFAULT_REGISTER.to_owned()),
        evidence: validator.evidence(raw.evidence.unwrap_or_default(), node.at("evidence")),
        skip_when: validator.expressions(raw.skip_when, node, "skip_when", When::Late),
        skip_msg: raw.skip_msg.map(|text| validator.message(Some(text), node, "skip_msg")),
        error_when: validator.expressions(raw.error_when, node, "error_when", When::Late),
        error_msg: raw.error_msg.map(|text| validator.message(Some(text), node, "error_msg")),
        severity: validator.severity(raw.severity, node),
        fail_msg: if manual { TextTemplate::default() } else { validator.message(raw.fail_msg, node, "fail_msg") },
        success_msg: raw.success_msg.map(|text| validator.message(Some(text), node, "success_msg")),
        remedy: validator.remedy(raw.remedy, node),
        faq: references.faq.as_ref().map(|(id, _)| id.clone()),
        effect: raw.effect.unwrap_or_default(),
        waivable: raw.waivable.unwrap_or(true),
        location,
    };
    (check, references)
}

/// Turns a raw FAQ entry into a valid one.
pub(in crate::catalog) fn faq(
    validator: &mut Validator<'_>,
    raw: RawFaq,
    node: &Node,
    id: FaqId,
    location: Location,
) -> FaqEntry {
    FaqEntry {
        id,
        title: validator.words(raw.title, node, "title"),
        message: raw.message,
        phases: raw.phases.unwrap_or_default(),
        text: validator.words(raw.text, node, "text"),
        url: raw.url,
        remedy: validator.remedy(raw.remedy, node),
        location,
    }
}

fn observed(raw: &RawCheck) -> Vec<String> {
    let evidence = raw.evidence.iter().flatten().filter_map(|evidence| evidence.register.clone());
    let main = raw.register.clone().unwrap_or_else(|| DEFAULT_REGISTER.to_owned());
    evidence.chain([main]).collect()
}

impl Validator<'_> {
    fn register_names(&mut self, raw: &RawCheck, node: &Node) {
        let mut taken: HashSet<String> =
            HashSet::from([raw.register.clone().unwrap_or_else(|| DEFAULT_REGISTER.to_owned())]);
        if let Some(name) = &raw.register {
            self.register_name(name, node.at("register"), &HashSet::new());
        }
        for (at, evidence) in raw.evidence.iter().flatten().enumerate() {
            let entry = node.at("evidence").item(at);
            if let Some(name) = &evidence.register {
                self.register_name(name, entry.at("register"), &taken);
                taken.insert(name.clone());
            }
        }
        for name in raw.vars.iter().flat_map(|vars| vars.keys()) {
            let at = node.at("vars");
            let at = at.entry(name).map_or(at, |entry| &entry.key);
            self.register_name(name, at, &taken);
        }
    }

    fn register_name(&mut self, name: &str, node: &Node, taken: &HashSet<String>) {
        if !is_identifier(name) {
            self.report(node, ProblemKind::InvalidIdentifier { name: name.to_owned() });
        } else if RESERVED.contains(&name) {
            self.report(node, ProblemKind::NameClash { name: name.to_owned(), what: "what every expression sees" });
        } else if taken.contains(name) {
            self.report(node, ProblemKind::NameClash { name: name.to_owned(), what: "an observation of this check" });
        }
    }

    fn references(&mut self, raw: &RawCheck, node: &Node) -> References {
        let needs = raw.needs.as_ref().map_or(&[][..], |needs| &needs.0);
        let at = |index: usize| node.at("needs").item(index);
        References {
            needs: needs.iter().enumerate().filter_map(|(index, id)| self.name(id, at(index))).collect(),
            faq: raw.faq.as_ref().and_then(|id| self.name(id, node.at("faq"))),
        }
    }

    fn name<T: FromStr<Err: std::fmt::Display>>(&mut self, text: &str, node: &Node) -> Option<(T, Range<usize>)> {
        match text.parse() {
            Ok(name) => Some((name, node.range.clone())),
            Err(error) => {
                self.report(node, ProblemKind::InvalidName { detail: error.to_string() });
                None
            }
        }
    }

    fn hosts(&mut self, raw: Option<String>, node: &Node) -> Pattern {
        let everyone = || "all".parse().expect("`all` is a host pattern");
        match raw {
            None => {
                self.missing(node, "hosts", Some("hosts: servers"));
                everyone()
            }
            Some(text) => match self.name(&text, node.at("hosts")) {
                Some((pattern, _)) => pattern,
                None => everyone(),
            },
        }
    }

    fn timeout(&mut self, raw: Option<f64>, node: &Node) -> Option<Duration> {
        let seconds = raw?;
        let duration = Duration::try_from_secs_f64(seconds).ok();
        let valid = duration.filter(|time| !time.is_zero() && *time <= Duration::from_secs(MAX_TIMEOUT.into()));
        if valid.is_none() {
            self.report(node.at("timeout"), ProblemKind::Timeout { max: MAX_TIMEOUT });
        }
        valid
    }

    fn loop_items(&mut self, raw: RawLoop, node: &Node) -> Template {
        let source = match raw {
            RawLoop::Template(source) => source,
            RawLoop::List(items) => literal(&items.into()).map(|list| format!("{{{{ {list} }}}}")).unwrap_or_default(),
        };
        let template = self.template(&source, node, Use::Text, When::Early);
        if !template.is_expression() && !template.source().is_empty() || source.trim().is_empty() {
            self.report(node, ProblemKind::Loop);
        }
        template
    }

    fn vars(
        &mut self,
        vars: indexmap::IndexMap<String, serde_json::Value>,
        node: &Node,
    ) -> indexmap::IndexMap<String, serde_json::Value> {
        for (name, value) in &vars {
            self.templates_within(value, node.at(name));
        }
        vars
    }

    fn templates_within(&mut self, value: &serde_json::Value, node: &Node) {
        match value {
            serde_json::Value::String(text) => {
                self.template(text, node, Use::Text, When::Late);
            }
            serde_json::Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| self.templates_within(item, node.item(at)));
            }
            serde_json::Value::Object(map) => {
                map.iter().for_each(|(key, value)| self.templates_within(value, node.at(key)));
            }
            _ => {}
        }
    }

    fn that(&mut self, raw: Option<OneOrMany>, may_be_absent: bool, node: &Node) -> Vec<super::Expression> {
        match &raw {
            None if may_be_absent => {}
            None => self.missing(node, "that", Some("that: result.rc == 0")),
            Some(list) if list.0.iter().all(|source| source.trim().is_empty()) => {
                self.report(node.at("that"), ProblemKind::Blank { key: "that".to_owned() });
                return Vec::new();
            }
            Some(_) => {}
        }
        self.expressions(raw, node, "that", When::Late)
    }

    fn evidence(&mut self, raw: Vec<RawEvidence>, node: &Node) -> Vec<Evidence> {
        raw.into_iter().enumerate().map(|(at, evidence)| self.one_evidence(evidence, node.item(at))).collect()
    }

    fn one_evidence(&mut self, raw: RawEvidence, node: &Node) -> Evidence {
        Evidence {
            register: self.filled(raw.register, node, "register"),
            r#become: raw.r#become.unwrap_or_default(),
            when: self.expressions(raw.when, node, "when", When::Early),
            timeout: self.timeout(raw.timeout, node),
            probe: self.probe(raw.probe, node),
        }
    }

    fn severity(&mut self, raw: Option<RawSeverity>, node: &Node) -> SeveritySpec {
        let Some(RawSeverity(text)) = raw else { return SeveritySpec::Fixed(Severity::default()) };
        if let Ok(severity) = text.parse() {
            return SeveritySpec::Fixed(severity);
        }
        let template = self.template(&text, node.at("severity"), Use::Text, When::Late);
        if template.is_constant() && !template.source().is_empty() || text.is_empty() {
            let known: Vec<String> = ["error", "warning", "info"].map(str::to_owned).into();
            let nearest = crate::nearest::nearest(&text, known.iter().map(String::as_str)).map(str::to_owned);
            self.report(node.at("severity"), ProblemKind::UnknownVariant { value: text, known, nearest });
        }
        SeveritySpec::Computed(template)
    }
}

/// Whether the probe decides by itself, so that `that` may be absent.
fn decides_itself(probe: &RawProbe) -> bool {
    probe.nagios.is_some() || probe.definition.is_some()
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A list of the file as an expression; absent where an item is a text with templates among other words.
fn literal(value: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::Null => Some("none".to_owned()),
        Value::String(text) => literal_text(text),
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(literal).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Object(map) => {
            let pairs: Option<Vec<String>> =
                map.iter().map(|(key, value)| Some(format!("{}: {}", literal_text(key)?, literal(value)?))).collect();
            Some(format!("{{{}}}", pairs?.join(", ")))
        }
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

fn literal_text(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    match inner {
        Some(expression) if !expression.contains("{{") => Some(format!("({expression})")),
        _ if text.contains("{{") || text.contains("{%") => None,
        _ => Some(serde_json::Value::String(text.to_owned()).to_string()),
    }
}
