//! `nagios`: a monitoring plugin's status, message and performance data.

use serde_json::Value;

use super::{Answer, Observation, ProbeError, command, evidence, observation, perfdata};
use crate::{probe::StatusSet, shell};

/// By the Monitoring Plugins guidelines: the first line is the message; performance data stand after its `|`, and after
/// the first `|` of the lines that follow.
pub(super) fn read(argv: &[String], answer: &Answer) -> Result<Observation, ProbeError> {
    let tool = argv.first().map(String::as_str);
    command::judge_status(&StatusSet::Only(vec![0, 1, 2, 3]), answer, tool)?;
    let stdout = String::from_utf8_lossy(&answer.stdout);
    let (message, long, data) = parts(&stdout);
    let (known, unknown) = perfdata::parse(&data);
    let values = vec![
        ("status", Value::from(answer.status)),
        ("message", Value::from(message)),
        ("long_output", Value::from(long)),
        ("perfdata", known.iter().map(perfdata::Datum::value).collect()),
        ("perfdata_unreadable", Value::from(unknown)),
        ("stdout", Value::from(&*stdout)),
        ("stderr", Value::from(String::from_utf8_lossy(&answer.stderr))),
    ];
    Ok(observation(values, answer.duration, evidence::of_answer(&shell::join(argv), answer)))
}

/// Message, further text, and all performance data.
fn parts(stdout: &str) -> (String, String, String) {
    let (first, rest) = stdout.split_once('\n').unwrap_or((stdout, ""));
    let (message, first_data) = first.split_once('|').unwrap_or((first, ""));
    let (long, rest_data) = rest.split_once('|').unwrap_or((rest, ""));
    (message.trim().to_owned(), long.trim_end().to_owned(), format!("{first_data}\n{rest_data}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn seen(status: i32, stdout: &str) -> Result<Observation, ProbeError> {
        let stdout = stdout.as_bytes().to_vec();
        let answer = Answer { status, stdout, stderr: Vec::new(), duration: Duration::ZERO, uptime: None };
        read(&["check_disk".to_owned()], &answer)
    }

    #[test]
    fn several_lines_of_text_and_data() {
        let values = seen(
            1,
            "DISK WARNING - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968\n/ 15272 MB (77%);\n\
             /boot 68 MB (69%); | /boot=68MB;88;93;0;98\n/home=69357MB;253404;253409;0;253414\n",
        )
        .expect("a plugin's answer")
        .values;
        assert_eq!(values["message"], "DISK WARNING - free space: / 3326 MB (56%);");
        assert_eq!(values["long_output"], "/ 15272 MB (77%);\n/boot 68 MB (69%);");
        let labels: Vec<_> = values["perfdata"].as_array().into_iter().flatten().map(|datum| &datum["label"]).collect();
        assert_eq!(labels, ["/", "/boot", "/home"]);
        assert_eq!(values["status"], 1);
    }

    #[test]
    fn no_data_and_no_words() {
        assert_eq!(seen(0, "OK\n").expect("an answer").values["perfdata"], serde_json::json!([]));
        assert_eq!(seen(3, "").expect("an answer").values["message"], "");
    }

    #[test]
    fn another_status_is_no_answer() {
        let error = seen(4, "boom\n").expect_err("4 is no status of a plugin");
        assert_eq!(error, ProbeError::ExitStatus { status: 4, detail: "boom".to_owned() });
    }
}
