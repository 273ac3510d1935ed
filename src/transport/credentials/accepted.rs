//! Host keys that were unknown and are accepted in this run.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{stop::Stop, text::Text, transport::known_hosts};

/// The keys by file and name, and what became of writing them down.
#[derive(Debug, Default)]
pub(super) struct Accepted(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    keys: HashMap<(Option<PathBuf>, String), Vec<u8>>,
    files: BTreeMap<PathBuf, Written>,
}

#[derive(Debug, Default)]
struct Written {
    lines: usize,
    fault: Option<String>,
}

impl Accepted {
    /// Accepts `blob` for `name` and writes it to `file`, if there is one.
    ///
    /// # Errors
    /// The key that was accepted for this name before, where it is another one.
    pub(super) fn accept(
        &self,
        file: Option<&Path>,
        name: &str,
        blob: &[u8],
        hashed: bool,
        stop: &Stop,
    ) -> Result<(), Vec<u8>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (file.map(Path::to_path_buf), name.to_owned());
        if let Some(known) = state.keys.get(&place) {
            return if known == blob { Ok(()) } else { Err(known.clone()) };
        }
        state.keys.insert(place, blob.to_vec());
        if let Some(file) = file.filter(|file| !is_special(file)) {
            let written = state.files.entry(file.to_path_buf()).or_default();
            // What could not be written once is not waited for again by every host.
            if written.fault.is_none() {
                match known_hosts::add(file, name, blob, hashed, stop) {
                    Ok(()) => written.lines += 1,
                    Err(error) => written.fault = Some(error.to_string()),
                }
            }
        }
        Ok(())
    }

    /// What has to be told about it.
    pub(super) fn told(&self) -> Vec<Text> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = state.files.iter().flat_map(|(file, written)| {
            let (file, count) = (file.display(), written.lines);
            let added = (count > 0).then(|| {
                Text::new(
                    format!("new host keys were accepted unseen and written to `{file}`: {count}"),
                    format!("未確認のホスト鍵 {count} 件を受け入れ、`{file}` に登録しました"),
                )
            });
            let lost = written.fault.as_ref().map(|why| {
                Text::new(
                    format!("new host keys were accepted for this run only: `{file}` cannot be written: {why}"),
                    format!("`{file}` に書き込めないため、新しいホスト鍵はこの実行に限り受け入れました: {why}"),
                )
            });
            [added, lost].into_iter().flatten()
        });
        told.collect()
    }
}

/// `/dev/null` and the like: `ssh` writes there too, and nothing comes of it.
fn is_special(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|about| !about.is_file())
}
