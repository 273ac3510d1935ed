//! Lines of files as messages may show them: without what stands behind a key that sounds like a secret.

use std::sync::LazyLock;

use regex::Regex;

/// The line up to the first secret; what follows it may be a part of it.
pub(super) fn hidden(line: &str) -> String {
    match KEY.find(line).filter(|found| !line[found.end()..].trim().is_empty()) {
        Some(found) => format!("{}***", &line[..found.end()]),
        None => line.to_owned(),
    }
}

#[expect(clippy::unwrap_used, reason = "the expression is a constant; a test uses it")]
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

static KEY: LazyLock<Regex> = LazyLock::new(|| {
    compile(r#"(?i)(?:password|passwd|passphrase|_pass|secret|token|api_?key|private_?key)[\w-]*["']?[ \t]*[:=][ \t]*"#)
});

#[cfg(test)]
mod tests {
    use super::hidden;

    #[test]
    fn what_follows_a_secrets_key_is_not_shown() {
        let cases = [
            ("root_password: hunter2", "root_password: ***"),
            ("s: {cidr: 10.0.0.0/8, root_password: a, b}", "s: {cidr: 10.0.0.0/8, root_password: ***"),
            ("h1 ansible_ssh_pass=hunter2 a=1", "h1 ansible_ssh_pass=***"),
            ("\"API_KEY\": x", "\"API_KEY\": ***"),
            ("ports: [\"80:80\"]", "ports: [\"80:80\"]"),
            ("root_password:", "root_password:"),
        ];
        for (line, wanted) in cases {
            assert_eq!(hidden(line), wanted);
        }
    }
}
