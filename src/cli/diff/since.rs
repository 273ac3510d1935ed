//! `run --changed-since`: the hosts that changes touch, and why.

use std::{collections::BTreeSet, sync::Arc};

use super::{sides, words};
use crate::{
    cli::{args::SourceArgs, inventory, run::Refused, ui::Ui},
    inventory::{HostName, LoadOptions, Touch},
    plan::Fleet,
    text::Text,
};

/// The most hosts that a notice tells of one by one.
const TOLD_HOSTS: usize = 50;
/// The most reasons for one host.
const TOLD_REASONS: usize = 4;

/// The hosts of a run, and what to say about them.
pub(in crate::cli) struct Touched {
    pub(in crate::cli) hosts: BTreeSet<HostName>,
    pub(in crate::cli) notices: Vec<Text>,
}

/// The machines of `fleet` that the changes since `revision` touch.
pub(in crate::cli) fn touched(args: &SourceArgs, revision: &str, fleet: &Fleet, ui: Ui) -> Result<Touched, Refused> {
    let vault = Arc::clone(&fleet.original.vault);
    let options = LoadOptions { vault, ..inventory::options(args) };
    let earlier = sides::of_revision(&options, Some(revision), ui)?;
    let mut changes = earlier.compare(&fleet.original);
    // A mother that is not written is this machine, and applies what changed like any other.
    if fleet.mother_is_implicit && !changes.changes.is_empty() {
        changes.touched.insert(fleet.mother.clone(), vec![Touch::Applies]);
    }
    changes.touched.retain(|host, _| fleet.inventory.hosts.contains_key(host));
    let of_fleet: Vec<(&HostName, &Vec<Touch>)> = changes.touched.iter().collect();
    let mut notices = earlier.notices.clone();
    notices.push(notice(&earlier.name, &of_fleet, fleet.inventory.hosts.len()));
    Ok(Touched { hosts: changes.touched.keys().cloned().collect(), notices })
}

fn notice(name: &str, touched: &[(&HostName, &Vec<Touch>)], all: usize) -> Text {
    if touched.is_empty() {
        return Text::new(
            format!("nothing that changed since {name} touches a host of this run"),
            format!("{name} 以降の変更の影響を受けるホストはありません"),
        );
    }
    let told = touched.iter().take(TOLD_HOSTS).map(|(host, why)| {
        let reasons = why.iter().take(TOLD_REASONS).map(words::touch).collect::<Vec<_>>();
        let more = if why.len() > TOLD_REASONS { format!(" + {}", why.len() - TOLD_REASONS) } else { String::new() };
        let join = |words: Vec<&str>, mark: &str| words.join(mark);
        let en = join(reasons.iter().map(|text| text.en.as_str()).collect(), ", ");
        let ja = join(reasons.iter().map(|text| text.ja.as_str()).collect(), "、");
        (format!("{host} ({en}{more})"), format!("{host}（{ja}{more}）"))
    });
    let (en, ja): (Vec<String>, Vec<String>) = told.unzip();
    let more = touched.len().saturating_sub(TOLD_HOSTS);
    let rest = if more > 0 { format!(" + {more}") } else { String::new() };
    let count = touched.len();
    Text::new(
        format!("the changes since {name} touch {count} of {all} hosts: {}{rest}", en.join("; ")),
        format!("{name} 以降の変更の影響を受けるのは {all} 台中 {count} 台: {}{rest}", ja.join("、")),
    )
}
