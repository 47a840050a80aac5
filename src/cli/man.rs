//! `tradepost man`: the manual pages, made from the same text as the help.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::Cli;

/// Writes all pages into `folder`, or prints the page of the command that `names` lead to.
pub fn run(names: &[String], folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    // Sets the names of the subcommands, such as `tradepost-import-goods`.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match folder {
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            write_all(&command, folder)?;
        }
        None => std::io::stdout().write_all(&page(find(&command, names)?)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The command that `names` lead to, one for each level.
fn find<'a>(command: &'a Command, names: &[String]) -> anyhow::Result<&'a Command> {
    names.iter().try_fold(command, |command, name| {
        let missing = || format!("there is no command {:?} of {}", name, command.get_name());
        command.find_subcommand(name).with_context(missing)
    })
}

fn page(command: &Command) -> anyhow::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}

/// Writes the page of `command` and those of its subcommands.
fn write_all(command: &Command, folder: &Path) -> anyhow::Result<()> {
    let name = Man::new(command.clone()).get_filename();
    let file = folder.join(name);
    std::fs::write(&file, page(command)?).with_context(|| file.display().to_string())?;
    command.get_subcommands().filter(|command| !command.is_hide_set()).try_for_each(|inner| write_all(inner, folder))
}
