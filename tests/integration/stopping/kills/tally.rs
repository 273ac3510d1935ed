//! How many runs were ended, by what and in which stage: more than docs/reliability.md says.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use super::{RUNS, shot::Blow, traces::Stage};

const BEGIN: &str =
    "<!-- kills: written by `UPDATE_RELIABILITY=1 cargo test --test integration -- stopping::kills` -->";
const END: &str = "<!-- end of kills -->";

/// The columns. A run that has ended by itself when its time comes counts for none.
const STAGES: [Stage; 4] = [Stage::Reading, Stage::Connecting, Stage::Asking, Stage::Telling];
/// Runs that each way of ending hits in each stage, and in all of them, at least: few enough for any machine, for a stage
/// may be over before a blow arrives.
const AT_LEAST: u32 = 8;
const OF_A_KIND: u32 = 70;

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    hits: BTreeMap<(Blow, Stage), u32>,
    /// Files and directories that kills left.
    left: usize,
}

impl Tally {
    /// Counts one run, and what it left.
    pub(super) fn count(&mut self, blow: Blow, stage: Stage, left: usize) {
        *self.hits.entry((blow, stage)).or_default() += 1;
        self.left += left;
    }

    fn hits(&self, blow: Blow, stage: Stage) -> u32 {
        self.hits.get(&(blow, stage)).copied().unwrap_or_default()
    }

    /// Every run is counted, and every end met every stage so often as the document says.
    pub(super) fn settle(&self) {
        assert_eq!(self.hits.values().sum::<u32>(), RUNS);
        for blow in Blow::ALL {
            let hits = STAGES.map(|stage| self.hits(blow, stage));
            assert!(hits.iter().all(|hits| *hits >= AT_LEAST), "{blow:?}: {hits:?} of {self:?}");
            assert!(hits.iter().sum::<u32>() >= OF_A_KIND, "{blow:?}: {hits:?} of {self:?}");
        }
        settle(&table());
    }
}

fn table() -> String {
    let mut text = format!(
        "\n| ended by, of {RUNS} runs | in all | reading | connecting | asking | writing |\n|---|---|---|---|---|---|\n"
    );
    for blow in Blow::ALL {
        let cells = STAGES.map(|_| format!("≥ {AT_LEAST}"));
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "| {} | ≥ {OF_A_KIND} | {} |", blow.name(), cells.join(" | "));
    }
    text
}

/// Writes the table, or asserts that the document has it.
fn settle(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let text = fs::read_to_string(&path).expect("there is the document");
    let (before, rest) = text.split_once(BEGIN).expect("the document has the table's begin");
    let (told, after) = rest.split_once(END).expect("the document has the table's end");
    if std::env::var_os("UPDATE_RELIABILITY").is_some() {
        fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).expect("the document can be written");
    } else {
        assert_eq!(told, table, "UPDATE_RELIABILITY=1 writes it");
    }
}
