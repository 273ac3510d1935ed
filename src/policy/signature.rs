//! The file of `--attest`: who signed for which manual item, when, and until when that counts.

use std::{collections::HashMap, path::Path};

use jiff::{
    Timestamp, Zoned,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::Deserialize;

use super::{entry::Entry, zone::zone};
use crate::{
    catalog::{Catalog, CatalogErrors, CheckId, Document, ProblemKind},
    inventory::Pattern,
    location::Location,
    nearest::nearest,
};

/// One signed-off manual item.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The manual check.
    pub check: CheckId,
    /// The hosts; absent: all.
    pub hosts: Option<Pattern>,
    /// The stage of a hive project; absent: all.
    pub stage: Option<String>,
    /// Who verified it.
    pub who: String,
    /// When, as it is written.
    pub when: String,
    /// The first moment of that.
    pub since: Timestamp,
    /// The last day on which it counts.
    pub valid_until: Date,
    /// What else was worth writing down.
    pub note: Option<String>,
    /// Where it is written.
    pub location: Location,
}

/// All of a file.
#[derive(Debug, Clone)]
pub struct Signatures {
    /// In the order of the file.
    pub list: Vec<Signed>,
    /// The time zone of the days.
    zone: TimeZone,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    time_zone: Option<String>,
    #[serde(default)]
    attestations: Vec<RawSigned>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSigned {
    check: Option<String>,
    hosts: Option<String>,
    stage: Option<String>,
    who: Option<String>,
    when: Option<String>,
    valid_until: Option<String>,
    note: Option<String>,
}

/// What of a file may be there once only: check, hosts and stage, as they are written.
type Key = (Option<String>, Option<String>, Option<String>);

impl Signatures {
    /// Reads a file; its checks must be manual ones of `catalog`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(path: &Path, catalog: &Catalog) -> Result<Self, CatalogErrors> {
        let mut document: Document<RawFile> = Document::read(path)?;
        let named = document.raw.time_zone.clone();
        let zone = zone(&mut document, named);
        let raw = document.raw.attestations.clone();
        let mut list = Vec::with_capacity(raw.len());
        let mut seen: HashMap<Key, u32> = HashMap::new();
        for (index, raw) in raw.into_iter().enumerate() {
            let entry = Entry { document: &mut document, list: "attestations", index };
            let mut reader = Reader { entry, zone: &zone };
            reader.only_once(&raw, &mut seen);
            list.extend(reader.signed(raw, catalog));
        }
        document.finish().map(|_| Self { list, zone })
    }

    /// The day that it is at `now` where the signatures are written.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Date {
        now.to_zoned(self.zone.clone()).date()
    }
}

/// One signature of the file.
struct Reader<'a> {
    entry: Entry<'a, RawFile>,
    zone: &'a TimeZone,
}

impl Reader<'_> {
    fn signed(mut self, raw: RawSigned, catalog: &Catalog) -> Option<Signed> {
        let check = self.check(raw.check, catalog);
        let hosts = raw.hosts.and_then(|text| self.entry.parsed::<Pattern>("hosts", &text));
        let who = self.entry.filled("who", raw.who);
        let when = self.when(raw.when);
        let valid_until = self.entry.last_day("valid_until", raw.valid_until, "signature");
        if let (Some((_, since)), Some(last)) = (&when, valid_until) {
            self.in_order(since, last);
        }
        let note = raw.note.filter(|note| !note.trim().is_empty());
        let location = self.entry.location();
        let (when, since) = when?;
        Some(Signed {
            check: check?,
            hosts,
            stage: raw.stage,
            who: who?,
            when,
            since: since.timestamp(),
            valid_until: valid_until?,
            note,
            location,
        })
    }

    /// Two signatures for the same are a slip: nobody could say which one counts.
    fn only_once(&mut self, raw: &RawSigned, seen: &mut HashMap<Key, u32>) {
        let line = self.entry.location().line;
        let key = (raw.check.clone(), raw.hosts.clone(), raw.stage.clone());
        if let Some(first) = seen.get(&key).copied().filter(|_| raw.check.is_some()) {
            let check = raw.check.as_deref().unwrap_or_default();
            self.entry.invalid(
                "check",
                format!("`{check}` is signed for the same hosts and stage on line {first} already: keep the later one"),
            );
        }
        seen.entry(key).or_insert(line);
    }

    fn check(&mut self, id: Option<String>, catalog: &Catalog) -> Option<CheckId> {
        let id = self.entry.filled("check", id)?;
        let manual = catalog.checks.values().filter(|check| check.verify().is_some());
        let Some(check) = catalog.checks.values().find(|check| check.id.as_str() == id) else {
            let nearest = nearest(&id, manual.map(|check| check.id.as_str())).map(str::to_owned);
            self.entry.report("check", ProblemKind::UnknownReference { what: "check", id, nearest });
            return None;
        };
        if check.verify().is_none() {
            self.entry.invalid(
                "check",
                format!("`{id}` is no manual item: the program judges it, and nobody can sign for it"),
            );
        }
        Some(check.id.clone())
    }

    /// The text, and the moment that it means; of a day its beginning.
    fn when(&mut self, text: Option<String>) -> Option<(String, Zoned)> {
        let text = self.entry.filled("when", text)?;
        let moment = moment(&text, self.zone);
        if moment.is_none() {
            let detail = format!("`{text}` is no day or moment: expected `2027-03-31` or `2027-03-31T09:30:00+09:00`");
            self.entry.invalid("when", detail);
        }
        Some((text, moment?))
    }

    fn in_order(&mut self, since: &Zoned, last: Date) {
        if since.with_time_zone(self.zone.clone()).date() > last {
            self.entry.invalid("valid_until", format!("`valid_until` is {last}, before it was signed"));
        }
    }
}

/// A day, a time of a day (both where the file is written), or a moment with its own offset.
fn moment(text: &str, zone: &TimeZone) -> Option<Zoned> {
    let is_day = text.len() == "2027-03-31".len();
    if is_day {
        return text.parse::<Date>().ok()?.to_zoned(zone.clone()).ok();
    }
    let exact = text.parse::<Timestamp>().ok().map(|moment| moment.to_zoned(zone.clone()));
    exact.or_else(|| text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok())
}

#[cfg(test)]
mod tests {
    use jiff::tz::{TimeZone, offset};

    use super::moment;

    #[test]
    fn days_and_hours_are_those_of_the_files_zone_and_moments_bring_their_own() {
        let tokyo = TimeZone::fixed(offset(9));
        let told = |text: &str| moment(text, &tokyo).map(|moment| moment.timestamp().to_string());
        let at = |text: &str| Some(text.to_owned());
        assert_eq!(told("2027-03-31"), at("2027-03-30T15:00:00Z"));
        assert_eq!(told("2027-03-31T09:30:00"), at("2027-03-31T00:30:00Z"));
        assert_eq!(told("2027-03-31 09:30"), at("2027-03-31T00:30:00Z"));
        assert_eq!(told("2027-03-31T09:30:00Z"), at("2027-03-31T09:30:00Z"));
        assert_eq!(told("2027-03-31T09:30:00-05:00"), at("2027-03-31T14:30:00Z"));
        for wrong in ["", "yesterday", "2027-02-30", "2027-3-31", "31.03.2027", "2027-03-31T25:00:00Z"] {
            assert_eq!(told(wrong), None, "{wrong}");
        }
    }
}
