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
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

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

/// Longest time that a command takes. A start that is not refused would go on for ever.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a command to its end.
pub fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    output_of(&mut command(arguments, variables))
}

/// Runs a command to its end, which has to come in time.
#[track_caller]
pub fn output_of(command: &mut Command) -> Outcome {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (id, (ended, is_ended)) = (child.id().to_string(), channel::<()>());
    let watch = thread::spawn(move || {
        let runs_on = is_ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout);
        if runs_on {
            Command::new("kill").args(["-KILL", &id]).status().unwrap();
        }
        runs_on
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    assert!(!watch.join().unwrap(), "it still ran after {LIMIT:?}: {command:?}");
    Outcome::of(output)
}

/// The URL of SQLite stores in `folder`.
pub fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.display())
}
