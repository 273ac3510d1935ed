//! `clock`: the host's clock against ours, by the midpoint of the round trip.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{Answer, Observation, ProbeError, Timing, evidence, observation};

/// `date` says seconds, and a fraction where it can.
pub(super) fn read(answer: &Answer, timing: &Timing) -> Result<Observation, ProbeError> {
    let said = String::from_utf8_lossy(&answer.stdout);
    let epoch = epoch(said.trim()).ok_or_else(|| ProbeError::Unreadable(format!("no time: {}", said.trim())))?;
    let (moment, round_trip) = moment(answer, timing);
    let ours = moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let values = vec![
        ("epoch", Value::from(epoch)),
        ("offset", Value::from(epoch - ours)),
        ("round_trip", Value::from(round_trip.as_secs_f64())),
    ];
    let mut lines = evidence::of_answer("date +%s.%N", answer);
    lines.push(format!("our clock: {ours:.3}, round trip {:.3} s", round_trip.as_secs_f64()));
    Ok(observation(values, answer.duration, lines))
}

/// `1700000000.123456789`; `1700000000.N` or `1700000000.%N` where `date` knows no fraction: then the middle of the second.
fn epoch(said: &str) -> Option<f64> {
    let (seconds, fraction) = said.split_once('.')?;
    let whole: u32 = seconds.parse().ok()?;
    let fraction = match fraction {
        "" | "N" | "%N" => 0.5,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => format!("0.{digits}").parse().ok()?,
        _ => return None,
    };
    Some(f64::from(whole) + fraction)
}

/// The time since boot is told in hundredths of a second, cut off: a quick exchange may seem to be shorter than its batch.
const RESOLUTION: Duration = Duration::from_millis(10);

/// When, by our clock, the host looked at its own, and the time on the way. The host's time since boot says how much of
/// the exchange was the batch itself, before and after the look; where it is not told, all of it counts as the way.
fn moment(answer: &Answer, timing: &Timing) -> (SystemTime, Duration) {
    let total = timing.received.duration_since(timing.sent).unwrap_or_default();
    let known = timing.began.zip(timing.ended).zip(answer.uptime);
    let spans = known.and_then(|((began, ended), looked)| {
        let before = Duration::try_from_secs_f64(looked - began).ok()?;
        let batch = Duration::try_from_secs_f64(ended - began).ok()?;
        (batch <= total + RESOLUTION).then(|| (before, total.saturating_sub(batch)))
    });
    let (before, round_trip) = spans.unwrap_or((Duration::ZERO, total));
    (timing.sent + before + round_trip / 2, round_trip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(stdout: &str, uptime: Option<f64>) -> Result<Observation, ProbeError> {
        seen_until(60.0, stdout, uptime)
    }

    fn seen_until(ended: f64, stdout: &str, uptime: Option<f64>) -> Result<Observation, ProbeError> {
        let answer = Answer {
            status: 0,
            stdout: stdout.as_bytes().to_vec(),
            stderr: Vec::new(),
            duration: Duration::ZERO,
            uptime,
        };
        let sent = UNIX_EPOCH + Duration::from_secs(1000);
        let received = sent + Duration::from_secs(12);
        read(&answer, &Timing { sent, received, began: Some(50.0), ended: Some(ended) })
    }

    #[test]
    fn the_time_that_the_batch_took_is_no_round_trip() {
        // Sent at 1000, on the host from 1001 to 1011, looked 4 s after its beginning: at 1005.
        let values = seen("1012.5\n", Some(54.0)).expect("a time").values;
        assert_eq!(values["round_trip"], 2.0);
        assert_eq!(values["offset"], 7.5);
    }

    #[test]
    fn a_batch_that_seems_longer_than_its_exchange_leaves_nothing_for_the_way() {
        let of = |ended: f64| seen_until(ended, "1004.0\n", Some(54.0)).expect("a time").values["round_trip"].as_f64();
        assert_eq!((of(62.0), of(62.01)), (Some(0.0), Some(0.0)));
        assert_eq!(of(63.0), Some(12.0), "a host whose time since boot goes wrong is not believed");
    }

    #[test]
    fn without_the_time_since_boot_all_of_it_is_the_way() {
        let values = seen("1012.%N\n", None).expect("a time").values;
        assert_eq!((values["round_trip"].as_f64(), values["offset"].as_f64()), (Some(12.0), Some(6.5)));
    }

    #[test]
    fn what_is_no_time_is_an_error() {
        for said in ["", "date: bad\n", "12,5\n", "-1.5\n", "1.5e3\n", "99999999999.5\n"] {
            assert!(matches!(seen(said, Some(54.0)), Err(ProbeError::Unreadable(_))), "{said}");
        }
    }
}
