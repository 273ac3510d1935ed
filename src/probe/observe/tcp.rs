//! `tcp`: what became of a connection from the host.

use serde_json::Value;

use super::{Answer, Observation, ProbeError, evidence, observation};

/// Status of a shell whose child was ended by the probe's watcher (`SIGKILL`).
const KILLED: i32 = 128 + 9;

/// The words of each state, as the C library and the tools say them.
const STATES: [(&str, &[&str]); 4] = [
    ("refused", &["onnection refused"]),
    (
        "unresolved",
        &[
            "Name or service not known",
            "name resolution",
            "No address associated",
            "Name does not resolve",
            "nodename nor servname",
            "bad address",
            "Unknown host",
            "hostname not supported",
            "Name has no usable address",
        ],
    ),
    ("timeout", &["timed out"]),
    (
        "unreachable",
        &[
            "No route to host",
            "unreachable",
            "Cannot assign requested address",
            "Operation not permitted",
            "Host is down",
        ],
    ),
];

/// From the exit status of the tool that connected, and its words.
pub(super) fn read(host: &str, port: u16, answer: &Answer) -> Result<Observation, ProbeError> {
    let tool = evidence::first_line(&answer.stdout);
    if tool.is_empty() {
        return Err(ProbeError::MissingTool("bash, python3, perl or nc".to_owned()));
    }
    let words = String::from_utf8_lossy(&answer.stderr);
    let state = state(answer.status, &words)
        .ok_or_else(|| ProbeError::Unreadable(format!("`{tool}` said: {}", evidence::first_line(&answer.stderr))))?;
    let lines = vec![
        evidence::asked_line(&format!("connect to {host} port {port} (with {tool})")),
        match evidence::first_line(&answer.stderr) {
            line if line.is_empty() => state.to_owned(),
            line => format!("{state}: {line}"),
        },
    ];
    let values = vec![("state", Value::from(state)), ("host", Value::from(host)), ("port", Value::from(port))];
    Ok(observation(values, answer.duration, lines))
}

fn state(status: i32, words: &str) -> Option<&'static str> {
    match status {
        0 => Some("open"),
        KILLED => Some("timeout"),
        _ => {
            let said = |needles: &[&str]| needles.iter().any(|needle| words.contains(needle));
            STATES.iter().find(|(_, needles)| said(needles)).map(|(state, _)| *state)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_tools() {
        for (words, expected) in [
            (
                "bash: connect: Connection refused\nbash: line 1: /dev/tcp/127.0.0.1/1: Connection refused",
                Some("refused"),
            ),
            ("[Errno 111] Connection refused", Some("refused")),
            ("nc: connect to 127.0.0.1 port 1 (tcp) failed: Connection refused", Some("refused")),
            ("bash: connect: No route to host", Some("unreachable")),
            ("bash: connect: Network is unreachable", Some("unreachable")),
            ("bash: connect: Connection timed out", Some("timeout")),
            ("bash: nowhere.invalid: Name or service not known", Some("unresolved")),
            ("bash: h: Temporary failure in name resolution", Some("unresolved")),
            ("nc: bad address 'nowhere.invalid'", Some("unresolved")),
            ("bash: /dev/tcp/127.0.0.1/1: No such file or directory", None),
        ] {
            assert_eq!(state(1, words), expected, "{words}");
        }
        assert_eq!((state(0, ""), state(KILLED, "")), (Some("open"), Some("timeout")));
    }
}
