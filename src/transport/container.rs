//! A container of this machine: scripts by `docker exec -i CONTAINER sh`, or podman's.

use std::{process::Command, time::Instant};

use super::{
    credentials::Credentials,
    endpoint::{ContainerEndpoint, ExecLimits, ExecOutput},
    error::{ContainerFault, TransportError, TransportErrorKind as Kind},
    facts::SessionFacts,
    local,
};
use crate::stop::Stop;

/// What is kept of the program's answer about the container.
const ANSWER: usize = 4096;

/// A container that runs.
#[derive(Debug)]
pub struct ContainerSession {
    endpoint: ContainerEndpoint,
    stop: Stop,
}

/// Asks the program whether the container runs.
pub(super) fn open(
    endpoint: &ContainerEndpoint,
    credentials: &Credentials,
    deadline: Instant,
) -> Result<ContainerSession, TransportError> {
    let session = ContainerSession { endpoint: endpoint.clone(), stop: credentials.stop.clone() };
    let name = &endpoint.container;
    if name.is_empty() || name.starts_with('-') {
        return Err(session.error(ContainerFault::Missing));
    }
    let mut command = Command::new(endpoint.program);
    command.args(["container", "inspect", "--format", "{{.State.Status}}", name]).env("LC_ALL", "C");
    let output = session.run(&mut command, "", &limits(deadline))?;
    let (said, error) = (words(&output.stdout), words(&output.stderr));
    match (output.exit_status, said.as_str()) {
        (Some(0), "running") => Ok(session),
        (Some(0), status) => Err(session.error(ContainerFault::NotRunning(status.to_owned()))),
        _ if output.timed_out => Err(session.error(ContainerFault::Other("it gave no answer in time".to_owned()))),
        _ => Err(session.error(fault(&error))),
    }
}

fn limits(deadline: Instant) -> ExecLimits<'static> {
    ExecLimits { deadline, max_stdout: ANSWER, max_stderr: ANSWER, last_mark: None }
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// What the program's words mean.
fn fault(said: &str) -> ContainerFault {
    let lower = said.to_lowercase();
    if lower.contains("permission denied") {
        ContainerFault::Forbidden(said.to_owned())
    } else if lower.contains("cannot connect to") || lower.contains("is the docker daemon running") {
        ContainerFault::NoDaemon(said.to_owned())
    } else if lower.contains("no such container") || lower.contains("no such object") {
        ContainerFault::Missing
    } else {
        ContainerFault::Other(if said.is_empty() { "it said nothing".to_owned() } else { said.to_owned() })
    }
}

impl ContainerSession {
    pub(super) fn exec(&mut self, script: &str, limits: &ExecLimits<'_>) -> Result<ExecOutput, TransportError> {
        let mut command = Command::new(self.endpoint.program);
        command.args(["exec", "-i"]);
        if let Some(user) = &self.endpoint.user {
            command.arg(format!("--user={user}"));
        }
        self.run(command.args([self.endpoint.container.as_str(), "sh"]), script, limits)
    }

    fn run(&self, command: &mut Command, script: &str, limits: &ExecLimits<'_>) -> Result<ExecOutput, TransportError> {
        local::run(command, script, limits, &self.stop).map_err(|error| {
            let detail = format!("`{}`: {error}", self.endpoint.program);
            TransportError { kind: Box::new(Kind::Local { detail }), ..self.error(ContainerFault::Missing) }
        })
    }

    fn error(&self, fault: ContainerFault) -> TransportError {
        let ContainerEndpoint { program, container, user } = &self.endpoint;
        TransportError {
            host: container.clone(),
            address: None,
            port: 0,
            user: user.clone().unwrap_or_default(),
            kind: Box::new(Kind::Container { program, fault }),
        }
    }

    pub(super) fn facts(&self) -> SessionFacts {
        SessionFacts {
            kind: self.endpoint.program,
            banner: None,
            software: None,
            address: self.endpoint.container.clone(),
            port: None,
            user: self.endpoint.user.clone().unwrap_or_default(),
            host_key: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_words_are_told_apart() {
        let daemon =
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
        let denied =
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";
        assert_eq!(fault(daemon), ContainerFault::NoDaemon(daemon.to_owned()));
        assert_eq!(fault(denied), ContainerFault::Forbidden(denied.to_owned()));
        assert_eq!(fault("Error response from daemon: No such container: x"), ContainerFault::Missing);
        assert_eq!(fault("Error: No such object: x"), ContainerFault::Missing);
        assert_eq!(fault("panic"), ContainerFault::Other("panic".to_owned()));
    }
}
