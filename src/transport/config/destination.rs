//! `user@host`, `ssh://user@host:port` and the hops of `ProxyJump`, as `ssh` takes them apart.

use super::{
    file::{ConfigOption, Place},
    values,
};

/// Where to go, and what stands beside it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Destination<'a> {
    pub(super) user: Option<&'a str>,
    pub(super) host: &'a str,
    pub(super) port: Option<&'a str>,
}

impl<'a> Destination<'a> {
    /// What is given to `ssh` in the place of a host: a port stands only in a URI, and brackets are a part of the name elsewhere.
    pub(super) fn of_argument(text: &'a str) -> Self {
        if let Some(rest) = text.strip_prefix("ssh://") {
            return Self::of_hop(rest.strip_suffix('/').unwrap_or(rest));
        }
        let (user, host) = split_user(text);
        Self { user, host, port: None }
    }

    /// A hop of `ProxyJump`: `[user@]host[:port]`, an IPv6 address in brackets.
    pub(super) fn of_hop(text: &'a str) -> Self {
        let (user, place) = split_user(text.strip_prefix("ssh://").unwrap_or(text));
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, after)) => (host, after.strip_prefix(':')),
            None => match place.split_once(':') {
                // A bare IPv6 address.
                Some((_, rest)) if rest.contains(':') => (place, None),
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        Self { user, host, port }
    }

    /// Whether `ssh` takes `hop` for one.
    pub(super) fn is_hop(hop: &'a str) -> bool {
        let Self { host, port, .. } = Self::of_hop(hop);
        let is_bare_ipv6 = host.contains(':') && !hop.contains('[');
        !host.is_empty()
            && !is_bare_ipv6
            && !hop.contains(char::is_whitespace)
            // A port may be the name of a service.
            && port.is_none_or(|port| port.starts_with(|c: char| c.is_ascii_alphabetic()) || values::port(port).is_some())
    }

    /// What it says about user and port, for who comes after the arguments and before the files.
    pub(super) fn options(&self) -> impl Iterator<Item = ConfigOption> {
        let option = |(keyword, value): (&str, Option<&str>)| {
            let args = vec![value?.to_owned()];
            Some(ConfigOption { keyword: keyword.to_owned(), args, place: Place::Arguments })
        };
        [("user", self.user), ("port", self.port)].into_iter().filter_map(option)
    }
}

fn split_user(text: &str) -> (Option<&str>, &str) {
    match text.rsplit_once('@') {
        Some((user, host)) if !user.is_empty() => (Some(user), host),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::Destination;

    fn parts<'a>(found: &Destination<'a>) -> (Option<&'a str>, &'a str, Option<&'a str>) {
        (found.user, found.host, found.port)
    }

    #[test]
    fn destinations_come_apart_as_in_openssh() {
        for (text, wanted) in [
            ("h", (None, "h", None)),
            ("u@h", (Some("u"), "h", None)),
            ("a@b@h", (Some("a@b"), "h", None)),
            ("h:22", (None, "h:22", None)),
            ("::1", (None, "::1", None)),
            ("[::1]", (None, "[::1]", None)),
            ("ssh://u@h:23", (Some("u"), "h", Some("23"))),
            ("ssh://h/", (None, "h", None)),
        ] {
            assert_eq!(parts(&Destination::of_argument(text)), wanted, "{text}");
        }
        for (text, wanted) in [
            ("j", (None, "j", None)),
            ("u@[::1]:23", (Some("u"), "::1", Some("23"))),
            ("[::1]", (None, "::1", None)),
            ("u@j:23", (Some("u"), "j", Some("23"))),
            ("ssh://u@j:23", (Some("u"), "j", Some("23"))),
            ("u@::1", (Some("u"), "::1", None)),
        ] {
            assert_eq!(parts(&Destination::of_hop(text)), wanted, "{text}");
        }
    }
}
