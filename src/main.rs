//! The `hive-preflight` program: hands its arguments to [`hive_preflight::cli`].

use std::{alloc::System, process::ExitCode};

use zeroizing_alloc::ZeroAlloc;

/// Wipes whatever is freed: files that were read, variables, rendered templates, scripts, answers.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    hive_preflight::cli::run(std::env::args_os())
}
