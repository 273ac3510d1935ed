//! A run over one host, as its user sees it.

use std::process::Command;

use crate::{
    lab::sshd::Sshd,
    support::{CliTest, Run},
};

/// A project with one host, `one`, and one check.
pub(super) struct OneHost {
    test: CliTest,
}

/// What a run says of the host.
#[derive(Debug)]
pub(super) struct Told {
    /// `pass`, or the class of the error.
    pub(super) class: String,
    /// What happened.
    pub(super) message: String,
    /// What to do, sentences and commands, one a line.
    pub(super) remedy: String,
}

impl OneHost {
    /// `user` at `server`; `lines` are its `ssh_config`, which needs no word about its key.
    pub(super) fn new(server: &Sshd, user: &str, lines: &str) -> Self {
        let one = Self { test: CliTest::new() };
        one.configure(server, lines);
        one.test.write(
            "hosts.yml",
            &format!(
                "all: {{hosts: {{one: {{ansible_host: 127.0.0.1, ansible_port: {}, ansible_user: {user}, \
                 ansible_ssh_common_args: '-F {}'}}}}}}\n",
                server.port(),
                one.test.path("ssh_config").display()
            ),
        );
        let check = "id: t/here\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nhosts: all\nprobe: {shell: echo here}\n\
                     that: [\"result.stdout is search('here')\"]\nseverity: error\nfail_msg: {en: f, ja: f}\n\
                     remedy: [{text: {en: r, ja: r}}]\n";
        one.test.write("checks/t/here.yml", check);
        one
    }

    /// Other lines of its `ssh_config`.
    pub(super) fn configure(&self, server: &Sshd, lines: &str) {
        let known = server.known_hosts();
        self.test
            .write("ssh_config", &format!("{lines}\nIdentityAgent none\nUserKnownHostsFile {}\n", known.display()));
    }

    /// The program with these arguments, ready for variables of its environment.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.test.command();
        command
            .args(["run", "-i", "hosts.yml", "--checks", "checks", "--check", "t/here", "--format", "json"])
            .args(args);
        command
    }

    /// Runs it with these arguments and variables, in both languages.
    pub(super) fn ask(&self, args: &[&str], environment: &[(&str, String)]) -> [Told; 2] {
        ["en", "ja"].map(|lang| {
            let mut command = self.command(args);
            Told::of(&Run::of(
                command.args(["--lang", lang]).envs(environment.iter().map(|(name, value)| (name, value))),
            ))
        })
    }
}

impl Told {
    /// What a run that wrote JSON said.
    pub(super) fn of(run: &Run) -> Self {
        let report = run.json();
        let error = &report["hosts"][0]["error"];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        if error.is_null() {
            let outcome = text(&report["results"][0]["outcome"]);
            return Self { class: outcome, message: report.to_string(), remedy: String::new() };
        }
        let steps = error["remedy"]["steps"].as_array().expect("steps").iter();
        let lines: Vec<_> = steps.flat_map(|step| [text(&step["text"]), text(&step["command"])]).collect();
        Self { class: text(&error["class"]), message: text(&error["message"]), remedy: lines.join("\n") }
    }

    /// Fails unless it is of this class and says all these words.
    #[track_caller]
    pub(super) fn assert(&self, class: &str, words: &[&str]) {
        assert_eq!(self.class, class, "{self:#?}");
        for word in words {
            assert!(self.message.contains(word) || self.remedy.contains(word), "`{word}` is missing: {self:#?}");
        }
    }
}

/// What was told in English and in Japanese: the class and words of both, and those of each.
#[track_caller]
pub(super) fn assert_both(told: &[Told; 2], class: &str, words: &[&str], english: &str, japanese: &str) {
    for told in told {
        told.assert(class, words);
    }
    told[0].assert(class, &[english]);
    told[1].assert(class, &[japanese]);
}
