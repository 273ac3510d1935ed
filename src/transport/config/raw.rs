//! The values that hold for one host as they are written: of most options the first, of some all.

use std::{collections::BTreeMap, path::Path};

use super::{
    file::{ConfigOption, Place},
    keywords::{self, Treatment},
    notice::{Notice, NoticeKind},
    tokens, values,
    values::Canonicalize,
};
use crate::transport::{endpoint::AddressFamily, glob};

/// Before tokens are replaced: they may speak of values that come later.
#[derive(Debug, Default)]
pub(super) struct Raw {
    first: BTreeMap<String, ConfigOption>,
    pub(super) identity_files: Vec<ConfigOption>,
    pub(super) certificate_files: Vec<ConfigOption>,
    pub(super) notices: Vec<Notice>,
}

/// Where a key is named that `ssh` passes over if it is not there.
pub(super) const KEY_ARGUMENT: &str = "-i";

impl Raw {
    /// Nothing yet but what is told about the files themselves.
    pub(super) fn told(notices: Vec<Notice>) -> Self {
        Self { notices, ..Self::default() }
    }

    pub(super) fn take(&mut self, option: &ConfigOption) {
        let keyword = keywords::usual(&option.keyword);
        let value = option.args.first().map_or("", String::as_str);
        match keywords::treatment(keyword) {
            _ if keyword == KEY_ARGUMENT && !Path::new(value).exists() => {
                self.note(option, NoticeKind::NoFile(value.to_owned()));
            }
            _ if keyword == KEY_ARGUMENT => add(&mut self.identity_files, option),
            Treatment::Harmless => {}
            Treatment::Notice if keywords::is_default(keyword, &option.args.concat()) => {}
            Treatment::Notice => self.note(option, NoticeKind::NotHonoured(option.keyword.clone())),
            Treatment::Unknown if self.ignores(keyword) => {}
            Treatment::Unknown => self.note(option, NoticeKind::Unknown(option.keyword.clone())),
            Treatment::Honoured if value.is_empty() => {
                self.note(option, NoticeKind::BadValue(option.keyword.clone(), String::new()));
            }
            Treatment::Honoured => {
                if option.args.len() > 1 && !keywords::takes_many(keyword) {
                    // `ssh` stops at what stands behind the value.
                    self.note(option, NoticeKind::BadValue(option.keyword.clone(), option.args.join(" ")));
                }
                self.keep(keyword, value, option);
            }
        }
    }

    fn keep(&mut self, keyword: &str, value: &str, option: &ConfigOption) {
        match keyword {
            "identityfile" => add(&mut self.identity_files, option),
            "certificatefile" => add(&mut self.certificate_files, option),
            // To OpenSSH this is the same as nothing, and a later value counts.
            "connecttimeout" | "serveraliveinterval" if value == "none" => {}
            // The two share one place, but `ProxyJump none` keeps only other jumps out.
            "proxyjump" if self.first.contains_key("nojump") => {}
            "proxyjump" if value.eq_ignore_ascii_case("none") => self.put("nojump", option),
            "proxycommand" | "proxyjump" => self.put("proxy", option),
            keyword => self.put(keyword, option),
        }
    }

    fn put(&mut self, place: &str, option: &ConfigOption) {
        self.first.entry(place.to_owned()).or_insert_with(|| option.clone());
    }

    fn ignores(&self, keyword: &str) -> bool {
        self.value("ignoreunknown").is_some_and(|list| glob::list_matches(list.to_lowercase().split(','), keyword))
    }

    /// Once, although the files may be read twice.
    pub(super) fn note(&mut self, option: &ConfigOption, kind: NoticeKind) {
        self.note_at(&option.place, kind);
    }

    pub(super) fn note_at(&mut self, place: &Place, kind: NoticeKind) {
        let (file, line) = match place {
            Place::Line(file, line) => (Some(file.clone()), *line),
            Place::Arguments => (None, 0),
        };
        let notice = Notice { file, line, kind };
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    pub(super) fn option(&self, keyword: &str) -> Option<&ConfigOption> {
        self.first.get(keyword)
    }

    pub(super) fn value(&self, keyword: &str) -> Option<&str> {
        self.option(keyword).map(|option| option.args[0].as_str())
    }

    pub(super) fn text(&self, keyword: &str) -> Option<String> {
        self.value(keyword).map(str::to_owned)
    }

    /// The value of `keyword` read by `parse`; a notice where it cannot be read.
    pub(super) fn parsed<T>(&mut self, keyword: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let option = self.first.get(keyword)?.clone();
        let value = parse(&option.args[0]);
        if value.is_none() {
            self.note(&option, NoticeKind::BadValue(option.keyword.clone(), option.args[0].clone()));
        }
        value
    }

    /// `HostName` with `%h` replaced by `alias`; `alias` where it is not set or cannot be used.
    pub(super) fn host_name(&mut self, alias: &str) -> String {
        self.parsed("hostname", |text| tokens::host_name(text, alias)).unwrap_or_else(|| alias.to_owned())
    }

    /// From now on `HostName` is `name`, whatever the files say.
    pub(super) fn set_host_name(&mut self, name: &str) {
        let option = ConfigOption {
            keyword: "hostname".to_owned(),
            args: vec![name.replace('%', "%%")],
            place: Place::Arguments,
        };
        self.first.insert("hostname".to_owned(), option);
    }

    /// When names are completed by a domain.
    pub(super) fn canonicalize(&mut self) -> Canonicalize {
        self.parsed("canonicalizehostname", values::canonicalize).unwrap_or(Canonicalize::No)
    }

    pub(super) fn canonical_domains(&self) -> Vec<String> {
        let domains = self.option("canonicaldomains").map(|option| option.args.clone()).unwrap_or_default();
        domains.into_iter().take_while(|domain| !domain.eq_ignore_ascii_case("none")).collect()
    }

    pub(super) fn family(&mut self) -> AddressFamily {
        self.parsed("addressfamily", values::family).unwrap_or_default()
    }

    /// Whether the name is looked up here, and not by a proxy.
    pub(super) fn is_direct(&self) -> bool {
        self.value("proxy").is_none_or(|value| value.eq_ignore_ascii_case("none"))
    }
}

fn add(files: &mut Vec<ConfigOption>, option: &ConfigOption) {
    if !files.iter().any(|known| known.args[0] == option.args[0]) {
        files.push(option.clone());
    }
}
