//! JSON lines while the run goes on: written and flushed one by one, to standard output, files and pipes.

use std::{
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::{out::StdoutError, run::Refused, ui::Ui};
use crate::{
    event::Event,
    report::{self, Format, Output, Report, WriteError, ndjson},
    text::Lang,
};

/// Everybody who reads along.
pub(super) struct Live {
    lang: Lang,
    frame: Report,
    readers: Vec<Reader>,
}

/// One who reads along, until it leaves or its disk is full.
struct Reader {
    /// None for standard output.
    file: Option<PathBuf>,
    to: Option<Box<dyn Write>>,
    error: Option<io::Error>,
}

/// Why a reader did not get all lines.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) enum LiveError {
    Stdout(#[from] StdoutError),
    File(#[from] WriteError),
}

impl Live {
    /// Opens the files among `outputs` that want JSON lines. `frame` is what is known before the run.
    pub(super) fn open(outputs: &[Output], frame: Report, ui: Ui) -> Result<Self, Refused> {
        let wanted = outputs.iter().filter(|output| output.format == Format::Ndjson);
        let readers: Result<_, LiveError> = wanted.map(|output| Reader::open(output.file.as_deref())).collect();
        Ok(Self { lang: ui.lang(), frame, readers: readers.map_err(|error| ui.error(&error))? })
    }

    /// Whether the lines stand on standard output, where a progress line would get between them on a terminal.
    pub(super) fn is_on_stdout(&self) -> bool {
        self.readers.iter().any(|reader| reader.file.is_none())
    }

    /// Takes in one event.
    pub(super) fn take(&mut self, event: &Event) {
        let line = match event {
            Event::RunStarted { hosts, checks } => Some(ndjson::first(&self.frame, *hosts, *checks, self.lang)),
            _ => ndjson::line(event, self.lang),
        };
        if let Some(line) = line {
            self.write(&line);
        }
    }

    /// Writes the last line and tells what could not be written.
    pub(super) fn finish(mut self, report: &Report) -> Vec<LiveError> {
        self.write(&ndjson::last(report));
        let failed = self.readers.into_iter().filter_map(|reader| {
            let error = reader.error?;
            Some(match reader.file {
                Some(path) => WriteError { path, kind: error.into() }.into(),
                None => StdoutError::from(error).into(),
            })
        });
        failed.collect()
    }

    fn write(&mut self, line: &str) {
        for reader in &mut self.readers {
            reader.write(line);
        }
    }
}

impl Reader {
    fn open(file: Option<&Path>) -> Result<Self, LiveError> {
        let to: Box<dyn Write> = match file {
            None => Box::new(io::stdout()),
            Some(path) => Box::new(report::open_file(path)?),
        };
        Ok(Self { file: file.map(Path::to_path_buf), to: Some(to), error: None })
    }

    /// A reader that left (`| head`) is an end, not an error.
    fn write(&mut self, line: &str) {
        let Some(to) = &mut self.to else { return };
        let written = to.write_all(line.as_bytes()).and_then(|()| to.flush());
        if let Err(error) = written {
            self.to = None;
            self.error = (error.kind() != ErrorKind::BrokenPipe).then_some(error);
        }
    }
}
