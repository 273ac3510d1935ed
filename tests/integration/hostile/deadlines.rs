//! Each stretch of a host's time has a bound of its own, and so has the run.

use std::time::Duration;

use super::{
    GOOD, args, assert_good_hosts_are_well,
    behaviour::Behaviour,
    table::TABLE,
    world::{World, asked_for, outcomes},
};

/// Seconds for connecting; the login has three times as much for each answer.
const CONNECT: f64 = 4.0;
/// Seconds for everything that is asked of one host.
const HOST: f64 = 24.0;
/// Seconds for a run, in which good hosts answer also on a machine that has other things to do.
const RUN: &str = "20";

fn rows(names: &'static [&str]) -> impl Iterator<Item = &'static Behaviour> {
    TABLE.iter().filter(|row| names.contains(&row.name))
}

#[test]
fn connecting_handshake_login_probe_and_host_each_have_their_time() {
    let names = &["dark", "mute", "silent-login", "asks-for-ever", "hanging-probe", "silent"];
    let limits = [("connect-timeout", CONNECT), ("timeout", HOST), ("probe-timeout", 2.0)];
    let limits: Vec<String> =
        limits.iter().flat_map(|(name, value)| [format!("--{name}"), value.to_string()]).collect();
    let found = outcomes(&World::up(rows(names), 0).run(&args(&limits)).report);
    let within = |host: &str| {
        let message = &found[host].1;
        let seconds = message.split("within ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
        seconds.unwrap_or_else(|| panic!("{host}: {message}"))
    };
    // The bounds are those of the stretch, not of the next one or of the host; a busy machine looks at its clock late.
    for (host, bound) in
        [("dark", CONNECT), ("mute", CONNECT), ("silent-login", 3.0 * CONNECT), ("asks-for-ever", 3.0 * CONNECT)]
    {
        let seconds = within(host);
        assert!(seconds <= bound + 6.0 && seconds > bound - 2.0, "{host}: {seconds} s");
    }
    assert!((within("hanging-probe") - 3.0).abs() < f64::EPSILON, "what the check says");
    assert!(found["hanging-probe"].2 < Duration::from_secs_f64(HOST), "{found:?}");
    assert!(found["silent"].2 >= Duration::from_secs_f64(HOST), "{found:?}");
}

#[test]
fn the_run_has_its_time_and_what_is_known_by_then_is_told() {
    let mut world = World::up(rows(&["silent", "silent-login", "drips"]), GOOD);
    let limits = ["--connect-timeout", "60", "--timeout", "300", "--run-timeout", RUN];
    let run = world.run(&limits);
    assert_good_hosts_are_well(&run);
    // Without a bound for the run it would be three times the connect timeout, or what a host has.
    assert!(asked_for(&run) < Duration::from_secs(60), "{:?}", asked_for(&run));
    let found = outcomes(&run.report);
    assert_eq!((&*found["silent"].0, &*found["silent-login"].0, &*found["drips"].0), ("error", "timeout", "error"));
}
