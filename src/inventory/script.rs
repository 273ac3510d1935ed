//! Executable inventories: `--list` prints a JSON object, `--host HOST` a host's variables.

use std::{
    io::{self, Read},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use indexmap::IndexSet;

use super::{
    Reason, Value, Var,
    document::{self, Bytes, MAX_FILE},
    error::{Problem, SourceText},
    json, python,
    source::{Printed, SourceFault},
    structure::{Builder, StructureFault},
    tree::{Data, Entry, Mapping, Node, named},
};
use crate::{
    secret::Redactor,
    stop::{Group, Stop},
};

/// How long the standard error of a script that has ended is waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How much of a script's standard error a message shows, in characters from its end.
const SHOWN_STDERR: usize = 500;

/// How much of it is kept, so that a secret is known before it is cut.
const KEPT_STDERR: usize = 64 * 1024;

/// Runs an executable inventory and adds what it prints. All its calls together may take as long as `limit`.
pub(super) fn read(
    path: &Path,
    bytes: &Bytes,
    limit: Duration,
    stop: &Stop,
    builder: &mut Builder,
) -> Result<(), Problem> {
    let script =
        Script { path, limit, deadline: Instant::now() + limit, stop, redactor: builder.vault.redactor().clone() };
    let result = if bytes.has_shebang() || bytes.is_program() {
        script.read(builder)
    } else {
        // The C library would hand it to a shell, which Python's `subprocess` does not do.
        Err(SourceFault::NoInterpreter.into())
    };
    result.map_err(|reason| Problem::of_source(path, reason))
}

struct Script<'a> {
    path: &'a Path,
    limit: Duration,
    deadline: Instant,
    stop: &'a Stop,
    redactor: Redactor,
}

impl Script<'_> {
    fn read(&self, builder: &mut Builder) -> Result<(), Reason> {
        let text = self.text(&["--list"])?;
        let node = json::parse(&text).map_err(|no| SourceFault::Output(Printed::NoJson(no.why)))?;
        let found = node.kind();
        let Data::Map(groups) = node.data else { return Err(SourceFault::Output(Printed::Other(found)).into()) };
        let mut hosts = IndexSet::new();
        let mut variables = None;
        for (key, entry) in groups {
            let name = key.into_text();
            if name == "_meta" {
                variables = host_variables(entry.node)?;
            } else {
                group(builder, &name, entry.node, &mut hosts)?;
            }
        }
        for host in hosts {
            let node = match &mut variables {
                Some(all) => all.swap_remove(&named(&host)).map(|entry| entry.node),
                None => Some(self.host(&host)?),
            };
            if let Some(node) = node {
                set_host_variables(builder, &host, node)?;
            }
        }
        Ok(())
    }

    /// What `--host` prints, which may be YAML too.
    fn host(&self, host: &str) -> Result<Node, Reason> {
        let text = self.text(&["--host", host])?;
        let source = SourceText { path: Arc::new(self.path.to_path_buf()), text };
        let parsed = document::parse(source).map_err(|_| SourceFault::Output(Printed::NoVariables(host.to_owned())))?;
        parsed.root.ok_or_else(|| SourceFault::Output(Printed::Nothing(host.to_owned())).into())
    }

    fn text(&self, arguments: &[&str]) -> Result<String, SourceFault> {
        let output = self.run(arguments)?;
        if !output.status.success() {
            let stderr = self.redactor.redact(String::from_utf8_lossy(&output.stderr).trim());
            let skip = stderr.chars().count().saturating_sub(SHOWN_STDERR);
            let stderr = stderr.chars().skip(skip).collect();
            return Err(SourceFault::Failed { status: ended(output.status), stderr });
        }
        String::from_utf8(output.stdout).map_err(|_| SourceFault::Output(Printed::NotUtf8))
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, SourceFault> {
        let start = |error: io::Error| SourceFault::Start(error.to_string());
        let program: PathBuf = std::path::absolute(self.path).map_err(start)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What it started ends with it.
        let mut group = Group::start(self.stop, &mut command).map_err(start)?;
        let stdout = collect(group.child.stdout.take()).map_err(start)?;
        let stderr = collect_end(group.child.stderr.take()).map_err(start)?;
        let (status, stdout) = self.wait(&mut group, &stdout)?;
        // What it said last may still be on its way; a child of its own that keeps the stream open is not waited for.
        let stderr = stderr.recv_timeout(LAST_WORDS).unwrap_or_default();
        Ok(Output { status, stdout, stderr })
    }

    fn wait(&self, group: &mut Group, stdout: &mpsc::Receiver<Vec<u8>>) -> Result<(ExitStatus, Vec<u8>), SourceFault> {
        let timeout = || SourceFault::Timeout { seconds: self.limit.as_secs() };
        let left = self.deadline.saturating_duration_since(Instant::now());
        let output = stdout.recv_timeout(left).map_err(|_| timeout())?;
        if output.len() as u64 > MAX_FILE {
            return Err(SourceFault::OutputTooLarge { limit: MAX_FILE });
        }
        if !group.ended_by(self.deadline) {
            return Err(timeout());
        }
        let status = group.finish().ok_or_else(|| SourceFault::Start("its end was lost".to_owned()))?;
        Ok((status, output))
    }
}

struct Output {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Reads a stream to its end, or to one byte more than is taken. An error where the user may start no further thread.
pub(super) fn collect(stream: Option<impl Read + Send + 'static>) -> io::Result<mpsc::Receiver<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            // What was read before an error is what there is.
            let _ = stream.take(MAX_FILE + 1).read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    })?;
    Ok(receiver)
}

