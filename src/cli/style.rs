//! Colour of what the small subcommands print.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

use super::args::ColorArg;
use crate::catalog::Problem;

/// Paints, or leaves text as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Painter {
    colour: bool,
}

const BAD: Style = AnsiColor::Red.on_default().bold();
const FRAME: Style = AnsiColor::Blue.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const STRONG: Style = Style::new().bold();

impl Painter {
    /// For standard output, as the command line and `NO_COLOR` want it.
    pub(super) fn new(wanted: ColorArg) -> Self {
        let colour = match wanted {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => {
                std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::io::stdout().is_terminal()
            }
        };
        Self { colour }
    }

    /// With or without colour.
    pub(super) fn with(colour: bool) -> Self {
        Self { colour }
    }

    /// What is wrong.
    pub(super) fn bad(self, text: &str) -> String {
        self.paint(BAD, text)
    }

    /// What is worth knowing.
    pub(super) fn note(self, text: &str) -> String {
        self.paint(HINT, text)
    }

    /// A heading.
    pub(super) fn strong(self, text: &str) -> String {
        self.paint(STRONG, text)
    }

    /// A problem of a check file with its parts in their colours.
    pub(super) fn problem(self, problem: &Problem) -> String {
        problem.to_string().lines().map(|line| self.problem_line(line) + "\n").collect()
    }

    fn problem_line(self, line: &str) -> String {
        for (label, style) in [("error", BAD), ("hint", HINT)] {
            if let Some(rest) = line.strip_prefix(label).filter(|rest| rest.starts_with(':')) {
                return self.paint(style, label) + rest;
            }
        }
        match line.split_once('|') {
            Some((gutter, code)) if code.trim_start().starts_with('^') => {
                self.paint(FRAME, &format!("{gutter}|")) + &self.paint(BAD, code)
            }
            Some((gutter, code)) => self.paint(FRAME, &format!("{gutter}|")) + code,
            None => line.to_owned(),
        }
    }

    fn paint(self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
