//! What is masked and what is not.

use super::*;

fn redactor(named: &[&str], vaulted: &[&str]) -> Redactor {
    let redactor = Redactor::default();
    for (texts, kind) in [(named, Kind::Named), (vaulted, Kind::Vaulted)] {
        for text in texts {
            redactor.learn(text, kind);
        }
    }
    redactor
}

#[test]
fn what_was_learned_is_masked_in_every_form_that_it_takes() {
    let secret = "it's a \"pä$$\"/word\\ #1";
    let redactor = redactor(&[secret], &[]);
    let json = serde_json::Value::from(secret).to_string();
    for (what, text) in [
        ("itself", secret.to_owned()),
        ("quoted", shell_words::quote(secret).into_owned()),
        ("JSON", json.clone()),
        ("JSON in JSON", json.trim_matches('"').to_owned()),
        ("debug", format!("{secret:?}")),
        ("address", "it%27s%20a%20%22p%C3%A4%24%24%22%2Fword%5C%20%231".to_owned()),
        ("form", "it%27s+a+%22p%c3%a4%24%24%22%2fword%5c+%231".replace('+', "%20")),
        ("YAML", format!("'{}'", secret.replace('\'', "''"))),
    ] {
        let shown = redactor.redact(&format!("before {text} after"));
        assert!(shown.contains(HIDDEN) && shown.starts_with("before ") && shown.ends_with(" after"), "{what}: {shown}");
        assert!(!shown.contains("word") && !shown.contains("it'"), "{what}: {shown}");
    }
}

#[test]
fn base_64_is_found_wherever_it_stands_in_something_longer() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let redactor = redactor(&["correct-horse"], &[]);
    for before in ["", "u", "us", "user:", "{\"a\":\""] {
        for after in ["", "x", "\n"] {
            let code = STANDARD.encode(format!("{before}correct-horse{after}"));
            let shown = redactor.redact(&code);
            assert!(shown.contains(HIDDEN), "{before:?} {after:?}: {code} -> {shown}");
        }
    }
    assert_eq!(redactor.redact("Y29tcGxldGVseSBkaWZmZXJlbnQ="), "Y29tcGxldGVseSBkaWZmZXJlbnQ=");
}

#[test]
fn short_texts_are_masked_where_they_stand_alone_and_common_words_are_not() {
    let redactor = redactor(&["abc", "pin4", "root", "True", "sesame"], &["22"]);
    for (text, shown) in [
        ("abc and abc", "abc and abc"),
        ("pin4, spin45", "[hidden], spin45"),
        ("root is True", "root is True"),
        ("open sesame, sesameseed", "open [hidden], sesameseed"),
        ("port 22 of 2022", "port [vaulted] of 2022"),
        ("password=root", "password=[hidden]"),
    ] {
        assert_eq!(redactor.redact(text), shown);
    }
}

#[test]
fn secrets_that_overlap_leave_nothing_between_them() {
    let redactor = redactor(&["alpha-beta", "beta-gamma"], &["a-beta-g"]);
    assert_eq!(redactor.redact("<alpha-beta-gamma>"), "<[vaulted]>");
    assert_eq!(redactor.redact("<alpha-beta>"), "<[hidden]>");
}

#[test]
fn lines_of_a_longer_secret_and_beginnings_that_were_cut_are_masked() {
    let redactor = redactor(&["first line\nsecond line\n"], &[]);
    assert_eq!(redactor.redact("| second line"), "| [hidden]");
    assert_eq!(redactor.redact("got second l…"), "got [hidden]…");
    let mut lines = vec!["key:".to_owned(), "first line".to_owned(), "second line".to_owned(), "end".to_owned()];
    redactor.redact_lines(&mut lines);
    assert_eq!(lines, ["key:", "[hidden]", "end"]);
}

