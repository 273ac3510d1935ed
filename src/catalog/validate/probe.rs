//! Probes: exactly one kind, with what it needs.

use super::{Use, Validator, When};
use crate::{
    catalog::{
        check::{ProbeSpec, ScriptSpec, Template},
        problem::ProblemKind,
        raw::{
            RawCommand, RawDefinition, RawNagios, RawPath, RawProbe, RawScript, RawShellCommand, RawStreamLocal, RawTcp,
        },
        shape::{OneOrMany, RawRc, RawShell, Scalar},
        tree::{Node, NodeKind},
    },
    probe::{ScriptSource, StatusSet},
};

/// Bytes of each stream that are kept where the check does not say.
const DEFAULT_MAX_BYTES: usize = 256 * 1024;
/// The most that a check may ask for.
const MAX_MAX_BYTES: u64 = 16 * 1024 * 1024;

impl Validator<'_> {
    /// The probe below `parent`'s key `probe`.
    pub(super) fn probe(&mut self, raw: Option<RawProbe>, parent: &Node) -> ProbeSpec {
        let Some(raw) = raw else {
            self.missing(parent, "probe", Some("probe: {command: {argv: [ssh, -V]}}"));
            return ProbeSpec::Inventory;
        };
        let node = parent.at("probe");
        self.count_kinds(node);
        self.kind(raw, node).unwrap_or(ProbeSpec::Inventory)
    }

    fn count_kinds(&mut self, node: &Node) {
        let NodeKind::Map(entries) = &node.kind else { return };
        let kinds: Vec<String> = entries.iter().filter_map(|entry| entry.key.text().map(str::to_owned)).collect();
        if kinds.len() != 1 {
            let range = entries.get(1).map_or(node.range.clone(), |second| second.key.range.clone());
            self.report_range(&range, ProblemKind::ProbeCount { kinds });
        } else if entries[0].value.is_null() {
            let key = kinds.into_iter().next().unwrap_or_default();
            self.report(&entries[0].key, ProblemKind::Blank { key });
        }
    }

    fn kind(&mut self, raw: RawProbe, node: &Node) -> Option<ProbeSpec> {
        let bare = [
            (raw.clock, ProbeSpec::Clock),
            (raw.connection, ProbeSpec::Connection),
            (raw.inventory, ProbeSpec::Inventory),
        ];
        None.or_else(|| raw.command.map(|raw| self.command_probe(raw, node.at("command"))))
            .or_else(|| raw.shell.map(|raw| self.shell_probe(raw, node.at("shell"))))
            .or_else(|| raw.script.map(|raw| self.script_probe(raw, node.at("script"))))
            .or_else(|| raw.nagios.map(|raw| self.nagios_probe(raw, node.at("nagios"))))
            .or_else(|| raw.file.map(|raw| ProbeSpec::File { path: self.path(raw, node.at("file")) }))
            .or_else(|| {
                raw.unix_socket.map(|raw| ProbeSpec::UnixSocket { path: self.path(raw, node.at("unix_socket")) })
            })
            .or_else(|| raw.stream_local.map(|raw| self.stream_local(raw, node.at("stream_local"))))
            .or_else(|| raw.tcp.map(|raw| self.tcp(raw, node.at("tcp"))))
            .or_else(|| raw.definition.and_then(|raw| self.definition(&raw, node.at("definition"))))
            .or_else(|| bare.into_iter().find_map(|(given, spec)| given.map(|_| spec)))
    }

    fn command_probe(&mut self, raw: RawCommand, node: &Node) -> ProbeSpec {
        ProbeSpec::Command {
            argv: self.argv(raw.argv, node),
            chdir: self.optional(raw.chdir.as_deref(), node, "chdir"),
            rc: statuses(raw.rc),
            max_bytes: self.max_bytes(raw.max_bytes, node),
        }
    }

    fn shell_probe(&mut self, raw: RawShell, node: &Node) -> ProbeSpec {
        match raw {
            RawShell::Text(cmd) => self.shell_long(RawShellCommand { cmd: Some(cmd), ..Default::default() }, node),
            RawShell::Long(long) => self.shell_long(long, node),
        }
    }

    fn shell_long(&mut self, raw: RawShellCommand, node: &Node) -> ProbeSpec {
        let cmd = self.filled(raw.cmd, node, "cmd");
        ProbeSpec::Shell {
            cmd: self.template(&cmd, node.at("cmd"), Use::Shell, When::Early),
            chdir: self.optional(raw.chdir.as_deref(), node, "chdir"),
            rc: statuses(raw.rc),
            max_bytes: self.max_bytes(raw.max_bytes, node),
        }
    }

    fn script_probe(&mut self, raw: RawScript, node: &Node) -> ProbeSpec {
        let name = self.filled(raw.file, node, "file");
        ProbeSpec::Script {
            script: ScriptSpec {
                source: self.script(name, node),
                args: self.arguments(raw.args.unwrap_or_default(), node.at("args")),
                interpreter: self.interpreter(raw.interpreter, node),
            },
            rc: statuses(raw.rc),
            max_bytes: self.max_bytes(raw.max_bytes, node),
        }
    }

    fn script(&mut self, name: String, node: &Node) -> ScriptSource {
        let body = match self.siblings.read(&name) {
            Ok(body) => body,
            Err(_) if name.is_empty() => "".into(),
            Err(detail) => {
                self.report(node.at("file"), ProblemKind::Script { name: name.clone(), detail: detail.to_string() });
                "".into()
            }
        };
        ScriptSource { name, body }
    }

    fn interpreter(&mut self, raw: Option<OneOrMany>, node: &Node) -> Vec<String> {
        let Some(OneOrMany(words)) = raw else { return vec!["sh".to_owned()] };
        let words = match words.as_slice() {
            [line] => shell_words::split(line).unwrap_or_default(),
            _ => words,
        };
        if words.is_empty() {
            self.report(node.at("interpreter"), ProblemKind::Blank { key: "interpreter".to_owned() });
        }
        words
    }

    fn nagios_probe(&mut self, raw: RawNagios, node: &Node) -> ProbeSpec {
        ProbeSpec::Nagios { argv: self.argv(raw.argv, node) }
    }

    fn path(&mut self, raw: RawPath, node: &Node) -> Template {
        let path = self.filled(raw.path, node, "path");
        self.early(&path, node.at("path"))
    }

    fn stream_local(&mut self, raw: RawStreamLocal, node: &Node) -> ProbeSpec {
        let path = self.filled(raw.path, node, "path");
        ProbeSpec::StreamLocal {
            path: self.early(&path, node.at("path")),
            http_get: self.optional(raw.http_get.as_deref(), node, "http_get"),
        }
    }

    fn tcp(&mut self, raw: RawTcp, node: &Node) -> ProbeSpec {
        let host = self.filled(raw.host, node, "host");
        let port = self.filled(raw.port.map(|port| port.0), node, "port");
        let port_template = self.early(&port, node.at("port"));
        if port_template.is_constant() && !port.is_empty() && !matches!(port.parse::<u16>(), Ok(1..)) {
            self.report(node.at("port"), ProblemKind::OutOfRange { key: "port", min: 1, max: u64::from(u16::MAX) });
        }
        ProbeSpec::Tcp { host: self.early(&host, node.at("host")), port: port_template }
    }

    fn definition(&mut self, raw: &RawDefinition, node: &Node) -> Option<ProbeSpec> {
        if raw.rule.is_none() {
            self.missing(node, "rule", Some("probe: {definition: {rule: quorum}}"));
        }
        raw.rule.map(|rule| ProbeSpec::Definition { rule })
    }

    fn argv(&mut self, raw: Option<Vec<Scalar>>, node: &Node) -> Vec<Template> {
        let argv = raw.unwrap_or_default();
        if argv.is_empty() {
            match node.entry("argv") {
                Some(entry) if matches!(&entry.value.kind, NodeKind::List(items) if items.is_empty()) => {
                    self.report(&entry.value, ProblemKind::Blank { key: "argv".to_owned() });
                }
                _ => self.missing(node, "argv", None),
            }
        }
        self.arguments(argv, node.at("argv"))
    }

    fn arguments(&mut self, raw: Vec<Scalar>, node: &Node) -> Vec<Template> {
        raw.into_iter().enumerate().map(|(at, argument)| self.early(&argument.0, node.item(at))).collect()
    }

    fn optional(&mut self, raw: Option<&str>, node: &Node, key: &str) -> Option<Template> {
        raw.map(|source| self.early(source, node.at(key)))
    }

    fn early(&mut self, source: &str, node: &Node) -> Template {
        self.template(source, node, Use::Text, When::Early)
    }

    fn max_bytes(&mut self, raw: Option<u64>, node: &Node) -> usize {
        let Some(bytes) = raw else { return DEFAULT_MAX_BYTES };
        if !(1..=MAX_MAX_BYTES).contains(&bytes) {
            let kind = ProblemKind::OutOfRange { key: "max_bytes", min: 1, max: MAX_MAX_BYTES };
            self.report(node.at("max_bytes"), kind);
        }
        usize::try_from(bytes).unwrap_or(DEFAULT_MAX_BYTES)
    }
}

fn statuses(raw: Option<RawRc>) -> StatusSet {
    match raw {
        Some(RawRc::Any) => StatusSet::Any,
        Some(RawRc::Only(list)) => StatusSet::Only(list),
        None => StatusSet::default(),
    }
}
