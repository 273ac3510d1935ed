//! JSON lines while the run goes on: written and flushed one by one, to standard output, files and pipes.

use std::{
    fs::File,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::{run::Refused, ui::Ui};
use crate::{
    event::Event,
    report::{Format, Output, Report, ndjson},
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
    name: PathBuf,
    is_stdout: bool,
    to: Option<Box<dyn Write>>,
    error: Option<io::Error>,
}

/// Why a reader did not get all lines.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report `{}`", .name.display())]
pub(super) struct LiveError {
    name: PathBuf,
    source: io::Error,
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
        self.readers.iter().any(|reader| reader.is_stdout)
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
            let source = reader.error?;
            Some(LiveError { name: reader.name, source })
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
        let name = file.unwrap_or(Path::new("-")).to_owned();
        let to: Box<dyn Write> = match file {
            None => Box::new(io::stdout()),
            Some(path) => match File::create(path) {
                Ok(file) => Box::new(file),
                Err(source) => return Err(LiveError { name, source }),
            },
        };
        Ok(Self { name, is_stdout: file.is_none(), to: Some(to), error: None })
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
