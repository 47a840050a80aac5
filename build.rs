//! Passes the commit to the binary, for its start message and `--version`: that of the variable `TRADEPOST_COMMIT`, or in a
//! release build that of the git checkout. A development build names none, because it would be rebuilt at each commit.

use std::process::Command;

const VARIABLE: &str = "TRADEPOST_COMMIT";

#[expect(clippy::disallowed_methods, reason = "a build script gets its input from the environment")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = match std::env::var(VARIABLE) {
        Ok(commit) if !commit.is_empty() => commit,
        _ if is_release => commit_of_checkout().unwrap_or_else(|| "commit unknown".to_owned()),
        _ => "development build".to_owned(),
    };
    println!("cargo::rustc-env={VARIABLE}={commit}");
}

/// The commit of the git checkout; `None` outside of one, or without git.
fn commit_of_checkout() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    for file in ["HEAD", "logs/HEAD"] {
        println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", file])?);
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}
