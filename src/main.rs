//! Tradepost, the binary: reads the command line and runs one command.

use std::process::ExitCode;

use clap::Parser;
use tradepost::cli::{self, Cli};

/// An order makes some 200 small allocations, many of which another thread frees. SQLite and the client libraries use it
/// too.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
