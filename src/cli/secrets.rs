//! The program's one redactor.

use std::sync::LazyLock;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use zeroize::Zeroize as _;

use crate::secret::{Kind, Redactor, names_secret};

static REDACTOR: LazyLock<Redactor> = LazyLock::new(Redactor::default);

/// Everything that leaves the program passes it.
pub(super) fn redactor() -> &'static Redactor {
    &REDACTOR
}

/// Makes the secrets of the environment known: cloud credentials, tokens of a pipeline, passwords of a proxy.
pub(super) fn learn_environment() {
    for (name, value) in std::env::vars_os() {
        let value = value.to_string_lossy();
        if names_secret(&name.to_string_lossy()) {
            redactor().learn(&value, Kind::Named);
        }
        redactor().learn_from(&value);
    }
}

/// Keeps what the program knows out of core dumps, its own and those of what it starts, and out of reach of debuggers.
pub(super) fn keep_in_memory() {
    // Where the system does not let us, there is nothing that a user could do about it.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Lets go of every secret, where nothing is left to be masked. What is freed is wiped; what calls that are over have left
/// on the stack is wiped here.
pub(super) fn forget() {
    redactor().forget();
    wipe_stack();
}

/// A good deal more than those calls take, and little of what every thread has.
const STACK: usize = 256 * 1024;

#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "the stack is what it is about")]
fn wipe_stack() {
    let mut below = [0_u8; STACK];
    below.zeroize();
}
