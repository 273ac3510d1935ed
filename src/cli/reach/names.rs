//! Names of hosts and users that `ssh` takes: those of its program, which a `ProxyCommand` or `Match exec` with `%h` or `%r`
//! hands to a shell as they are.

use crate::{plan::ReachError, text::Text};

/// Refuses a host that `ssh` refuses as an argument (`valid_hostname`).
pub(super) fn check_host(host: &str) -> Result<(), ReachError> {
    let is_good = |c: char| !c.is_ascii_whitespace() && !c.is_ascii_control() && !"'`\"$\\;&<>|(){},".contains(c);
    if !host.starts_with('-') && host.chars().all(is_good) {
        return Ok(());
    }
    Err(ReachError(Text::new(
        format!(
            "`{host}` is no name of a host that `ssh` takes: it begins with `-`, or has a blank or one of ' ` \" $ \\ ; & < > | ( ) {{ }} , in it; correct `ansible_host`, or the host's name"
        ),
        format!(
            "`{host}` は `ssh` が受け付けないホスト名です: `-` で始まるか、空白または ' ` \" $ \\ ; & < > | ( ) {{ }} , を含んでいます。`ansible_host` またはホスト名を修正してください"
        ),
    )))
}

/// Refuses a user whom `ssh` refuses as an argument (`valid_ruser`).
pub(super) fn check_user(user: &str) -> Result<(), ReachError> {
    let is_good = |c: char| !c.is_ascii_control() && !"'`\";&<>|(){}".contains(c);
    let is_option = user.starts_with('-') || user.contains(" -");
    if !is_option && !user.ends_with('\\') && user.chars().all(is_good) {
        return Ok(());
    }
    Err(ReachError(Text::new(
        format!(
            "`{user}` is no user whom `ssh` takes: there is a `-` at its beginning or behind a blank, a `\\` at its end, or one of ' ` \" ; & < > | ( ) {{ }} in it; correct `ansible_user`"
        ),
        format!(
            "`{user}` は `ssh` が受け付けないユーザー名です: 先頭または空白の後ろに `-` があるか、末尾に `\\` があるか、' ` \" ; & < > | ( ) {{ }} を含んでいます。`ansible_user` を修正してください"
        ),
    )))
}
