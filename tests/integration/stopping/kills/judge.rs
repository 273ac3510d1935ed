//! What docs/reliability.md promises of a run that was ended, held against what is there.

use std::{collections::BTreeSet, fs, path::PathBuf};

use quick_xml::{Reader, events::Event};
use serde_json::Value;

use super::{
    ground::{Ended, FILES, Ground},
    shot::{Blow, Shot},
    traces::{Stage, events},
};

/// The status of a run that nothing ended: one check always fails.
const FINDINGS: i32 = 1;

/// Judges a run; gives the temporary files that a kill left, which are taken away.
pub(super) fn judge(ground: &mut Ground, shot: &Shot, ended: &Ended, history: &mut BTreeSet<PathBuf>) -> usize {
    let is_killed = ended.code() == (137, true);
    let left = temporary_files(ground, is_killed);
    let fresh = fresh_reports(ground, shot);
    let live = events(&ground.live(), is_killed);
    assert_lines(shot, &live);
    let kept = added(ground, shot, history);
    assert!(!kept || live_has(&live, "run_finished"), "the history has a run that did not end");
    assert_status(ground, shot, ended, &fresh, &live);
    if !is_killed {
        ground.assert_nobody_here();
        assert_eq!(ended.stderr, "");
    }
    left
}

fn live_has(live: &[Value], event: &str) -> bool {
    live.iter().any(|line| line["event"] == event)
}

/// The formats whose file is of this run; every file is whole, and of one run, which is this one or the one before.
fn fresh_reports(ground: &mut Ground, shot: &Shot) -> BTreeSet<&'static str> {
    let mut fresh = BTreeSet::new();
    for format in FILES {
        let text = ground.test.read(&format!("out/{format}"));
        assert_whole(format, &text);
        let runs: BTreeSet<u32> = numbers(&text);
        let before = ground.written.insert(format, shot.number);
        if runs == BTreeSet::from([shot.number]) {
            fresh.insert(format);
        } else {
            let before = before.expect("the first run is not ended");
            assert_eq!(runs, BTreeSet::from([before]), "{format}: {text}");
            ground.written.insert(format, before);
        }
    }
    fresh
}

/// The numbers of the runs that `text` speaks of.
fn numbers(text: &str) -> BTreeSet<u32> {
    let names = ["here-", "far-", "behind-"];
    let found = names.iter().flat_map(|name| text.match_indices(name).map(|(place, name)| &text[place + name.len()..]));
    found.filter_map(|rest| rest.get(..4)?.parse().ok()).collect()
}

fn assert_whole(format: &str, text: &str) {
    match format {
        "json" | "sarif" => drop(serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}: {text}"))),
        "junit" => assert_well_formed(text),
        "html" => assert!(text.starts_with("<!DOCTYPE html>") && text.trim_end().ends_with("</html>")),
        "tap" => assert_complete_tap(text),
        _ => assert!(text.trim_end().ends_with('|'), "{text}"),
    }
}

fn assert_well_formed(text: &str) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {text}")) {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{text}");
}

fn assert_complete_tap(text: &str) {
    let plan = text.lines().find_map(|line| line.strip_prefix("1..")).and_then(|count| count.parse().ok());
    let points = text.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).count();
    assert_eq!(plan, Some(points), "{text}");
}

/// The lines begin with the beginning, tell what they tell in order, and end at the end.
fn assert_lines(shot: &Shot, live: &[Value]) {
    for (place, line) in live.iter().enumerate() {
        let event = line["event"].as_str().unwrap();
        assert_eq!(event == "run_started", place == 0, "{live:#?}");
        assert!(event != "run_finished" || place + 1 == live.len(), "{live:#?}");
        assert!(line["host"].as_str().is_none_or(|host| host.ends_with(&format!("-{:04}", shot.number))), "{line}");
    }
}

