//! The folder of a private server, and the guardian process that cleans up after it.
//!
//! libtest ends without dropping statics, and a test process may be killed. A second process therefore waits for the
//! end of this one. Its input is a pipe that only this process holds open. When the pipe closes, for whatever reason,
//! the guardian kills the processes in the folder and removes the folder.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Arguments: the folder and the signal. The removal is repeated, because dying processes may still write.
const GUARDIAN: &str = r#"
cat
read -r leader <"$1/leader" && kill -s "$2" -- "-$leader"
for try in $(seq 100); do rm -rf "$1" && break; sleep 0.1; done
"#;

/// Arguments: the file for the process id, which is also the id of the group, and the command to run. The command does
/// not start if the folder no longer exists.
const LEADER: &str = r#"echo $$ >"$1" && shift && exec "$@""#;

/// A program with its arguments.
pub struct Call {
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

impl Call {
    pub fn new(program: PathBuf, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { program, arguments: arguments.into_iter().map(Into::into).collect() }
    }

    /// A command without the developer's own settings of database tools.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null());
        clean(&mut command);
        command
    }
}

fn clean(command: &mut Command) {
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("LC_ALL", "C");
}

/// The folder.
pub struct Home {
    folder: PathBuf,
    /// The user and the group that the server runs as, if it cannot run as this process's user.
    user: Option<(u32, u32)>,
    signal: &'static str,
    guardian: Child,
}

impl Home {
    /// Creates a folder and its guardian. `signal` is what kills the processes in it.
    pub fn new(signal: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("tradepost-").tempdir().unwrap();
        // Database servers refuse to run as root.
        let user = (fs::metadata(folder.path()).unwrap().uid() == 0).then(unprivileged_user);
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let mut guardian = Command::new("sh");
        guardian.args(["-c", GUARDIAN, "guardian"]).arg(folder.path()).arg(signal).current_dir("/");
        guardian.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let guardian = as_user(&mut guardian, user).spawn().unwrap();
        Self { folder: folder.keep(), user, signal, guardian }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs a program in the folder. Only one can run at a time, because the guardian knows one process group.
    pub fn spawn(&self, call: &Call) -> Child {
        let log = File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", LEADER, "leader"]).arg(self.path("leader")).arg(&call.program).args(&call.arguments);
        clean(&mut command);
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        as_user(&mut command, self.user).spawn().unwrap()
    }

    /// Kills the spawned program and waits for its end.
    pub fn kill(&self, mut child: Child) {
        if child.try_wait().unwrap().is_none() {
            let kill = format!("kill -s {} -- -{}", self.signal, child.id());
            Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status().unwrap();
        }
        child.wait().unwrap();
        // Another process may get the same id.
        drop(fs::remove_file(self.path("leader")));
    }

    /// The last lines of the programs' output.
    pub fn log(&self) -> String {
        let log = fs::read(self.path("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // Waiting closes the pipe first.
        drop(self.guardian.wait());
    }
}

/// Runs the command in its own process group, which Ctrl-C does not reach, so that the cleanup outlives this process.
fn as_user(command: &mut Command, user: Option<(u32, u32)>) -> &mut Command {
    command.process_group(0);
    if let Some((user, group)) = user {
        command.gid(group).uid(user);
    }
    command
}

/// The ids of the user `nobody` and its group.
fn unprivileged_user() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("nobody:")?.split(':').skip(1).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    });
    ids.unwrap_or_else(|| {
        panic!("a database server does not run as root, and there is no user nobody: run the tests as another user")
    })
}

/// The folders in PATH.
pub fn path() -> Vec<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect()
}

/// The first of these programs that exists in one of the folders. `package` is named in the error.
pub fn find(names: &[&str], folders: &[PathBuf], package: &str) -> PathBuf {
    let mut paths = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = paths.find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("there is no {}: install the Debian package {package}", names.join(" or ")))
}
