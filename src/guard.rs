//! A fence around a library that gives up with a panic where it should return an error.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

/// Files of libraries whose panics [`guarded`] turns into errors; nobody else needs to read about them.
const FENCED: [&str; 1] = ["libyaml-safer"];

/// What `call` gives; nothing where it panics. What `call` worked on must not be used again then.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(call)).ok()
}

/// Keeps quiet about panics inside of the fence, which are told as errors.
pub(crate) fn silence() {
    let told = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !is_fenced(info) {
            told(info);
        }
    }));
}

fn is_fenced(info: &PanicHookInfo<'_>) -> bool {
    info.location().is_some_and(|location| FENCED.iter().any(|library| location.file().contains(library)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_nothing_and_a_value_is_itself() {
        assert_eq!(guarded(|| 1), Some(1));
        assert_eq!(guarded(|| -> u8 { panic!("of the test") }), None);
    }
}
