//! Names of variables, keys and options that say that a secret stands behind them.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// What every such name has somewhere: most names have none of it and are done.
const SIGNS: [&str; 5] = ["pass", "secret", "token", "key", "credential"];

/// Parts of names that hold secrets, in lower case.
const SECRETS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "ssh_pass",
    "become_pass",
    "sudo_pass",
    "su_pass",
    "secret",
    "token",
    "api_key",
    "apikey",
    "credential",
];

/// Ends of names that hold secrets, beside [`SECRETS`].
const KEYS: [&str; 7] =
    ["private_key", "_pass", "secret_key", "access_key", "account_key", "accountkey", "preshared_key"];

/// Ends of names that are no secrets though they speak of one: where it lies, how long it holds.
const HARMLESS: [&str; 8] = ["_file", "_path", "_dir", "_length", "_policy", "_url", "_ttl", "_name"];

/// What sudoers says of commands for which nobody is asked for a password.
const NO_PASSWORD: &str = "nopasswd";

/// Whether something of this name is a secret, or about one: what is under it is not shown.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    if !HAS_SIGN.is_match(name) {
        return false;
    }
    let name = normal(name);
    is_near(&name) && !HARMLESS.iter().any(|end| name.ends_with(end))
}

/// Whether something of this name is a secret itself, and not only something about one. Several lie under a plural.
#[must_use]
pub fn names_secret(name: &str) -> bool {
    if !HAS_SIGN.is_match(name) {
        return false;
    }
    let name = normal(name);
    let one = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let one = if one.ends_with("ss") { one } else { one.strip_suffix('s').unwrap_or(one) };
    name == "pass" || (is_near(&name) && SECRETS.iter().chain(&KEYS).any(|end| one.ends_with(end)))
}

#[expect(clippy::unwrap_used, reason = "the signs are constants; a test uses them")]
static HAS_SIGN: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(SIGNS).unwrap());

fn normal(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

fn is_near(name: &str) -> bool {
    if name == NO_PASSWORD {
        return false;
    }
    name == "pass" || KEYS.iter().any(|end| name.ends_with(end)) || SECRETS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_and_harmless_ones_are_not() {
        for name in [
            "ansible_password",
            "MYSQL_ROOT_PASSWORD",
            "db_pass",
            "api-key",
            "hive_environment.TOKEN",
            "ssl_private_key",
            "AWS_SECRET_ACCESS_KEY",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "bypass_count",
            "ansible_ssh_private_key_file",
            "password_policy",
            "compass",
            "token_ttl",
            "user",
            "NOPASSWD",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn what_is_about_a_secret_is_none_itself() {
        for name in [
            "db_password",
            "api_tokens",
            "ssl_private_key",
            "PASSWORD_2",
            "db_pass",
            "become_pass",
            "AWS_SECRET_ACCESS_KEY",
            "X-Auth-Token",
            "AccountKey",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in [
            "password_hash_algorithm",
            "token_type",
            "password_max_days",
            "secret_name",
            "compass",
            "PasswordAuthentication",
            "vault-password-file",
            "kms_key_id",
        ] {
            assert!(!names_secret(name), "{name}");
        }
    }
}