/// Whether the run is in the history now, whose reports are whole, and never change.
fn added(ground: &Ground, shot: &Shot, known: &mut BTreeSet<PathBuf>) -> bool {
    let directory = ground.test.path("history");
    let there: BTreeSet<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    let new: Vec<PathBuf> = there.difference(known).cloned().collect();
    for file in &new {
        let report: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(numbers(&report.to_string()), BTreeSet::from([shot.number]));
    }
    assert!(new.len() <= 1, "{new:?}");
    *known = there;
    !new.is_empty()
}

/// What lies where only reports should; only a kill may leave something, and then the one file that was being written.
fn temporary_files(ground: &Ground, is_killed: bool) -> usize {
    let in_directory = |name: &str| {
        let entries = fs::read_dir(ground.test.path(name)).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let is_own =
        |path: &PathBuf| FILES.contains(&name(path).as_str()) || ["live", "pipe"].contains(&name(path).as_str());
    let mut left: Vec<PathBuf> = in_directory("out").into_iter().filter(|path| !is_own(path)).collect();
    left.extend(in_directory("history").into_iter().filter(|path| !name(path).starts_with("hive-preflight-")));
    let copies = in_directory("tmp");
    let is_documented = left.iter().all(|path| name(path).starts_with(".hive-preflight-"))
        && copies.iter().all(|path| name(path).starts_with("hpf"))
        && left.len() + copies.len() <= usize::from(is_killed);
    assert!(is_documented, "{left:?} {copies:?}");
    for file in &left {
        fs::remove_file(file).unwrap();
    }
    for copy in &copies {
        fs::remove_dir_all(copy).unwrap();
    }
    left.len() + copies.len()
}

/// The status is that of the signal or of a run that was done, and the files go with it.
fn assert_status(ground: &Ground, shot: &Shot, ended: &Ended, fresh: &BTreeSet<&str>, live: &[Value]) {
    let (code, is_raw) = ended.code();
    let report: Value = serde_json::from_str(&ground.test.read("out/json")).unwrap();
    let is_interrupted = fresh.contains("json").then(|| report["interrupted"] == true);
    let told = (fresh.len(), is_interrupted);
    if code == FINDINGS && !is_raw {
        assert_eq!(told, (FILES.len(), Some(false)));
        assert!(live_has(live, "run_finished"));
        return;
    }
    let by_signal = shot.blow.signal().filter(|_| ended.stage != Stage::Over).map(|signal| 128 + signal.as_raw());
    assert_eq!(Some(code), by_signal, "{}{report:#}", ended.stderr);
    match (is_raw, shot.blow) {
        (true, Blow::Kill) => {}
        // Before the program could listen there is nothing that it would have to put in order.
        (true, _) => assert!(fresh.is_empty() && live.is_empty(), "{live:#?}"),
        // Reports are written one after the other.
        (false, blow) if blow.is_at_once() => {
            let first = shot.stuck.unwrap_or(FILES.len());
            assert!(fresh.iter().all(|format| FILES[..first].contains(format)), "{fresh:?}");
        }
        (false, _) if live.is_empty() => assert!(fresh.is_empty()),
        (false, _) => {
            assert_eq!(told, (FILES.len(), Some(true)), "{live:#?}");
            assert_eq!(live.last().unwrap()["interrupted"], true, "{live:#?}");
            assert_hosts(&report);
        }
    }
}

/// Each host is told, with all its results or as interrupted.
fn assert_hosts(report: &Value) {
    let hosts = report["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 3, "{report:#}");
    let mut interrupted = 0;
    for host in hosts {
        let results = report["results"].as_array().unwrap().iter().filter(|result| result["host"] == host["name"]);
        let is_interrupted = host["error"]["class"] == "interrupted";
        assert!(is_interrupted || host["error"].is_null(), "{host:#}");
        assert_eq!(results.count() == 0, is_interrupted, "{report:#}");
        interrupted += usize::from(is_interrupted);
    }
    assert!(interrupted > 0, "{report:#}");
}
