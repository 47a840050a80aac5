//! A server that runs in a process of its own, and what it prints.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{command, output_of, sqlite};

/// Settings and variables of a server.
pub type Variables = Vec<(String, String)>;

/// A running server. It is killed if the test fails.
pub struct Server {
    process: Child,
    /// The URL that it has printed.
    pub url: String,
    /// The further lines that it has printed.
    pub notes: Vec<String>,
    log: Arc<Mutex<String>>,
}

/// The variables of a shop in `folder`, with `settings` named as in the environment without the prefix.
pub fn variables(folder: &Path, settings: &[(&str, &str)]) -> Variables {
    let url = sqlite(&folder.join("data"));
    let base = [("STORE__URL", url.as_str()), ("HTTP__LISTEN", "127.0.0.1:0")];
    let named = |(name, value): &(&str, &str)| (format!("TRADEPOST__{name}"), (*value).to_owned());
    base.iter().chain(settings).map(named).collect()
}

fn serve(arguments: &[&str], variables: &Variables) -> Command {
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    command(&[arguments, &["serve"]].concat(), &variables)
}

/// A start that is refused: its line on standard error.
#[track_caller]
pub fn refused(arguments: &[&str], variables: &Variables) -> String {
    let outcome = output_of(&mut serve(arguments, variables));
    assert_eq!((outcome.code, outcome.output.as_str()), (1, ""), "{outcome:?}");
    assert_eq!(outcome.errors.lines().count(), 1, "{outcome:?}");
    outcome.errors.trim().to_owned()
}

impl Server {
    /// Starts a server, and waits until it listens and has said everything.
    #[track_caller]
    pub fn start(arguments: &[&str], variables: &Variables) -> Self {
        let mut process = serve(arguments, variables).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (mut errors, logged) = (process.stderr.take().unwrap(), Arc::clone(&log));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = errors.read(&mut buffer) {
                logged.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
        });
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let Some(first) = lines.next() else {
            std::thread::sleep(Duration::from_millis(200));
            panic!("the server does not start: {}", log.lock().unwrap());
        };
        let url = first.rsplit(' ').next().unwrap().to_owned();
        let mut notes = Vec::new();
        for line in lines {
            let is_last = line.starts_with("not encrypted: ");
            notes.push(line);
            if is_last {
                break;
            }
        }
        Self { process, url, notes, log }
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log has `words`.
    #[track_caller]
    pub fn await_log(&self, words: &str) {
        let start = Instant::now();
        while !self.log().contains(words) {
            assert!(start.elapsed() < Duration::from_secs(30), "no {words:?} in {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Ends it in order.
    #[track_caller]
    pub fn stop(mut self) {
        self.signal("TERM");
        assert_eq!(self.process.wait().unwrap().code(), Some(0), "{}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
