//! Streams that break: what comes back is an answer that was given, or an error, never another answer.

use std::sync::LazyLock;

use super::*;

/// Three probes, and their two streams as a real shell gave them.
fn fresh() -> (Batch, Output) {
    let batch = of_probes([
        shell("echo one; echo uno >&2"),
        shell("printf 'two\\0'; exit 2"),
        shell("echo three; echo tre >&2; exit 3"),
    ]);
    let output = run(&["sh"], &batch.script());
    (batch, output)
}

/// The same ones for all tests.
fn recorded() -> (&'static Batch, Output) {
    static RECORDED: LazyLock<(Batch, Output)> = LazyLock::new(fresh);
    (&RECORDED.0, RECORDED.1.clone())
}

fn given() -> [(i32, Vec<u8>, Vec<u8>); 3] {
    [answered(0, "one\n", "uno\n"), answered(2, "two\0", ""), answered(3, "three\n", "tre\n")]
}

fn only_given(batch: &Batch, stdout: &[u8], stderr: &[u8]) -> Result<(), TestCaseError> {
    let answers = batch.answers(stdout, stderr, &exchange());
    prop_assert_eq!(answers.len(), 3);
    for (answer, given) in answers.into_values().zip(given()) {
        match answer {
            Ok(answer) => prop_assert_eq!((answer.status, answer.stdout, answer.stderr), given),
            Err(ProbeError::NoAnswer(_)) => {}
            Err(other) => prop_assert!(false, "another error: {}", other),
        }
    }
    Ok(())
}

#[test]
fn every_truncation_is_an_error_for_what_it_cuts() {
    let (batch, output) = recorded();
    for length in 0..output.stdout.len() {
        only_given(batch, &output.stdout[..length], &output.stderr).expect("only what was given");
    }
    for length in 0..output.stderr.len() {
        only_given(batch, &output.stdout, &output.stderr[..length]).expect("only what was given");
    }
    let whole = batch.answers(&output.stdout, &output.stderr, &exchange());
    assert!(whole.values().all(Result::is_ok));
    assert!(batch.answers(b"", b"", &exchange()).values().all(Result::is_err));
}

#[test]
fn streams_of_two_sessions_do_not_mix() {
    let ((batch, mine), (_, other)) = (fresh(), fresh());
    assert!(batch.answers(&other.stdout, &other.stderr, &exchange()).values().all(Result::is_err));
    assert!(batch.answers(&mine.stdout, &other.stderr, &exchange()).values().all(Result::is_err));
    assert!(batch.answers(&mine.stderr, &mine.stdout, &exchange()).values().any(Result::is_ok));
}

#[test]
fn why_there_is_no_answer_is_told() {
    let (batch, output) = recorded();
    let told = |stdout: &[u8], stderr: &[u8], end| {
        let answers = batch.answers(stdout, stderr, &Exchange { end, ..exchange() });
        answers.values().filter_map(|answer| answer.as_ref().err()).map(ToString::to_string).next().expect("an error")
    };
    let nologin = told(b"This account is currently not available.\n", b"", ExchangeEnd::Complete);
    assert_eq!(
        nologin,
        "no complete answer came back: the script did not run: This account is currently not available."
    );
    let half = &output.stdout[..output.stdout.len() / 2];
    assert!(told(half, &output.stderr, ExchangeEnd::TimedOut).contains("deadline"));
    assert!(told(half, &output.stderr, ExchangeEnd::Lost).contains("lost"));
    assert!(told(half, &output.stderr, ExchangeEnd::Truncated).contains("more than is read"));
    assert!(told(half, &output.stderr, ExchangeEnd::Complete).contains("frame"));
}

/// Where the frames of a stream begin or end: foreign bytes there are nobody's output.
fn seams(stream: &[u8]) -> Vec<usize> {
    let text = String::from_utf8_lossy(stream);
    let nonce = &text[..32];
    let begins = text.match_indices(&format!("{nonce} B ")).map(|(at, _)| at).collect::<Vec<_>>();
    let mut seams = vec![0, stream.len()];
    seams.extend(begins);
    seams
}

proptest! {
    #[test]
    fn foreign_bytes_between_frames_change_nothing(noise in prop::collection::vec(any::<u8>(), 0..80), at in any::<prop::sample::Index>()) {
        let (batch, output) = recorded();
        let mut stdout = output.stdout.clone();
        let seams = seams(&stdout);
        let seam = seams[at.index(seams.len())];
        stdout.splice(seam..seam, noise);
        let answers = batch.answers(&stdout, &output.stderr, &exchange());
        prop_assert!(answers.values().all(Result::is_ok));
        only_given(batch, &stdout, &output.stderr)?;
    }

    #[test]
    fn a_broken_marker_is_never_another_answer(at in any::<prop::sample::Index>(), byte in any::<u8>(), on_stderr in any::<bool>()) {
        let (batch, mut output) = recorded();
        let stream = if on_stderr { &mut output.stderr } else { &mut output.stdout };
        let text = String::from_utf8_lossy(stream).into_owned();
        let nonce = &text[..32];
        let digits: Vec<usize> = text.match_indices(nonce).flat_map(|(at, _)| at..at + 36).collect();
        let place = digits[at.index(digits.len())];
        prop_assume!(stream[place] != byte);
        stream[place] = byte;
        for (answer, given) in batch.answers(&output.stdout, &output.stderr, &exchange()).into_values().zip(given()) {
            if let Ok(answer) = answer {
                prop_assert_eq!((answer.status, answer.stdout, answer.stderr), given);
            }
        }
    }

    #[test]
    fn frames_in_another_order_are_no_answers(first in 0..3_usize, second in 0..3_usize) {
        prop_assume!(first != second);
        let (batch, output) = recorded();
        let mixed = |stream: &[u8]| {
            let seams = seams(stream);
            let (head, rest) = stream.split_at(seams[2]);
            let (one, two) = (seams[3] - seams[2], seams[4] - seams[2]);
            let mut frames = [&rest[..one], &rest[one..two], &rest[two..]];
            frames.swap(first, second);
            [head, &frames.concat()].concat()
        };
        only_given(batch, &mixed(&output.stdout), &mixed(&output.stderr))?;
    }

    #[test]
    fn any_bytes_at_all_are_only_errors(stdout in prop::collection::vec(any::<u8>(), 0..400), stderr in prop::collection::vec(any::<u8>(), 0..400)) {
        let batch = of_probes([shell("echo one")]);
        prop_assert!(batch.answers(&stdout, &stderr, &exchange()).values().all(Result::is_err));
    }
}
