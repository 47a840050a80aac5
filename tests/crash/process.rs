//! The real binary as a process: started, killed, asked to stop.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

pub const ADMIN_PASSWORD: &str = "the admin's password";
const BINARY: &str = env!("CARGO_BIN_EXE_tradepost");
const STARTS_WITHIN: Duration = Duration::from_secs(30);
const LISTENING: &str = "Tradepost is listening on ";

/// Where a server keeps its data, and its secrets.
#[derive(Debug, Clone)]
pub struct Data {
    pub folder: PathBuf,
    pub url: String,
}

impl Data {
    /// On embedded SQLite, all in one folder.
    pub fn embedded(folder: PathBuf) -> Self {
        let url = format!("sqlite://{}", folder.display());
        Self { folder, url }
    }
}

/// The binary with the settings of a run on these data: nothing of our own environment reaches it.
pub fn command(data: &Data, settings: &[(&str, &str)]) -> Command {
    let folder = data.folder.display().to_string();
    let base = [
        ("TRADEPOST__STORE__URL", data.url.as_str()),
        ("TRADEPOST__SECRETS__FOLDER", folder.as_str()),
        ("TRADEPOST__HTTP__LISTEN", "127.0.0.1:0"),
        ("TRADEPOST__LOG__FILTER", "warn"),
        ("TRADEPOST__ADMIN__PASSWORD", ADMIN_PASSWORD),
        ("TRADEPOST__DEMO__SEED", "false"),
        // Time enough that what was begun is driven forward after the restart, not given up.
        ("TRADEPOST__ORDERS__DEADLINE", "60s"),
        ("TRADEPOST__RELAY__BACKOFF__LONGEST", "500ms"),
        ("TRADEPOST__AUDIT__GRACE", "0s"),
    ];
    let mut command = Command::new(BINARY);
    command.env_clear().envs(base).envs(settings.iter().copied()).stdin(Stdio::null());
    command
}

/// A server that runs, or has run.
pub struct Server {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// What it printed until it listened, without the address.
    pub url: String,
}

impl Server {
    /// Starts the process and does not wait for it.
    pub fn spawn(data: &Data, settings: &[(&str, &str)]) -> Self {
        let mut command = command(data, settings);
        let log = File::options().create(true).append(true).open(log_file(data)).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, lines, url: String::new() }
    }

    /// Waits until it listens. `None` where it ended instead.
    pub fn listening(mut self) -> Option<Self> {
        let until = Instant::now() + STARTS_WITHIN;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(url) = line.strip_prefix(LISTENING) {
                        url.clone_into(&mut self.url);
                        return Some(self);
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return None,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("it does not listen within {STARTS_WITHIN:?}"),
            }
        }
    }

    /// Starts the process and waits until it listens; the test fails where it does not.
    #[track_caller]
    pub fn start(data: &Data, settings: &[(&str, &str)]) -> Self {
        let log = log_file(data);
        let server = Self::spawn(data, settings).listening();
        server.unwrap_or_else(|| panic!("it did not start: {}", std::fs::read_to_string(log).unwrap_or_default()))
    }

    /// The lines it printed after its address, once no more come for a moment.
    pub fn notes(&self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.recv_timeout(Duration::from_millis(300)).ok()).collect()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The time the processor has worked for it.
    pub fn cpu_time(&self) -> Duration {
        const TICKS_A_SECOND: u32 = 100;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap();
        // The name before the bracket may hold blanks; the 12th and 13th field after it are ours and the system's share.
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks: u32 = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u32>().unwrap()).sum();
        Duration::from_secs(1) * ticks / TICKS_A_SECOND
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop: SIGTERM.
    pub fn terminate(&self) {
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.id())]).status().unwrap();
        assert!(sent.success(), "SIGTERM was not sent");
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its end; the test fails where it goes on.
    #[track_caller]
    pub fn wait(mut self, within: Duration) -> ExitStatus {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < until, "it does not stop within {within:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Stops in order: SIGTERM, and exit code 0.
    #[track_caller]
    pub fn stop(self) {
        self.terminate();
        let status = self.wait(Duration::from_secs(30));
        assert_eq!(status.code(), Some(0), "the end of an orderly stop: {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What it has logged, in all its lives.
pub fn log(data: &Data) -> Vec<String> {
    std::fs::read_to_string(log_file(data)).unwrap().lines().map(str::to_owned).collect()
}

fn log_file(data: &Data) -> PathBuf {
    data.folder.with_extension("log")
}

/// Runs the binary with arguments to its end; the test fails where that takes longer than `within`.
#[track_caller]
pub fn run(mut command: Command, within: Duration) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > within {
            drop(child.kill());
            panic!("it goes on after {within:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
    Output { status, stdout, stderr }
}

/// `tradepost audit --json` without any grace: the violations, none where the books are right.
#[track_caller]
pub fn audit(data: &Data) -> Vec<String> {
    let mut command = command(data, &[]);
    command.args(["audit", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
    let invariants = report["invariants"].as_array().unwrap();
    let broken = invariants.iter().filter(|invariant| invariant["ok"] != true);
    let broken: Vec<String> = broken.map(|invariant| format!("audit: {invariant}")).collect();
    assert_eq!(output.status.code(), Some(i32::from(!broken.is_empty())), "the audit's exit code");
    assert_eq!(report["ok"], broken.is_empty());
    broken
}
