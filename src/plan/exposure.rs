//! Secrets in questions: whether a probe, filled in, would show one to everybody on the host who lists the processes.

use crate::{
    catalog::{ProbeSpec, Template},
    probe::Probe,
    secret::Redactor,
};

/// Where a question holds a secret that its check does not hold itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exposure {
    /// Nowhere.
    None,
    /// In text that only a shell reads, which can be handed to it unseen.
    ShellText,
    /// Among the words of a program.
    Words,
}

/// Looks at `probe`, which was made of `spec`.
pub(super) fn of(probe: &Probe, spec: &ProbeSpec, redactor: &Redactor) -> Exposure {
    let source = templates(spec).into_iter().map(Template::source).collect::<Vec<_>>().join("\n");
    let holds = |text: &str| redactor.holds(text, &source);
    match probe {
        Probe::Shell { cmd, .. } if holds(cmd) => Exposure::ShellText,
        Probe::Command { argv, .. } | Probe::Nagios { argv } if argv.iter().any(|word| holds(word)) => Exposure::Words,
        Probe::Script { args, .. } if args.iter().any(|word| holds(word)) => Exposure::Words,
        Probe::File { path } | Probe::UnixSocket { path } if holds(path) => Exposure::Words,
        Probe::Tcp { host, .. } if holds(host) => Exposure::Words,
        _ => Exposure::None,
    }
}

fn templates(spec: &ProbeSpec) -> Vec<&Template> {
    match spec {
        ProbeSpec::Command { argv, .. } | ProbeSpec::Nagios { argv } => argv.iter().collect(),
        ProbeSpec::Shell { cmd, .. } => vec![cmd],
        ProbeSpec::Script { script, .. } => script.args.iter().collect(),
        ProbeSpec::File { path } | ProbeSpec::UnixSocket { path } | ProbeSpec::StreamLocal { path, .. } => vec![path],
        ProbeSpec::Tcp { host, .. } => vec![host],
        ProbeSpec::Clock
        | ProbeSpec::Connection
        | ProbeSpec::Inventory
        | ProbeSpec::Definition { .. }
        | ProbeSpec::Manual { .. } => Vec::new(),
    }
}
