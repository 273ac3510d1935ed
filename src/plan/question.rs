//! What is asked of a host for one task: probes with every value filled in.

use std::{sync::Arc, time::Duration};

use minijinja::value::Value;

use super::{
    Question,
    exposure::{self, Exposure},
    planner::Planner,
};
use crate::{
    catalog::{Evidence, Expression, ProbeSpec, Template},
    jinja::JinjaError,
    probe::Probe,
};

/// Why a check cannot be asked on a host.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unprepared {
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

impl Planner<'_> {
    pub(super) fn questions(&self, view: &Value) -> Result<Vec<Question>, Unprepared> {
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
