//! Texts that stand nowhere else, and the search for them in everything that a run leaves.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use aho_corasick::AhoCorasick;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// One secret of a place, which knows itself again in every form.
#[derive(Debug, Clone)]
pub(super) struct Marker {
    place: String,
    /// Letters and digits only, so that no way to write it changes it.
    core: String,
}

impl Marker {
    pub(super) fn new(place: &str) -> Self {
        let name: String = place.chars().filter(char::is_ascii_alphanumeric).collect();
        Self { place: place.to_owned(), core: format!("Zq7{name}{}Xw", std::process::id()) }
    }

    /// The secret.
    pub(super) fn text(&self) -> &str {
        &self.core
    }

    /// As it is, and what base 64 makes of it at each place of something longer.
    fn forms(&self) -> Vec<String> {
        let coded = (0..3).map(|before: usize| {
            let padded = [&vec![b'-'; before], self.core.as_bytes()].concat();
            let code = STANDARD_NO_PAD.encode(&padded);
            code[(before * 8).div_ceil(6)..padded.len() * 8 / 6].to_owned()
        });
        std::iter::once(self.core.clone()).chain(coded).collect()
    }
}

/// All secrets of a project.
#[derive(Debug, Default)]
pub(super) struct Markers(Vec<Marker>);

impl Markers {
    /// A new one, for this place.
    pub(super) fn add(&mut self, place: &str) -> String {
        let marker = Marker::new(place);
        let text = marker.text().to_owned();
        assert!(!self.0.iter().any(|known| known.core == text), "two places of one name: {place}");
        self.0.push(marker);
        text
    }

    /// The secret of a place.
    pub(super) fn text(&self, place: &str) -> &str {
        let marker = self.0.iter().find(|marker| marker.place == place);
        marker.unwrap_or_else(|| panic!("no secret at `{place}`")).text()
    }

    /// All places.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|marker| &*marker.place)
    }

    /// The places whose secrets stand in the bytes.
    pub(super) fn found(&self, bytes: &[u8]) -> Vec<String> {
        let forms: Vec<(&str, String)> =
            self.0.iter().flat_map(|marker| marker.forms().into_iter().map(|form| (&*marker.place, form))).collect();
        let search = AhoCorasick::new(forms.iter().map(|(_, form)| form)).expect("a search");
        let found: BTreeSet<&str> = search.find_iter(bytes).map(|found| forms[found.pattern().as_usize()].0).collect();
        found.into_iter().map(str::to_owned).collect()
    }

    /// Asserts that no secret stands in the bytes.
    pub(super) fn assert_absent(&self, what: &str, bytes: &[u8]) {
        let found = self.found(bytes);
        assert!(found.is_empty(), "{what} shows {found:?}:\n{}", String::from_utf8_lossy(bytes));
    }

    /// The same for every file below a directory, names included; tells how many there were.
    pub(super) fn assert_absent_below(&self, directory: &Path) -> usize {
        let files = files(directory);
        for file in &files {
            self.assert_absent(&file.display().to_string(), &fs::read(file).expect("readable"));
            self.assert_absent("a name", file.as_os_str().as_encoded_bytes());
        }
        files.len()
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let (mut waiting, mut found) = (vec![directory.to_path_buf()], Vec::new());
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let entry = entry.expect("an entry");
            match entry.file_type().expect("a type") {
                kind if kind.is_dir() => waiting.push(entry.path()),
                kind if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let mut markers = Markers::default();
    let text = markers.add("one place");
    for form in
        [text.clone(), format!("x{text}y"), base64(&text), base64(&format!("u:{text}")), base64(&format!("us:{text}!"))]
    {
        assert_eq!(markers.found(format!("before {form} after").as_bytes()), ["one place"], "{form}");
    }
    assert!(markers.found(b"nothing of it").is_empty());
}

fn base64(text: &str) -> String {
    STANDARD_NO_PAD.encode(text)
}
