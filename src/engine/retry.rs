//! Connects, and where that fails for a reason that may pass, again.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::{Duration, Instant},
};

use super::{Settings, ask::Sign, host_error};
use crate::{
    event::HostError,
    text::Text,
    transport::{Credentials, Endpoint, Session, connect},
};

/// What may be better a moment later: nobody listens yet, packets are lost, the server has too many who log in.
const PASSING: [&str; 4] = ["refused", "timeout", "lost", "busy"];

/// How often a server that turned us away is asked again where nobody said how often: that passes within seconds, and this
/// run may itself be the crowd.
const TURNED_AWAY: u32 = 3;

/// What may be better once a machine is up: no route to it yet, or the jump host says that it is not there.
const COMING_UP: [&str; 2] = ["unreachable_network", "proxy"];

/// The first pause; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A session and when it must be over, or why there is none. `started` is when the host was taken up.
pub(super) fn reach(
    endpoint: &Endpoint,
    credentials: &Credentials,
    settings: &Settings,
    started: Instant,
    tell: &dyn Fn(Sign),
) -> Result<(Session, Instant), HostError> {
    let mut deadline = settings.deadline(started);
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match connect(endpoint, credentials, deadline) {
            Ok(session) => return Ok((session, deadline)),
            Err(error) => error,
        };
        let class = error.class();
        let mut told = host_error::of_transport(&error);
        let retries = if error.is_turned_away() { settings.retries.max(TURNED_AWAY) } else { settings.retries };
        let pause = settings.pause(tries, retries, class, deadline).map(|pause| spread(pause, error.is_turned_away()));
        if pause.is_none() && tries > 1 {
            let Text { en, ja } = &told.message;
            told.message = Text::new(format!("{en} (tried {tries} times)"), format!("{ja} ({tries} 回試行)"));
        }
        let Some(pause) = pause else { return Err(told) };
        tell(Sign::Waiting(tries, Box::new(told.clone())));
        if credentials.stop().sleep(pause) {
            return Err(told);
        }
        if settings.repeat_until.is_some() {
            // Waiting is not asking: each try has the host's whole time.
            deadline = settings.deadline(Instant::now());
        }
    }
}

impl Settings {
    /// How long to wait before the next try; nothing where there is to be none.
    fn pause(&self, tries: u32, retries: u32, class: &str, deadline: Instant) -> Option<Duration> {
        let pause = (FIRST_PAUSE * 2u32.saturating_pow(tries - 1)).min(LONGEST_PAUSE);
        let (now, is_passing) = (Instant::now(), PASSING.contains(&class));
        // The last try is at the end of the time, not up to a pause before it.
        let left = self.repeat_until.map(|until| until.saturating_duration_since(now)).filter(|left| !left.is_zero());
        let repeats = left.filter(|_| is_passing || COMING_UP.contains(&class)).map(|left| pause.min(left));
        let again = (is_passing && tries <= retries && now + pause < deadline).then_some(pause);
        repeats.filter(|pause| self.run_deadline.is_none_or(|run| now + *pause < run)).or(again)
    }
}

/// Up to half as long again where a crowd was turned away, so that it does not come back as one.
fn spread(pause: Duration, from_crowd: bool) -> Duration {
    let share = RandomState::new().build_hasher().finish() % 512;
    if from_crowd { pause + pause * u32::try_from(share).unwrap_or(0) / 1024 } else { pause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again_and_never_beyond_its_time() {
        let now = Instant::now();
        let later = |seconds| now + Duration::from_secs(seconds);
        let settings = |retries, repeat_until| Settings {
            forks: 1,
            probe_timeout: Duration::from_secs(10),
            host_timeout: Duration::from_secs(60),
            run_deadline: Some(later(1000)),
            retries,
            repeat_until,
        };
        let pause = |settings: &Settings, tries, class| {
            settings.pause(tries, settings.retries, class, later(60)).map(|pause| pause.as_secs())
        };
        let once = settings(1, None);
        assert_eq!(PASSING.map(|class| pause(&once, 1, class)), [Some(1); 4]);
        assert_eq!(["auth", "host_key_changed", "proxy", "name"].map(|class| pause(&once, 1, class)), [None; 4]);
        assert_eq!(pause(&once, 2, "refused"), None);
        assert_eq!(pause(&settings(0, None), 1, "refused"), None);
        assert_eq!(settings(9, None).pause(3, 9, "refused", later(2)), None, "the host's time is over before that");
        let repeat = settings(0, Some(later(300)));
        assert_eq!([1, 2, 3, 4, 99].map(|tries| pause(&repeat, tries, "refused")), [1, 2, 4, 5, 5].map(Some));
        assert_eq!(pause(&repeat, 1, "proxy"), Some(1));
        assert_eq!(pause(&repeat, 1, "auth"), None);
        assert_eq!(pause(&settings(0, Some(now)), 1, "refused"), None);
        assert_eq!(pause(&settings(0, Some(later(2000))), 1, "refused"), Some(1));
        let last =
            settings(0, Some(later(3))).pause(4, 0, "refused", later(60)).map(|pause| pause <= Duration::from_secs(3));
        assert_eq!(last, Some(true), "once more when the time is over");
    }
}
