//! `--format FORMAT[=FILE]`: which formats are wanted, and where.

use std::{fmt, path::PathBuf, str::FromStr};

/// A format of the report; `docs/reports.md` describes each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people at a terminal.
    Terminal,
    /// For programs, and for `hive-preflight report` later.
    Json,
    /// For programs that read along: JSON lines.
    Ndjson,
    /// For CI servers.
    Junit,
    /// For code scanning and editors.
    Sarif,
    /// For GitHub Actions: annotations.
    Github,
    /// For GitLab: code quality.
    Gitlab,
    /// For review tools.
    Checkstyle,
    /// For TAP harnesses.
    Tap,
    /// For comments and wikis.
    Markdown,
    /// For people in a browser.
    Html,
    /// For people who sign: Markdown, or a page where the file's name ends so.
    Checklist,
    /// For `node_exporter`'s textfile collector.
    Prometheus,
    /// For monitoring: a plugin's output.
    Nagios,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 14] = [
        Self::Terminal,
        Self::Json,
        Self::Ndjson,
        Self::Junit,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Checkstyle,
        Self::Tap,
        Self::Markdown,
        Self::Html,
        Self::Checklist,
        Self::Prometheus,
        Self::Nagios,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Checkstyle => "checkstyle",
            Self::Tap => "tap",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Checklist => "checklist",
            Self::Prometheus => "prometheus",
            Self::Nagios => "nagios",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How like a format's name something must be to be a slip of it, from 0 to 1.
const ALIKE: f64 = 0.75;

/// One report to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How.
    pub format: Format,
    /// Where; absent = standard output.
    pub file: Option<PathBuf>,
}

/// Why `--format` cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// There is no such format.
    #[error("there is no format `{name}`\n{hint}")]
    Unknown {
        /// What was typed.
        name: String,
        /// The nearest format, or all of them.
        hint: String,
    },
    /// Nothing stands after the `=`.
    #[error(
        "`--format {format}=` names no file\nwrite `--format {format}=FILE`, or `--format {format}` for standard output"
    )]
    NoFile {
        /// The format.
        format: Format,
    },
    /// A checklist is no such file.
    #[error(
        "`{}` cannot be a checklist: it is written as Markdown or as a page\nname the file `....md` or `....html`",
        .file.display()
    )]
    NoChecklist {
        /// The file.
        file: PathBuf,
    },
    /// Two formats want standard output.
    #[error(
        "both `{first}` and `{second}` want standard output\nsend one of them into a file: `--format {second}=FILE`"
    )]
    TwoOnStdout {
        /// The first.
        first: Format,
        /// The second.
        second: Format,
    },
    /// Two formats want the same file.
    #[error("both `{first}` and `{second}` want the file `{}`", .file.display())]
    SameFile {
        /// The first.
        first: Format,
        /// The second.
        second: Format,
        /// The file.
        file: PathBuf,
    },
}

impl Output {
    /// Whether a checklist becomes a page rather than Markdown.
    #[must_use]
    pub fn is_page(&self) -> bool {
        matches!(self.extension().as_deref(), Some("html" | "htm"))
    }

    /// Whether the file's name promises what a checklist is not.
    fn is_no_checklist(&self) -> bool {
        let known = matches!(self.extension().as_deref(), None | Some("md" | "markdown" | "txt" | "html" | "htm"));
        self.format == Format::Checklist && !known
    }

    fn extension(&self) -> Option<String> {
        Some(self.file.as_ref()?.extension()?.to_string_lossy().to_lowercase())
    }
}

impl FromStr for Output {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
        let format = Format::ALL.into_iter().find(|format| format.as_str() == name).ok_or_else(|| unknown(name))?;
        if file == Some("") {
            return Err(FormatError::NoFile { format });
        }
        let output = Self { format, file: file.map(PathBuf::from) };
        match &output.file {
            Some(file) if output.is_no_checklist() => Err(FormatError::NoChecklist { file: file.clone() }),
            _ => Ok(output),
        }
    }
}

