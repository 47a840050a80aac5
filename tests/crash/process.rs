//! The real binary as a process: start, kill and graceful stop.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

pub const ADMIN_PASSWORD: &str = "the admin's password";
const BINARY: &str = env!("CARGO_BIN_EXE_tradepost");
const STARTS_WITHIN: Duration = Duration::from_secs(30);
const LISTENING: &str = "Tradepost is listening on ";

/// The storage of a server.
#[derive(Debug, Clone)]
pub struct Data {
    pub folder: PathBuf,
    pub url: String,
}

impl Data {
    /// Embedded SQLite in this folder.
    pub fn embedded(folder: PathBuf) -> Self {
        let url = format!("sqlite://{}", folder.display());
        Self { folder, url }
    }
}

/// The binary with the settings of a run and without the environment of this process.
pub fn command(data: &Data, settings: &[(&str, &str)]) -> Command {
    let folder = data.folder.display().to_string();
    let base = [
        ("TRADEPOST__STORE__URL", data.url.as_str()),
        ("TRADEPOST__SECRETS__FOLDER", folder.as_str()),
        ("TRADEPOST__HTTP__LISTEN", "127.0.0.1:0"),
        ("TRADEPOST__LOG__FILTER", "warn"),
        ("TRADEPOST__ADMIN__PASSWORD", ADMIN_PASSWORD),
        ("TRADEPOST__DEMO__SEED", "false"),
        // Long enough for unfinished orders to be confirmed after the restart, and not cancelled.
        ("TRADEPOST__ORDERS__DEADLINE", "60s"),
        ("TRADEPOST__RELAY__BACKOFF__LONGEST", "500ms"),
        ("TRADEPOST__AUDIT__GRACE", "0s"),
        // One customer places all orders, as fast as the server takes them.
        ("TRADEPOST__LIMITS__ORDERS_PER_USER", "0"),
        ("TRADEPOST__LIMITS__PAYMENTS_PER_USER", "0"),
        ("TRADEPOST__LIMITS__REQUESTS_PER_USER", "0"),
        ("TRADEPOST__LIMITS__REQUESTS_PER_ADDRESS", "0"),
        ("TRADEPOST__LIMITS__REFUSALS_PER_ADDRESS", "0"),
        ("TRADEPOST__LIMITS__REGISTRATIONS_PER_ADDRESS", "0"),
        ("TRADEPOST__LIMITS__SIGN_INS_PER_ADDRESS", "0"),
        ("TRADEPOST__HTTP__IN_FLIGHT_PER_USER_MAX", "0"),
        ("TRADEPOST__ORDERS__UNPAID_ORDERS_MAX", "0"),
        ("TRADEPOST__ORDERS__UNPAID_UNITS_MAX", "0"),
        ("TRADEPOST__ORDERS__UNPAID_UNITS_IN_ALL_MAX", "0"),
    ];
    let mut command = Command::new(BINARY);
    command.env_clear().envs(base).envs(settings.iter().copied()).stdin(Stdio::null());
    command
}

/// A server process, running or ended.
pub struct Server {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// Base URL, from the line that the server prints when it listens.
    pub url: String,
}

impl Server {
    /// Starts the process without waiting for it.
    pub fn spawn(data: &Data, settings: &[(&str, &str)]) -> Self {
        let log = File::options().create(true).append(true).open(log_file(data)).unwrap();
        Self::spawn_with(data, settings, Stdio::piped(), log.into()).0
    }

    /// Starts the process with this standard output and standard error. Returns the reading end if `log` is a pipe.
    pub fn spawn_with(
        data: &Data,
        settings: &[(&str, &str)],
        output: Stdio,
        log: Stdio,
    ) -> (Self, Option<ChildStderr>) {
        let mut child = command(data, settings).stdout(output).stderr(log).spawn().unwrap();
        let log = child.stderr.take();
        let (sender, lines) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            let mut printed = BufReader::new(output).lines().map_while(Result::ok);
            std::thread::spawn(move || printed.try_for_each(|line| sender.send(line)));
        }
        (Self { child, lines, url: String::new() }, log)
    }

    /// Waits until the server listens. Returns `None` if the process ends instead.
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
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("the server does not listen within {STARTS_WITHIN:?}"),
            }
        }
    }

    /// Starts the process and waits until it listens. The test fails if the process ends instead.
    #[track_caller]
    pub fn start(data: &Data, settings: &[(&str, &str)]) -> Self {
        let log = log_file(data);
        let server = Self::spawn(data, settings).listening();
        server
            .unwrap_or_else(|| panic!("the server did not start: {}", std::fs::read_to_string(log).unwrap_or_default()))
    }

    /// The lines that the server printed after its address. Reads until no line comes for 300 ms.
    pub fn notes(&self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.recv_timeout(Duration::from_millis(300)).ok()).collect()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The CPU time of the process.
    pub fn cpu_time(&self) -> Duration {
        const TICKS_A_SECOND: u32 = 100;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap();
        // The name in brackets may contain spaces. The 12th and 13th field after it are user and system time.
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks: u32 = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u32>().unwrap()).sum();
        Duration::from_secs(1) * ticks / TICKS_A_SECOND
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the process to stop, with SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.id())]).status().unwrap();
        assert!(sent.success(), "SIG{name} was not sent");
    }

    /// The exit status, if the process has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for the end of the process. The test fails if that takes longer than `within`.
    #[track_caller]
    pub fn wait(mut self, within: Duration) -> ExitStatus {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < until, "the server does not stop within {within:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Stops the process with SIGTERM and expects exit code 0.
    #[track_caller]
    pub fn stop(self) {
        self.terminate();
        let status = self.wait(Duration::from_secs(30));
        assert_eq!(status.code(), Some(0), "a graceful stop must end with code 0: {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The lines that all servers with these data have logged.
pub fn log(data: &Data) -> Vec<String> {
    std::fs::read_to_string(log_file(data)).unwrap().lines().map(str::to_owned).collect()
}

fn log_file(data: &Data) -> PathBuf {
    data.folder.with_extension("log")
}

/// Runs a command to its end. The test fails if that takes longer than `within`.
#[track_caller]
pub fn run(mut command: Command, within: Duration) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > within {
            drop(child.kill());
            panic!("the command is still running after {within:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
    Output { status, stdout, stderr }
}

/// Runs `tradepost audit --json` without a grace period; returns the violations.
#[track_caller]
pub fn audit(data: &Data) -> Vec<String> {
    audit_with(data, &[])
}

/// Like [`audit`], with settings that the stores were written with.
pub fn audit_with(data: &Data, settings: &[(&str, &str)]) -> Vec<String> {
    let mut command = command(data, settings);
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
