//! The process of a Chromium, and the DevTools protocol over its debugging pipe: JSON messages that end with a NUL.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Time limit of one command. A machine with many tests at once is slow.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// Chromium reads commands from the file descriptor 3 and writes answers and events to 4.
const START: &str = r#"exec chromium "$@" 3<&0 4>&1 1>&2 2>/dev/null"#;

const ARGUMENTS: [&str; 11] = [
    "--headless",
    // Tests run as root in a container, where the sandbox of Chromium does not start.
    "--no-sandbox",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "about:blank",
];

/// A running Chromium. Dropping it ends the process and removes its profile.
pub struct Pipe {
    process: Child,
    commands: ChildStdin,
    incoming: UnboundedReceiver<Value>,
    events: Vec<Value>,
    sent: u64,
    _profile: TempDir,
}

impl Pipe {
    /// Starts Chromium with a new profile.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", START, "chromium"]).args(ARGUMENTS);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (commands, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (sender, incoming) = unbounded_channel();
        std::thread::spawn(move || read(output, &sender));
        Self { process, commands, incoming, events: Vec::new(), sent: 0, _profile: profile }
    }

    /// Sends a command and returns its result.
    ///
    /// # Errors
    /// The message of the error that Chromium answers.
    pub async fn call(&mut self, session: &str, method: &str, parameters: Value) -> Result<Value, String> {
        let id = self.send(session, method, parameters);
        let answer = async {
            loop {
                let message =
                    self.incoming.recv().await.expect("Chromium has ended: is the package chromium installed?");
                if message["id"] == id {
                    return message;
                }
                self.events.push(message);
            }
        };
        let answer = tokio::time::timeout(ANSWERS_WITHIN, answer).await;
        result(answer.unwrap_or_else(|_| panic!("{method}: no answer within {ANSWERS_WITHIN:?}")))
    }

    /// Like [`Self::call`], and blocks the thread: for the end of a test, where nothing can be awaited.
    pub fn call_blocking(&mut self, session: &str, method: &str, parameters: Value) -> Result<Value, String> {
        let id = self.send(session, method, parameters);
        let began = Instant::now();
        while began.elapsed() < ANSWERS_WITHIN {
            match self.incoming.try_recv() {
                Ok(message) if message["id"] == id => return result(message),
                Ok(message) => self.events.push(message),
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        Err(format!("{method}: no answer within {ANSWERS_WITHIN:?}"))
    }

    /// The events since the last call of this function.
    pub fn take_events(&mut self) -> Vec<Value> {
        while let Ok(message) = self.incoming.try_recv() {
            self.events.push(message);
        }
        std::mem::take(&mut self.events)
    }

    fn send(&mut self, session: &str, method: &str, parameters: Value) -> u64 {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": parameters});
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let mut text = message.to_string().into_bytes();
        text.push(0);
        self.commands.write_all(&text).expect("Chromium has ended: is the package chromium installed?");
        self.sent
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read(output: ChildStdout, sender: &UnboundedSender<Value>) {
    for message in BufReader::new(output).split(0).map_while(Result::ok) {
        let Ok(message) = serde_json::from_slice(&message) else { continue };
        if sender.send(message).is_err() {
            return;
        }
    }
}

fn result(mut answer: Value) -> Result<Value, String> {
    match answer.get("error") {
        None => Ok(answer["result"].take()),
        Some(error) => Err(error["message"].as_str().unwrap_or_default().to_owned()),
    }
}
