//! What any text comes to in real shells.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use minijinja::context;
use proptest::prelude::*;

use super::shell;
use crate::jinja::Jinja;

/// What `shell` gives for each word, by way of `printf`.
fn through(shell: &[&str], script: &str) -> Vec<u8> {
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} is needed for this test: {error}", shell[0]));
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(script.as_bytes()).expect("the shell reads");
    drop(stdin);
    child.wait_with_output().expect("the shell ends").stdout
}

const SHELLS: [&[&str]; 4] = [&["sh"], &["dash"], &["bash"], &["busybox", "sh"]];

/// Text that shells take apart more often than not.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\n\t'\"$`\\\\!*?#~;&|<>(){}=]{0,40}",
        "\\PC{0,20}",
        any::<String>().prop_map(|text| text.replace('\0', "")),
        Just("if".to_owned()),
        Just("-n".to_owned()),
        Just("\n\n".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_comes_out_of_every_shell_as_itself(words in prop::collection::vec(nasty(), 1..4)) {
        let template = "printf '<%s>' {{ words }} {{ words[0] }}\nv={{ words[0] }}; printf '(%s)' \"$v\"\n\
                        printf '[%s]' \"$(printf %s: a{{ words[0] }}b)\"\n";
        let script = shell(template, &context!(words => words.clone())).expect("plain text");
        let first = &words[0];
        let mut expected = words.iter().fold(String::new(), |text, word| text + "<" + word + ">");
        expected.extend(["<", first, ">(", first, ")[a", first, "b:]"]);
        for shell in SHELLS {
            let got = through(shell, &script);
            prop_assert_eq!(String::from_utf8_lossy(&got), expected.as_str(), "{:?}", shell);
        }
    }

    #[test]
    fn no_source_makes_the_compiler_panic(source in "[ a-z{}%#'\"|.()\\[\\]\n\\\\-]{0,40}") {
        let jinja = Jinja::new();
        let _ = jinja.expression(&source);
        let _ = jinja.shell_template(&source);
        let _ = jinja.template(&format!("{{{{ {source} }}}} {{% if {source} %}}"));
    }

    #[test]
    fn no_accepted_place_lets_a_value_run(
        before in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..10),
        after in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..6),
    ) {
        let template = before.concat() + "{{ x }}" + &after.concat();
        let Ok(script) = shell(&template, &context!(x => HOSTILE)) else { return Ok(()) };
        for shell in SHELLS {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let run = Command::new(shell[0])
                .args(&shell[1..])
                .args(["-c", &script])
                .current_dir(directory.path())
                .stdin(Stdio::null())
                .output();
            prop_assert!(run.is_ok(), "{:?} is needed for this test", shell);
            prop_assert!(!directory.path().join("canary").exists(), "{:?} ran the value in\n{}", shell, script);
        }
    }
}

/// Tries to run by whatever quoting it meets.
const HOSTILE: &str =
    "a'\n: > canary\n'\"\n: > canary\n\"`: > canary`$(: > canary)); : > canary; }\n: > canary\nE\n: > canary\n#";

/// What shell texts are made of.
const PIECES: [&str; 36] = [
    "'",
    "'",
    "\"",
    "\"",
    "`",
    "$(",
    ")",
    "((",
    "))",
    "$((",
    "${a:-",
    "${#",
    "}",
    "#",
    " # ",
    "\n",
    " ",
    "echo ",
    "\\",
    "\\\n",
    "cat <<E\n",
    "cat <<-'E' ",
    "\nE\n",
    "case a in ",
    "a) ",
    ";;",
    " esac",
    "$'",
    "; ",
    "$",
    "{{ x }}",
    " {{ x }} ",
    "(",
    "1",
    "$(((1",
    "<<<",
];
