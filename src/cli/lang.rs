//! The language of messages: what the command line says, else the locale.

use std::ffi::OsString;

use super::args::LangArg;
use crate::text::Lang;

/// Decides the language; `variable` looks up the environment.
pub(super) fn decide(argument: Option<LangArg>, variable: impl Fn(&str) -> Option<OsString>) -> Lang {
    match argument {
        Some(LangArg::En) => Lang::En,
        Some(LangArg::Ja) => Lang::Ja,
        None => of_locale(variable),
    }
}

/// As POSIX has it: the first of these that is set and not empty decides.
fn of_locale(variable: impl Fn(&str) -> Option<OsString>) -> Lang {
    let locale =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
    match locale {
        Some(locale) if locale.as_encoded_bytes().starts_with(b"ja") => Lang::Ja,
        _ => Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(argument: Option<LangArg>, variables: &[(&str, &str)]) -> Lang {
        decide(argument, |name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_argument_wins_over_the_locale() {
        assert_eq!(language(Some(LangArg::En), &[("LANG", "ja_JP.UTF-8")]), Lang::En);
        assert_eq!(language(Some(LangArg::Ja), &[]), Lang::Ja);
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        assert_eq!(language(None, &[("LC_ALL", ""), ("LC_MESSAGES", "ja_JP"), ("LANG", "C")]), Lang::Ja);
        assert_eq!(language(None, &[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8")]), Lang::En);
        assert_eq!(language(None, &[]), Lang::En);
    }
}
