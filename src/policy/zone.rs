//! The key `time_zone` of the files in which people agree on days.

use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;

use crate::catalog::{Document, ProblemKind, Step};

/// `Asia/Tokyo`, `UTC` or `+09:00`: a day ends at different times in different places, so that it must be said.
pub(super) fn zone<T: DeserializeOwned + Default>(document: &mut Document<T>, named: Option<String>) -> TimeZone {
    let at = [Step::Key("time_zone")];
    let Some(name) = named else {
        let example = Some("time_zone: Asia/Tokyo");
        document.report(&[], ProblemKind::Missing { key: "time_zone".to_owned(), example });
        return TimeZone::UTC;
    };
    let offset = || Some(TimeZone::fixed(jiff::fmt::strtime::parse("%:z", &name).ok()?.offset()?));
    TimeZone::get(&name).ok().or_else(offset).unwrap_or_else(|| {
        let detail = format!("`{name}` is no time zone: expected a name like `Asia/Tokyo` or an offset like `+09:00`");
        document.report(&at, ProblemKind::InvalidName { detail });
        TimeZone::UTC
    })
}
