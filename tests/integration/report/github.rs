//! The annotations for GitHub Actions, read back as its documentation says that the runner does.

use hive_preflight::{
    report::{Report, github},
    text::Lang,
};

use super::fleet;

/// One workflow command.
#[derive(Debug)]
pub(super) struct Command {
    level: String,
    properties: Vec<(String, String)>,
    message: String,
}

impl Command {
    /// `::name key=value,key=value::message`, with `%25`, `%0D` and `%0A` in all, and `%3A` and `%2C` in values.
    fn read(line: &str) -> Self {
        let rest = line.strip_prefix("::").expect("a command");
        let (head, message) = rest.split_once("::").expect("a message");
        let (level, properties) = head.split_once(' ').unwrap_or((head, ""));
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').expect("a value");
            (key.to_owned(), unescaped(value, &[("%2C", ","), ("%3A", ":")]))
        };
        Self {
            level: level.to_owned(),
            properties: properties.split(',').filter(|text| !text.is_empty()).map(pair).collect(),
            message: unescaped(message, &[]),
        }
    }

    fn property(&self, key: &str) -> Option<&str> {
        self.properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

fn unescaped(text: &str, more: &[(&str, &str)]) -> String {
    let all = more.iter().chain(&[("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]);
    all.fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// All commands of a report; a line that is none fails the test.
pub(super) fn read(report: &Report, lang: Lang) -> Vec<Command> {
    let commands: Vec<Command> = github::render(report, lang).lines().map(Command::read).collect();
    for command in &commands {
        assert!(["error", "warning", "notice"].contains(&command.level.as_str()), "{command:?}");
        for (key, value) in &command.properties {
            assert!(["file", "line", "col", "title"].contains(&key.as_str()), "{command:?}");
            assert!(!matches!(key.as_str(), "line" | "col") || value.parse::<u32>().is_ok(), "{command:?}");
        }
    }
    commands
}

#[test]
fn the_commands_in_both_languages() {
    super::snapshot("github-mixed-en", &github::render(&fleet::mixed(), Lang::En));
    super::snapshot("github-mixed-ja", &github::render(&fleet::mixed(), Lang::Ja));
}

#[test]
fn the_worst_come_first_and_stand_at_their_lines() {
    let commands = read(&fleet::mixed(), Lang::En);
    let levels: Vec<&str> = commands.iter().map(|command| command.level.as_str()).collect();
    let summary = levels.len() - 1;
    assert!(levels[..summary].is_sorted_by_key(|level| ["error", "warning", "notice"].iter().position(|l| l == level)));
    let socket = commands.iter().find(|c| c.message.contains("docker.sock@hive0.site")).expect("a finding");
    assert_eq!(socket.property("file"), Some("inventory/hive.yml"));
    assert_eq!((socket.property("line"), socket.property("col")), (Some("12"), Some("5")));
    assert_eq!(socket.property("title"), Some("hive/no-leftover-docker-socket [hive0.site] (mother)"));
    assert!(commands[summary].message.starts_with("not ready for build-images: 3 errors"));
}

#[test]
fn what_could_not_be_judged_says_so() {
    let commands = read(&fleet::mixed(), Lang::En);
    let with = |start: &str| {
        let titles = commands.iter().filter(|c| c.property("title").is_some_and(|title| title.starts_with(start)));
        titles.map(|command| command.level.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(with("not judged: "), ["warning", "warning"]);
    assert_eq!(with("unreachable: "), ["warning", "warning"], "once a host, not once a check");
    assert_eq!(with("waived: "), ["notice"]);
}

#[test]
fn texts_of_hosts_make_no_commands() {
    let commands = read(&fleet::hostile(), Lang::En);
    assert_eq!(
        commands.len(),
        4,
        "the host, what failed, what is blocked by nothing that is told, and the sum: {commands:?}"
    );
    assert!(!github::render(&fleet::hostile(), Lang::En).contains(|c: char| c.is_control() && c != '\n'));
}
