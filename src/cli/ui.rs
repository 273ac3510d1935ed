//! How the program speaks to who started it: language, colour, width, and errors on standard error.

use std::{error::Error, fmt::Write, io::IsTerminal, path::Path};

use super::{args::ColorArg, lang, lint, out, prompt, run::Refused, secrets, signals, style::Painter};
use crate::{
    catalog::CatalogErrors,
    inventory::{InventoryErrors, Warning},
    secret::{Redactor, Secret},
    stop::Stop,
    text::Lang,
};

/// Columns where nobody tells the width.
const DEFAULT_WIDTH: usize = 100;
/// A report wider than this is hard to read.
const MAX_WIDTH: usize = 120;

/// Language, colour and width of this run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ui {
    lang: Lang,
    wanted: ColorArg,
}

impl Ui {
    pub(super) fn new(lang: Option<super::args::LangArg>, wanted: ColorArg) -> Self {
        Self { lang: lang::decide(lang, |name| std::env::var_os(name)), wanted }
    }

    pub(super) fn lang(self) -> Lang {
        self.lang
    }

    /// What ends when the program is asked to stop.
    #[expect(clippy::unused_self, reason = "the answer belongs to the user interface, whatever it depends on")]
    pub(super) fn stop(self) -> &'static Stop {
        signals::stop()
    }

    /// Who knows what must not be shown.
    #[expect(clippy::unused_self, reason = "the answer belongs to the user interface, whatever it depends on")]
    pub(super) fn redactor(self) -> &'static Redactor {
        secrets::redactor()
    }

    pub(super) fn color_on_stdout(self) -> bool {
        colour(self.wanted, std::io::stdout().is_terminal())
    }

    /// Whether somebody sits there who can be asked for a passphrase.
    #[expect(clippy::unused_self, reason = "the answer belongs to the user interface, whatever it depends on")]
    pub(super) fn can_ask(self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks for the passphrase of a private key; nothing where the question goes unanswered.
    pub(super) fn ask_passphrase(self, file: &Path) -> Option<Secret> {
        let question = match self.lang {
            Lang::En => format!("passphrase of {}: ", file.display()),
            Lang::Ja => format!("{} のパスフレーズ: ", file.display()),
        };
        prompt::secret(&question, self.stop()).ok().flatten()
    }

    /// Asks for the vault password of a label; nothing where the question goes unanswered.
    pub(super) fn ask_vault_password(self, label: &str) -> Option<Secret> {
        let question = match self.lang {
            Lang::En => format!("vault password ({label}): "),
            Lang::Ja => format!("Vault パスワード ({label}): "),
        };
        prompt::secret(&question, self.stop()).ok().flatten()
    }

    /// Asks for the SSH password of hosts; nothing where the question goes unanswered.
    pub(super) fn ask_ssh_password(self) -> Option<Secret> {
        self.ask_password("SSH password: ", "SSH パスワード: ")
    }

    /// Asks for the password with which to become another user; nothing where the question goes unanswered.
    pub(super) fn ask_become_password(self) -> Option<Secret> {
        self.ask_password("BECOME password: ", "BECOME パスワード: ")
    }

    fn ask_password(self, en: &str, ja: &str) -> Option<Secret> {
        let question = match self.lang {
            Lang::En => en,
            Lang::Ja => ja,
        };
        let answer =
            Some(self).filter(|ui| ui.can_ask()).and_then(|ui| prompt::secret(question, ui.stop()).ok().flatten());
        answer.filter(|answer| !answer.expose().is_empty())
    }

    /// Columns of the terminal.
    pub(super) fn width(self) -> usize {
        let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        terminal.map_or(self.default_width(), |width| width.min(MAX_WIDTH))
    }

    /// Columns of a report in a file.
    #[expect(clippy::unused_self, reason = "the answer belongs to the user interface, whatever it depends on")]
    pub(super) fn default_width(self) -> usize {
        DEFAULT_WIDTH
    }

    /// Tells an error with its causes; what it hints at stands on lines of its own.
    pub(super) fn error(self, error: &dyn Error) -> Refused {
        let mut text = format!("{} {error}\n", self.on_stderr().bad("error:"));
        let mut cause = error.source();
        while let Some(inner) = cause {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "  cause: {inner}");
            cause = inner.source();
        }
        out::print_error(&text);
        Refused
    }

    /// Tells one of several problems.
    pub(super) fn problem(self, problem: &dyn std::fmt::Display) {
        out::print_error(&format!("{} {problem}\n", self.on_stderr().bad("error:")));
    }

    /// Tells all problems of an inventory.
    pub(super) fn inventory(self, errors: &InventoryErrors) -> Refused {
        for problem in &errors.problems {
            self.problem(&problem.told(self.lang));
        }
        if errors.problems.len() > 1 {
            self.problem(&errors.text().get(self.lang));
        }
        Refused
    }

    /// Tells what surprises in an inventory.
    pub(super) fn inventory_warning(self, warning: &Warning) {
        self.warning(&warning.told(self.lang));
    }

    /// Tells all problems of check files.
    pub(super) fn problems(self, errors: &CatalogErrors) -> Refused {
        out::print_error(&lint::report(errors, self.on_stderr()));
        Refused
    }

    /// Tells something that is no error.
    pub(super) fn warning(self, text: &str) {
        out::print_error(&format!("{} {text}\n", self.on_stderr().note("warning:")));
    }

    fn on_stderr(self) -> Painter {
        Painter::with(colour(self.wanted, std::io::stderr().is_terminal()))
    }
}

fn colour(wanted: ColorArg, terminal: bool) -> bool {
    match wanted {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}