/// Reads all values of `--format`. Where none of them takes standard output, `otherwise` goes there, one after the other: a
/// run never ends without a word.
///
/// # Errors
///
/// A format that does not exist, and two that want the same place.
pub fn outputs(values: &[impl AsRef<str>], otherwise: &[Format]) -> Result<Vec<Output>, FormatError> {
    let mut outputs: Vec<Output> = Vec::new();
    for value in values {
        let output: Output = value.as_ref().parse()?;
        if let Some(first) = outputs.iter().find(|first| same_place(first, &output)) {
            return Err(clash(first.format, output));
        }
        outputs.push(output);
    }
    if outputs.iter().all(|output| output.file.is_some()) {
        outputs.extend(otherwise.iter().map(|format| Output { format: *format, file: None }));
    }
    Ok(outputs)
}

fn same_place(first: &Output, second: &Output) -> bool {
    match (&first.file, &second.file) {
        (None, None) => true,
        (Some(first), Some(second)) => absolute(first) == absolute(second),
        _ => false,
    }
}

/// The file's full path; its folder is looked up, since the file itself need not exist yet.
fn absolute(file: &PathBuf) -> PathBuf {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.clone());
    if let Ok(existing) = whole.canonicalize() {
        return existing;
    }
    match (whole.parent().and_then(|folder| folder.canonicalize().ok()), whole.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => whole,
    }
}

fn clash(first: Format, second: Output) -> FormatError {
    match second.file {
        None => FormatError::TwoOnStdout { first, second: second.format },
        Some(file) => FormatError::SameFile { first, second: second.format, file },
    }
}

fn unknown(name: &str) -> FormatError {
    let likeness = |format: Format| strsim::jaro_winkler(format.as_str(), &name.to_lowercase());
    let near = Format::ALL.into_iter().max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)));
    let hint = near.filter(|near| likeness(*near) > ALIKE).map_or_else(
        || format!("the formats are {}", Format::ALL.map(|format| format!("`{format}`")).join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    FormatError::Unknown { name: name.to_owned(), hint }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Format, Output, outputs};

    fn message(values: &[&str]) -> String {
        outputs(values, &[Format::Terminal]).map_or_else(|error| error.to_string(), |outputs| format!("{outputs:?}"))
    }

    #[test]
    fn the_terminal_report_takes_standard_output_unless_another_does() {
        let terminal = Output { format: Format::Terminal, file: None };
        let to_file = Output { format: Format::Json, file: Some(PathBuf::from("-")) };
        assert_eq!(outputs(&[] as &[&str], &[Format::Terminal]), Ok(vec![terminal.clone()]));
        assert_eq!(outputs(&["json=-"], &[Format::Terminal]), Ok(vec![to_file, terminal]));
        assert_eq!(outputs(&["json"], &[Format::Terminal]), Ok(vec![Output { format: Format::Json, file: None }]));
    }

    #[test]
    fn a_file_name_may_hold_an_equals_sign() {
        let file = Some(PathBuf::from("a=b.json"));
        assert_eq!("json=a=b.json".parse(), Ok(Output { format: Format::Json, file }));
    }

    #[test]
    fn what_cannot_be_followed_is_told_with_a_hint() {
        insta::assert_snapshot!(message(&["jsno"]), @r"
        there is no format `jsno`
        did you mean `json`?
        ");
        insta::assert_snapshot!(message(&["pdf"]), @r"
        there is no format `pdf`
        the formats are `terminal`, `json`, `ndjson`, `junit`, `sarif`, `github`, `gitlab`, `checkstyle`, `tap`, `markdown`, `html`, `checklist`, `prometheus`, `nagios`
        ");
        insta::assert_snapshot!(message(&["json="]), @r"
        `--format json=` names no file
        write `--format json=FILE`, or `--format json` for standard output
        ");
        insta::assert_snapshot!(message(&["checklist=a.pdf"]), @r"
        `a.pdf` cannot be a checklist: it is written as Markdown or as a page
        name the file `....md` or `....html`
        ");
        insta::assert_snapshot!(message(&["terminal", "json"]), @r"
        both `terminal` and `json` want standard output
        send one of them into a file: `--format json=FILE`
        ");
        insta::assert_snapshot!(message(&["json=a.json", "terminal=./a.json"]), @"both `json` and `terminal` want the file `./a.json`");
    }
}
