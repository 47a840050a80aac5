//! Tradepost, the binary: reads the command line and runs one command.

use std::process::ExitCode;

use clap::Parser;
use tradepost::cli::{self, Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
