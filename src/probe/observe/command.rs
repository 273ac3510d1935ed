//! `command`, `shell` and `script`: exit status and both streams.

use serde_json::Value;

use super::{Answer, Observation, ProbeError, evidence, observation};
use crate::{probe::StatusSet, shell};

/// A program with arguments.
pub(super) fn command(argv: &[String], rc: &StatusSet, answer: &Answer) -> Result<Observation, ProbeError> {
    let tool = argv.first().map_or("", String::as_str);
    judge_status(rc, answer, Some(tool))?;
    Ok(told(&shell::join(argv), answer))
}

/// A text for `sh`.
pub(super) fn shell(cmd: &str, rc: &StatusSet, answer: &Answer) -> Result<Observation, ProbeError> {
    judge_status(rc, answer, None)?;
    Ok(told(cmd, answer))
}

/// A script of the check.
pub(super) fn script(
    name: &str,
    args: &[String],
    interpreter: &[String],
    rc: &StatusSet,
    answer: &Answer,
) -> Result<Observation, ProbeError> {
    let tool = interpreter.first().map(String::as_str).filter(|tool| *tool != "sh");
    judge_status(rc, answer, tool)?;
    let words = interpreter.iter().map(String::as_str).chain([name]).chain(args.iter().map(String::as_str));
    Ok(told(&shell::join(&words.collect::<Vec<_>>()), answer))
}

fn told(asked: &str, answer: &Answer) -> Observation {
    let (stdout, stderr) = (String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
    let values = vec![
        ("rc", Value::from(answer.status)),
        ("stdout_lines", stdout.lines().map(Value::from).collect()),
        ("stderr_lines", stderr.lines().map(Value::from).collect()),
        ("stdout", stdout.into_owned().into()),
        ("stderr", stderr.into_owned().into()),
    ];
    observation(values, answer.duration, evidence::of_answer(asked, answer))
}

/// Whether the exit status is an answer. `tool` is the program that was to be run, where there is one alone.
pub(super) fn judge_status(rc: &StatusSet, answer: &Answer, tool: Option<&str>) -> Result<(), ProbeError> {
    let listed = matches!(rc, StatusSet::Only(list) if list.contains(&answer.status));
    if listed {
        return Ok(());
    }
    if let Some(missing) = missing_tool(answer) {
        return Err(ProbeError::MissingTool(tool.map_or(missing, str::to_owned)));
    }
    if rc.contains(answer.status) {
        return Ok(());
    }
    let said = evidence::first_line(&answer.stderr);
    let detail = if said.is_empty() { evidence::first_line(&answer.stdout) } else { said };
    Err(ProbeError::ExitStatus { status: answer.status, detail })
}

/// The tool that the shell could not run, where it says so: `sh: 1: NAME: not found` (dash),
/// `sh: line 1: NAME: command not found` (bash), `sh: can't execute 'NAME': Permission denied` (busybox).
fn missing_tool(answer: &Answer) -> Option<String> {
    let reasons: &[&str] = match answer.status {
        127 => &["not found", "No such file or directory"],
        126 => &["Permission denied", "annot execute", "xec format error", "bad interpreter", "s a directory"],
        _ => return None,
    };
    let stderr = String::from_utf8_lossy(&answer.stderr);
    let line = stderr.lines().rev().find(|line| reasons.iter().any(|reason| line.contains(reason)))?;
    if let Some((_, quoted)) = line.split_once("can't execute '") {
        return quoted.split('\'').next().map(str::to_owned);
    }
    let mut parts = line.split(": ").skip(1).filter(|part| !is_position(part));
    Some(parts.next().unwrap_or(line).trim().to_owned())
}

/// `1` of dash, `line 1` of bash.
fn is_position(part: &str) -> bool {
    part.strip_prefix("line ").unwrap_or(part).bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(status: i32, stdout: &str, stderr: &str) -> Answer {
        let (stdout, stderr) = (stdout.as_bytes().to_vec(), stderr.as_bytes().to_vec());
        Answer { status, stdout, stderr, duration: Duration::from_millis(20), uptime: None }
    }

    #[test]
    fn streams_come_as_text_and_as_lines() {
        let seen = shell("ls", &StatusSet::default(), &answer(0, "a\nb", "\n")).expect("status 0 is an answer");
        assert_eq!(
            Value::from(seen.values),
            serde_json::json!({"ran": true, "duration": 0.02, "rc": 0, "stdout": "a\nb", "stderr": "\n",
                "stdout_lines": ["a", "b"], "stderr_lines": [""]})
        );
    }

    #[test]
    fn a_shell_that_finds_no_tool_is_believed() {
        for (status, stderr, tool) in [
            (127, "sh: 1: conntrack: not found\n", "conntrack"),
            (127, "sh: line 1: conntrack: command not found\n", "conntrack"),
            (127, "sh: conntrack: not found\n", "conntrack"),
            (127, "sh: /opt/x: No such file or directory\n", "/opt/x"),
            (126, "sh: 1: /opt/x: Permission denied\n", "/opt/x"),
            (126, "sh: line 1: /opt/x: cannot execute binary file: Exec format error\n", "/opt/x"),
            (126, "sh: can't execute '/opt/x': Permission denied\n", "/opt/x"),
        ] {
            for rc in [StatusSet::default(), StatusSet::Any] {
                let error = shell("x", &rc, &answer(status, "", stderr)).expect_err("no answer");
                assert_eq!(error, ProbeError::MissingTool(tool.to_owned()), "{stderr}");
            }
        }
    }

    #[test]
    fn status_127_that_is_listed_or_said_by_nobody_is_no_missing_tool() {
        assert!(shell("x", &StatusSet::Only(vec![0, 127]), &answer(127, "", "sh: 1: x: not found")).is_ok());
        assert!(shell("command -v x", &StatusSet::Any, &answer(127, "", "")).is_ok());
        let error = shell("x", &StatusSet::default(), &answer(127, "out\n", "")).expect_err("not in the set");
        assert_eq!(error, ProbeError::ExitStatus { status: 127, detail: "out".to_owned() });
    }
}
