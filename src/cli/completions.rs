//! `tradepost completions`: prints what a shell needs to complete the command line.

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, ValueEnum};
use clap_complete::generate;

use super::Cli;

/// The shells that can be set up.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Shell {
    /// Bash, with the package bash-completion.
    Bash,
    /// Zsh, as it is.
    Zsh,
    /// Fish, as it is.
    Fish,
}

/// Prints the script for `shell`.
pub fn run(shell: Shell) -> anyhow::Result<ExitCode> {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    // Not straight to standard output: `generate` panics if that is closed.
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "tradepost", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
