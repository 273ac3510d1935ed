//! `preflight-waivers.yml`: who lives with which finding, why, and until when.

use std::path::Path;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::{entry::Entry, zone::zone};
use crate::{
    catalog::{Catalog, CatalogErrors, CheckId, Document, ProblemKind},
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
            let entry = Entry { document: &mut document, list: "waivers", index };
            list.extend(raw.valid(entry, catalog));
        }
        document.finish().map(|_| Self { list, zone })
    }

    /// The day that it is at `now` where the waivers are written.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Date {
        now.to_zoned(self.zone.clone()).date()
    }
}

impl RawWaiver {
    fn valid(self, mut entry: Entry<'_, RawFile>, catalog: &Catalog) -> Option<Waiver> {
        let check = known(&mut entry, self.check, catalog);
        let hosts = self.hosts.and_then(|text| entry.parsed::<Pattern>("hosts", &text));
        let reason = entry.filled("reason", self.reason);
        let owner = entry.filled("owner", self.owner);
        let expires = entry.last_day("expires", self.expires, "waiver");
        let location = entry.location();
        let (item, stage) = (self.item, self.stage);
        Some(Waiver { check: check?, hosts, item, stage, reason: reason?, owner: owner?, expires: expires?, location })
    }
}

fn known(entry: &mut Entry<'_, RawFile>, id: Option<String>, catalog: &Catalog) -> Option<CheckId> {
    let id = entry.filled("check", id)?;
    let known = catalog.checks.keys().find(|known| known.as_str() == id).cloned();
    if known.is_none() {
        let nearest = nearest(&id, catalog.checks.keys().map(CheckId::as_str)).map(str::to_owned);
        entry.report("check", ProblemKind::UnknownReference { what: "check", id, nearest });
    }
    known
}
