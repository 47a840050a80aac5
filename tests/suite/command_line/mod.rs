//! The commands, as a user types them: the real binary, its output and its exit code.

mod completion;
mod doctor;
mod encryption;
mod exposure;
mod help;
mod progress;
mod reconcile;
mod server;
mod settings;

use std::path::Path;
use std::process::{Command, Output, Stdio};

pub const BINARY: &str = env!("CARGO_BIN_EXE_tradepost");

/// The binary in an environment of these variables only.
pub fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

/// The outcome of a command.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub output: String,
    pub errors: String,
}

impl Outcome {
    pub fn of(Output { status, stdout, stderr }: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code().expect("ended by a signal"), output: text(stdout), errors: text(stderr) }
    }

    /// The output, of a command that has ended with this exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.output
    }
}

/// Runs a command to its end.
pub fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    Outcome::of(command(arguments, variables).output().unwrap())
}

/// The URL of SQLite stores in `folder`.
pub fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.display())
}
