//! YAML inventories: groups with `hosts`, `vars` and `children`.

use super::{
    Var, address,
    error::{MAX_PROBLEMS, Problem, Reason, SourceText, WarningKind, shortened},
    structure::{Builder, StructureFault},
    tree::{Data, Entry, Key, Mapping, Mark, Node},
};
use crate::nearest::nearest;

/// Reading ended at a problem.
pub(super) struct Stopped;

type Step = Result<(), Stopped>;

/// The keys of a group.
const SECTIONS: [&str; 3] = ["vars", "children", "hosts"];

/// Reads an inventory in YAML or JSON into `builder`. What was read before a problem stays, as with Ansible; with
/// `keep_going` the rest is looked at too, to find every problem.
pub(super) fn read(source: &SourceText, root: Option<Node>, builder: &mut Builder, keep_going: bool) -> Vec<Problem> {
    let mut reader = Reader { source, builder, problems: Vec::new(), keep_going };
    let _ = reader.top(root);
    reader.problems
}

struct Reader<'a> {
    source: &'a SourceText,
    builder: &'a mut Builder,
    problems: Vec<Problem>,
    keep_going: bool,
}

impl Reader<'_> {
    fn fail(&mut self, mark: Mark, reason: impl Into<Reason>) -> Step {
        let reason = reason.into();
        let goes_on = self.keep_going && self.problems.len() + 1 < MAX_PROBLEMS && !is_limit(&reason);
        self.problems.push(self.source.problem(mark, reason));
        if goes_on { Ok(()) } else { Err(Stopped) }
    }

    fn check(&mut self, mark: Mark, result: Result<(), StructureFault>) -> Step {
        result.or_else(|fault| self.fail(mark, fault))
    }

    fn warn(&mut self, mark: Mark, kind: WarningKind) {
        let warning = self.source.warning(mark, kind);
        self.builder.warnings.push(warning);
    }

    fn top(&mut self, root: Option<Node>) -> Step {
        let start = Mark { line: 1, column: 1 };
        let Some(root) = root.filter(Node::truthy) else { return self.fail(start, StructureFault::Empty) };
        let (mark, found) = (root.mark, root.kind());
        if let Some(plugin) = root.get("plugin").filter(|plugin| plugin.truthy()) {
            return self.fail(plugin.mark, StructureFault::PluginFile);
        }
        let Data::Map(groups) = root.data else { return self.fail(mark, StructureFault::NoMapping { found }) };
        for (key, entry) in groups {
            self.group(key, entry)?;
        }
        Ok(())
    }

    /// Reads a group and returns the name that its parent adds as a child.
    fn group(&mut self, key: Key, entry: Entry) -> Result<Option<String>, Stopped> {
        let Entry { key_mark, node } = entry;
        let found = node.kind();
        if !matches!(node.data, Data::Map(_) | Data::Null) {
            self.warn(key_mark, WarningKind::SkippedGroup { group: key.shown(), found });
            return Ok(Some(key.shown()));
        }
        let Key::Str(name) = key else {
            let empty = matches!(key, Key::Null | Key::Bool(false) | Key::Int(0));
            let fault = if empty { StructureFault::EmptyGroup } else { StructureFault::GroupType(key.shown()) };
            return self.fail(key_mark, fault).map(|()| None);
        };
        let location = self.source.location(key_mark);
        let group = match self.builder.add_group(&name, Some(&location)) {
            Ok(group) => group,
            Err(fault) => return self.fail(key_mark, fault).map(|()| None),
        };
        if let Data::Map(sections) = node.data {
            self.sections(group, &name, sections)?;
        }
        Ok(Some(name))
    }

    fn sections(&mut self, group: usize, name: &str, mut sections: Mapping) -> Step {
        for section in SECTIONS {
            let Some(entry) = sections.get_mut(&super::tree::named(section)) else { continue };
            as_mapping(&mut entry.node);
            let (mark, found) = (entry.node.mark, entry.node.kind());
            if !matches!(entry.node.data, Data::Map(_) | Data::Null) {
                self.fail(mark, StructureFault::Section { section, group: name.to_owned(), found })?;
            }
        }
        for (key, entry) in sections {
            match (key.as_str(), entry.node.data) {
                (Some("vars"), Data::Map(vars)) => self.vars(group, vars)?,
                (Some("children"), Data::Map(children)) => self.children(group, children)?,
                (Some("hosts"), Data::Map(hosts)) => self.hosts(group, hosts)?,
                (Some("vars" | "children" | "hosts"), _) => {}
                _ => {
                    self.warn(
                        entry.key_mark,
                        WarningKind::UnknownGroupKey {
                            group: name.to_owned(),
                            near: nearest(&key.shown(), SECTIONS),
                            key: key.shown(),
                        },
                    );
                }
            }
        }
        Ok(())
    }

    fn vars(&mut self, group: usize, vars: Mapping) -> Step {
        for (key, entry) in vars {
            let var = self.var(entry.key_mark, entry.node);
            let result = self.builder.set_group_variable(group, key.into_text(), var);
            self.check(entry.key_mark, result)?;
        }
        Ok(())
    }

    fn var(&self, mark: Mark, node: Node) -> Var {
        Var { value: node.into_value(), location: Some(self.source.location(mark)) }
    }

    fn children(&mut self, group: usize, children: Mapping) -> Step {
        for (key, entry) in children {
            let mark = entry.key_mark;
            if let Some(child) = self.group(key, entry)? {
                let result = self.builder.add_child(group, &child);
                self.check(mark, result)?;
            }
        }
        Ok(())
    }

    fn hosts(&mut self, group: usize, hosts: Mapping) -> Step {
        for (key, entry) in hosts {
            let mark = entry.key_mark;
            let Some(text) = key.as_str() else {
                self.fail(mark, StructureFault::HostType(key.shown()))?;
                continue;
            };
            match address::expand(text) {
                Ok(written) => self.host(group, text, &written, entry)?,
                Err(fault) => self.fail(mark, StructureFault::Range { text: shortened(text), fault })?,
            }
        }
        Ok(())
    }

    fn host(&mut self, group: usize, text: &str, written: &address::Written, entry: Entry) -> Step {
        let Entry { key_mark, node } = entry;
        let found = node.kind();
        let vars = match node.data {
            Data::Map(vars) => vars,
            _ if !node.truthy() => Mapping::new(),
            _ => {
                let fault = StructureFault::HostVars { host: text.to_owned(), found };
                return self.fail(node.mark, fault);
            }
        };
        let location = self.source.location(key_mark);
        let vars: Vec<_> = vars
            .into_iter()
            .map(|(key, entry)| (key.into_text(), entry.key_mark, self.var(entry.key_mark, entry.node)))
            .collect();
        for host in &written.hosts {
            let added = self.builder.add_host(host, Some(group), written.port.as_ref(), Some(&location));
            self.check(key_mark, added.map(|_| ()))?;
            for (name, mark, var) in &vars {
                let result = self.builder.set_variable(host, name.clone(), var.clone());
                self.check(*mark, result)?;
            }
        }
        Ok(())
    }
}

/// Whether reading on is of no use.
pub(super) fn is_limit(reason: &Reason) -> bool {
    matches!(reason, Reason::Structure(fault) if fault.is_limit())
}

/// One string stands for a mapping with that key.
fn as_mapping(node: &mut Node) {
    if let Data::Str(text) | Data::Unsafe(text) = &mut node.data {
        let entry = Entry { key_mark: node.mark, node: Node::new(node.mark, Data::Null) };
        node.data = Data::Map(Mapping::from_iter([(Key::Str(std::mem::take(text)), entry)]));
    }
}
