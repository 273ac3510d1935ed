//! `CanonicalizeHostname`: short names completed by a domain in which they are known.

use std::net::IpAddr;

use super::{
    machine::Machine,
    notice::NoticeKind,
    raw::Raw,
    values::{self, Canonicalize},
};

/// The name to connect to: addresses in their shortest form, other names in lower case and completed where that is wanted.
pub(super) fn name(raw: &mut Raw, name: &str, machine: &Machine) -> String {
    if let Some(address) = address(name) {
        return address;
    }
    let name = name.to_lowercase();
    let wanted = match raw.canonicalize() {
        Canonicalize::No => false,
        Canonicalize::Direct => raw.is_direct(),
        Canonicalize::Always => true,
    };
    if !wanted || name.contains([':', '%']) || name.is_empty() {
        return name;
    }
    complete(raw, &name, machine)
}

fn complete(raw: &mut Raw, name: &str, machine: &Machine) -> String {
    let family = raw.family();
    let dots = raw.parsed("canonicalizemaxdots", |text| text.parse::<i64>().ok()).unwrap_or(1);
    let full = match name.strip_suffix('.') {
        Some(anchored) => vec![anchored.to_owned()],
        None if i64::try_from(name.matches('.').count()).is_ok_and(|count| count > dots) => return name.to_owned(),
        None => raw.canonical_domains().iter().map(|domain| format!("{name}.{domain}")).collect(),
    };
    if let Some(found) = full.into_iter().find(|full| machine.has_address(&format!("{full}."), family)) {
        return found;
    }
    let falls_back = raw.parsed("canonicalizefallbacklocal", values::yes_no).unwrap_or(true);
    if let Some(option) = raw.option("canonicalizehostname").cloned().filter(|_| !falls_back) {
        raw.note(&option, NoticeKind::NoCanonicalName(name.to_owned()));
    }
    name.to_owned()
}

/// The shortest form of an address, with its zone.
fn address(name: &str) -> Option<String> {
    let (address, zone) = name.split_once('%').map_or((name, None), |(address, zone)| (address, Some(zone)));
    let address: IpAddr = address.parse().ok()?;
    Some(zone.map_or_else(|| address.to_string(), |zone| format!("{address}%{zone}")))
}

#[cfg(test)]
mod tests {
    use super::{
        super::file::{ConfigOption, Place},
        Machine, Raw, address, name,
    };

    fn raw(options: &[(&str, &[&str])]) -> Raw {
        let mut raw = Raw::default();
        for (keyword, args) in options {
            let args = args.iter().map(|arg| (*arg).to_owned()).collect();
            raw.take(&ConfigOption { keyword: (*keyword).to_owned(), args, place: Place::Arguments });
        }
        raw
    }

    #[test]
    fn a_short_name_is_completed_by_the_first_domain_that_knows_it() {
        let machine = Machine::knowing("web.b.invalid.");
        let on = ("canonicalizehostname", &["yes"][..]);
        let domains = ("canonicaldomains", &["a.invalid", "b.invalid"][..]);
        assert_eq!(name(&mut raw(&[on, domains]), "WEB", &machine), "web.b.invalid");
        assert_eq!(name(&mut raw(&[domains]), "web", &machine), "web");
        assert_eq!(name(&mut raw(&[on, domains]), "web.x.y", &machine), "web.x.y");
        let proxied = ("proxycommand", &["nc"][..]);
        assert_eq!(name(&mut raw(&[on, domains, proxied]), "web", &machine), "web");
        assert_eq!(
            name(&mut raw(&[("canonicalizehostname", &["always"]), domains, proxied]), "web", &machine),
            "web.b.invalid"
        );
        let mut strict = raw(&[on, domains, ("canonicalizefallbacklocal", &["no"])]);
        assert_eq!((name(&mut strict, "other", &machine).as_str(), strict.notices.len()), ("other", 1));
    }

    #[test]
    fn addresses_get_their_shortest_form() {
        for (text, short) in
            [("::0001", Some("::1")), ("fe80:0::1%lo", Some("fe80::1%lo")), ("a", None), ("1.2.3", None)]
        {
            assert_eq!(address(text).as_deref(), short, "{text}");
        }
    }
}