/// Reads a stream to its end, however long that is, and keeps the last of it.
fn collect_end(stream: Option<impl Read + Send + 'static>) -> io::Result<mpsc::Receiver<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let mut end = Vec::new();
        let mut chunk = [0; 4096];
        let mut stream = stream;
        while let Some(count) =
            stream.as_mut().and_then(|stream| stream.read(&mut chunk).ok()).filter(|count| *count > 0)
        {
            end.extend_from_slice(&chunk[..count]);
            end.drain(..end.len().saturating_sub(KEPT_STDERR));
        }
        let _ = sender.send(end);
    })?;
    Ok(receiver)
}

pub(super) fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown end".to_owned(),
    }
}

/// `_meta.hostvars`; nothing where the script has to be asked for every host.
fn host_variables(meta: Node) -> Result<Option<Mapping>, SourceFault> {
    let found = meta.kind();
    let mut meta = match meta.data {
        Data::Map(meta) => meta,
        // Python's `in` looks into lists and text, too, and only stumbles where it finds the word.
        Data::List(list) if !list.iter().any(|node| node.as_str() == Some("hostvars")) => return Ok(None),
        Data::Str(text) if !text.contains("hostvars") => return Ok(None),
        _ => return Err(SourceFault::Output(Printed::Meta(found))),
    };
    let Some(entry) = meta.shift_remove(&named("hostvars")) else { return Ok(None) };
    match entry.node.data {
        Data::Map(map) => Ok(Some(map)),
        Data::Null => Ok(None),
        _ => Err(SourceFault::Output(Printed::HostVars(entry.node.kind()))),
    }
}

fn set_host_variables(builder: &mut Builder, host: &str, node: Node) -> Result<(), Reason> {
    let found = node.kind();
    let Data::Map(vars) = node.data else {
        return Err(StructureFault::HostVars { host: host.to_owned(), found }.into());
    };
    builder.add_host(host, None, None, None)?;
    for (key, entry) in vars {
        builder.set_variable(host, key.into_text(), var(entry))?;
    }
    Ok(())
}

fn var(entry: Entry) -> Var {
    Var { value: entry.node.into_value(), location: None }
}

fn group(builder: &mut Builder, name: &str, node: Node, hosts: &mut IndexSet<String>) -> Result<(), Reason> {
    let place = builder.add_group(name, None)?;
    let Data::Map(mut sections) = node.data else { return members(builder, name, place, node, hosts) };
    if !["hosts", "vars", "children"].iter().any(|section| sections.contains_key(&named(section))) {
        // The short form: variables of a host that is called like the group.
        hosts.insert(name.to_owned());
        builder.add_host(name, Some(place), None, None)?;
        return variables(builder, place, sections);
    }
    if let Some(entry) = sections.shift_remove(&named("hosts")) {
        members(builder, name, place, entry.node, hosts)?;
    }
    if let Some(entry) = sections.shift_remove(&named("vars")) {
        let found = entry.node.kind();
        let Data::Map(vars) = entry.node.data else {
            return Err(StructureFault::Section { section: "vars", group: name.to_owned(), found }.into());
        };
        variables(builder, place, vars)?;
    }
    if let Some(entry) = sections.shift_remove(&named("children")) {
        children(builder, name, place, entry.node)?;
    }
    Ok(())
}

fn members(
    builder: &mut Builder,
    name: &str,
    group: usize,
    node: Node,
    hosts: &mut IndexSet<String>,
) -> Result<(), Reason> {
    let found = node.kind();
    let Data::List(list) = node.data else {
        return Err(SourceFault::Output(Printed::Hosts { group: name.to_owned(), found }).into());
    };
    for node in list {
        let host = text(node, StructureFault::HostType)?;
        builder.add_host(&host, Some(group), None, None)?;
        hosts.insert(host);
    }
    Ok(())
}

fn variables(builder: &mut Builder, group: usize, vars: Mapping) -> Result<(), Reason> {
    for (key, entry) in vars {
        builder.set_group_variable(group, key.into_text(), var(entry))?;
    }
    Ok(())
}

/// Python walks over a list, over a mapping's keys, and over a string's characters.
fn children(builder: &mut Builder, name: &str, group: usize, node: Node) -> Result<(), Reason> {
    let found = node.kind();
    let names: Vec<String> = match node.data {
        Data::List(list) => {
            list.into_iter().map(|node| text(node, StructureFault::GroupType)).collect::<Result<_, _>>()?
        }
        Data::Map(map) => map.into_keys().map(super::tree::Key::into_text).collect(),
        Data::Str(text) => text.chars().map(String::from).collect(),
        _ => return Err(SourceFault::Output(Printed::Children { group: name.to_owned(), found }).into()),
    };
    for child in names {
        let place = builder.add_group(&child, None)?;
        builder.add_child_group(group, place)?;
    }
    Ok(())
}

fn text(node: Node, fault: fn(String) -> StructureFault) -> Result<String, StructureFault> {
    match node.data {
        Data::Str(text) | Data::Unsafe(text) => Ok(text),
        Data::Null => Err(fault("null".to_owned())),
        _ => Err(fault(match node.into_value() {
            Value::Int(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::BigInt(text) => text,
            Value::Float(number) => python::float(number),
            Value::List(_) => "[...]".to_owned(),
            _ => "{...}".to_owned(),
        })),
    }
}