#[test]
fn shapes_of_secrets_are_masked() {
    let redactor = Redactor::default();
    for (text, shown) in [
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nrest", "[hidden]\nrest"),
        ("a -----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "a [hidden]"),
        ("id AKIAIOSFODNN7EXAMPLE end", "id [hidden] end"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG x", "AWS_SECRET_ACCESS_KEY=[hidden]"),
        ("env AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG x", "env AWS_SECRET_ACCESS_KEY=[hidden] x"),
        ("clone ghp_0123456789abcdefghij now", "clone [hidden] now"),
        ("github_pat_11ABCDEFG0123456789", "[hidden]"),
        ("glpat-abcdef0123456789", "[hidden]"),
        ("xoxb-1234-5678-abcdef", "[hidden]"),
        (r#"{"auths":{"r.io":{"auth":"dXNlcjpwYXNz"}}}"#, r#"{"auths":{"r.io":{"auth":"[hidden]"}}}"#),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
        ("-H 'Authorization: Basic dXNlcjpwYXNz' x", "-H 'Authorization: Basic [hidden]' x"),
        ("postgres://u:hunter2@db/x", "postgres://u:[hidden]@db/x"),
        ("eyJhbGciOi.eyJzdWIiOi.SflKxw_c", "[hidden]"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6164\n6234\nrest", "$ANSIBLE_VAULT;1.1;AES256[hidden]\nrest"),
        ("$ANSIBLE_VAULT;1.2;AES256;dev\\n61646133\\n", "$ANSIBLE_VAULT;1.2;AES256;dev[hidden]\\n"),
        ("mysql --password hunter2 -h db", "mysql --password [hidden] -h db"),
        ("mysql --password='hunter 2' -h db", "mysql --password='[hidden]' -h db"),
        (r#"["serve", "--password", "hunter 2", "-x"]"#, r#"["serve", "--password", "[hidden]", "-x"]"#),
        (r"['--api-token','a'] ['--password', '--token']", r"['--api-token','[hidden]'] ['--password', '--token']"),
        (r#"{\"Cmd\":[\"--password\",\"x\"]}"#, r#"{\"Cmd\":[\"--password\",\"[hidden]\"]}"#),
        ("db_password: one two # all", "db_password: [hidden]"),
        ("  - token: \"a b\" # c", "  - token: \"[hidden]\" # c"),
        (r#"{"password": "a\"b", "user": "u"}"#, r#"{"password": "[hidden]", "user": "u"}"#),
        (r#"\"password\": \"ab\", \"user\""#, r#"\"password\": \"[hidden]\", \"user\""#),
        ("root_password: |\n  one\n  two\nuser: u", "root_password: |\n[hidden]\nuser: u"),
        ("a:\n  - token: >-\n      one\n      two", "a:\n  - token: >-\n[hidden]"),
        ("sshpass -p hunter2 ssh h", "sshpass -p [hidden] ssh h"),
        ("curl -s -u me:hunter2 https://x", "curl -s -u me:[hidden] https://x"),
        ("ncat --proxy p:3128 --proxy-auth me:hunter2 %h %p", "ncat --proxy p:3128 --proxy-auth me:[hidden] %h %p"),
        ("curl --proxy-user 'me:hunter2' x", "curl --proxy-user 'me:[hidden]' x"),
        ("root:$6$salt$0123456789abcdefghij:1", "root:[hidden]:1"),
        ("  12 | api_key = abc def", "  12 | api_key = [hidden]"),
        ("https://x/y?a=b&sig=abc%3D&c=d", "https://x/y?a=b&sig=[hidden]&c=d"),
    ] {
        assert_eq!(redactor.redact(text), shown, "{text}");
        assert_eq!(redactor.redact(shown), shown, "once is enough");
    }
}

#[test]
fn what_only_speaks_of_secrets_stays() {
    let redactor = Redactor::default();
    for text in [
        "sudo: a password is required",
        "[sudo] password for alice: ",
        "PasswordAuthentication no",
        "PasswordAuthentication: no",
        "passwordauthentication=no",
        "give one with `--vault-password-file FILE` or `--ask-vault-pass`",
        "`--ask-become-pass --limit x`",
        "give `--password`, `--token` or nothing",
        "docker swarm join --token TOKEN 10.0.0.1:2377",
        "password: \"{{ vaulted }}\"",
        "MYSQL_PASSWORD=$PASSWORD",
        "ssh://user@host:22/path",
        "http://[::1]:8080/a@b",
        "kms_key_id: arn:aws:kms:x",
        "known_hosts_key: is changed".trim_end_matches(": is changed"),
        "private_key_file: ~/.ssh/id_rsa",
        "authenticity of host cannot be established",
        "secrets:\n  db:\n    external: true",
    ] {
        assert_eq!(redactor.redact(text), text);
    }
}

#[test]
fn holding_means_more_than_a_word_by_chance() {
    let redactor = redactor(&["correct-horse", "pin4"], &["22"]);
    assert!(redactor.holds("echo 'correct-horse'", "echo {{ x }}"));
    assert!(!redactor.holds("echo 'correct-horse'", "echo 'correct-horse'"));
    assert!(!redactor.holds("port 22, pin4", ""));
}

#[test]
fn texts_made_to_be_searched_for_ever_are_searched_once() {
    // A look at the rest of the text for each name, or for each letter, would take hours.
    for (text, start, end) in [
        ("password=".repeat(200_000), "password=[hidden]", "[hidden]"),
        ("x password=\"".repeat(200_000), "x password=\"[hidden]", "[hidden]\""),
        ("x password= ".repeat(200_000), "x password= [hidden]", "password= "),
        ("x".repeat(4_000_000) + "correct-ho...", "xx", "x[hidden]..."),
    ] {
        let shown = redactor(&["correct-horse"], &[]).redact(&text);
        assert!(shown.starts_with(start) && shown.ends_with(end), "{:?}", shown.get(..100));
    }
}
