//! The `hive-preflight` program: hands its arguments to [`hive_preflight::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    hive_preflight::cli::run(std::env::args_os())
}
