//! `preflight-waivers.yml`: who lives with which finding, why, and until when.

use std::{path::Path, str::FromStr};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::zone::zone;
use crate::{
    catalog::{Catalog, CatalogErrors, CheckId, Document, ProblemKind, Step},
    inventory::Pattern,
    location::Location,
    nearest::nearest,
};

/// One agreed exception.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The check.
    pub check: CheckId,
    /// The hosts; absent: all.
    pub hosts: Option<Pattern>,
    /// The item of a check that loops; absent: all.
    pub item: Option<String>,
    /// The stage of a hive project; absent: all.
    pub stage: Option<String>,
    /// Why it is acceptable.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it counts.
    pub expires: Date,
    /// Where it is written.
    pub location: Location,
}

/// All of a file.
#[derive(Debug, Clone)]
pub struct Waivers {
    /// In the order of the file.
    pub list: Vec<Waiver>,
    /// The time zone of the days.
    zone: TimeZone,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    time_zone: Option<String>,
    #[serde(default)]
    waivers: Vec<RawWaiver>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWaiver {
    check: Option<String>,
    hosts: Option<String>,
    item: Option<String>,
    stage: Option<String>,
    reason: Option<String>,
    owner: Option<String>,
    expires: Option<String>,
}

impl Waivers {
    /// Reads a file; its checks must be those of `catalog`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(path: &Path, catalog: &Catalog) -> Result<Self, CatalogErrors> {
        Self::of(Document::read(path)?, catalog)
    }

    /// The same for a file that nobody named.
    ///
    /// # Errors
    /// As [`Waivers::load`], and where it is a pipe or a device.
    pub fn load_found(path: &Path, catalog: &Catalog) -> Result<Self, CatalogErrors> {
        Self::of(Document::read_regular(path)?, catalog)
    }

    fn of(mut document: Document<RawFile>, catalog: &Catalog) -> Result<Self, CatalogErrors> {
        let named = document.raw.time_zone.clone();
        let zone = zone(&mut document, named);
        let raw = document.raw.waivers.clone();
        let mut list = Vec::with_capacity(raw.len());
        for (index, raw) in raw.into_iter().enumerate() {
            list.extend(Reader { document: &mut document, index }.waiver(raw, catalog));
        }
        document.finish().map(|_| Self { list, zone })
    }

    /// The day that it is at `now` where the waivers are written.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Date {
        now.to_zoned(self.zone.clone()).date()
    }
}

/// One waiver of the file.
struct Reader<'a> {
    document: &'a mut Document<RawFile>,
    index: usize,
}

impl Reader<'_> {
    fn waiver(mut self, raw: RawWaiver, catalog: &Catalog) -> Option<Waiver> {
        let check = self.check(raw.check, catalog);
        let hosts = raw.hosts.and_then(|text| self.parsed::<Pattern>("hosts", &text));
        let reason = self.filled("reason", raw.reason);
        let owner = self.filled("owner", raw.owner);
        let expires = self.expires(raw.expires);
        let location = self.document.location(&[Step::Key("waivers"), Step::Item(self.index)]);
        let (item, stage) = (raw.item, raw.stage);
        Some(Waiver { check: check?, hosts, item, stage, reason: reason?, owner: owner?, expires: expires?, location })
    }

    fn report(&mut self, key: &str, kind: ProblemKind) {
        self.document.report(&[Step::Key("waivers"), Step::Item(self.index), Step::Key(key)], kind);
    }

    fn filled(&mut self, key: &'static str, text: Option<String>) -> Option<String> {
        match text {
            None => self.report(key, ProblemKind::Missing { key: key.to_owned(), example: None }),
            Some(text) if text.trim().is_empty() => self.report(key, ProblemKind::Blank { key: key.to_owned() }),
            Some(text) => return Some(text),
        }
        None
    }

    fn check(&mut self, id: Option<String>, catalog: &Catalog) -> Option<CheckId> {
        let id = self.filled("check", id)?;
        let known = catalog.checks.keys().find(|known| known.as_str() == id).cloned();
        if known.is_none() {
            let nearest = nearest(&id, catalog.checks.keys().map(CheckId::as_str)).map(str::to_owned);
            self.report("check", ProblemKind::UnknownReference { what: "check", id, nearest });
        }
        known
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, key: &str, text: &str) -> Option<T> {
        text.parse()
            .map_err(|error: T::Err| self.report(key, ProblemKind::InvalidName { detail: error.to_string() }))
            .ok()
    }

    fn expires(&mut self, text: Option<String>) -> Option<Date> {
        let text = self.filled("expires", text)?;
        let date = text.parse().ok();
        if date.is_none() {
            let detail =
                format!("`{text}` is no day: expected one like `2027-03-31`, the last on which the waiver counts");
            self.report("expires", ProblemKind::InvalidName { detail });
        }
        date
    }
}
