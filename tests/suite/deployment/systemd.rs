//! `deploy/tradepost.service`, as systemd's own tools judge it.

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::tempdir;
use tradepost::app::exposure;

use super::{is_installed, path, text};
use crate::command_line::BINARY;

/// The most exposure that `systemd-analyze security` may find, on its scale from 0 to 100.
const EXPOSURE_MAX: &str = "15";

fn analyze(arguments: &[&str]) -> (bool, String) {
    let Output { status, stdout, stderr } =
        Command::new("systemd-analyze").args(arguments).output().expect("systemd-analyze, of the package systemd");
    (status.success(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// The unit with the binary of this build, because that of the unit is not installed.
fn unit() -> (tempfile::TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let file = folder.path().join("tradepost.service");
    let unit = text("deploy/tradepost.service");
    let installed = "ExecStart=/usr/local/bin/tradepost ";
    assert!(unit.contains(installed));
    std::fs::write(&file, unit.replace(installed, &format!("ExecStart={BINARY} "))).unwrap();
    (folder, file)
}

#[test]
fn systemd_understands_every_line_of_the_unit() {
    if !is_installed("systemd-analyze", "systemd") {
        return;
    }
    let (_folder, file) = unit();
    let (is_good, printed) = analyze(&["verify", "--man=no", "--recursive-errors=no", file.to_str().unwrap()]);
    // Other units of the machine may have faults of their own.
    let ours: Vec<&str> = printed.lines().filter(|line| line.contains("tradepost")).collect();
    assert!(is_good && ours.is_empty(), "{printed}");
}

#[test]
fn a_misspelt_line_would_be_found() {
    if !is_installed("systemd-analyze", "systemd") {
        return;
    }
    let (_folder, file) = unit();
    let unit = std::fs::read_to_string(&file).unwrap().replace("ProtectHome=yes", "ProtectHome=sometimes");
    std::fs::write(&file, unit).unwrap();
    let (_, printed) = analyze(&["verify", "--man=no", "--recursive-errors=no", file.to_str().unwrap()]);
    assert!(printed.contains("protect home"), "{printed}");
}

#[test]
fn the_service_is_exposed_to_little() {
    if !is_installed("systemd-analyze", "systemd") {
        return;
    }
    let (_folder, file) = unit();
    let (is_good, printed) =
        analyze(&["security", "--offline=true", &format!("--threshold={EXPOSURE_MAX}"), file.to_str().unwrap()]);
    assert!(is_good, "{printed}");
    let (is_good, _) = analyze(&["security", "--offline=true", "--threshold=1", file.to_str().unwrap()]);
    assert!(!is_good, "the threshold has no effect");
}

#[test]
fn the_settings_of_the_example_are_allowed_with_a_platform() {
    let with = |variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, value)| (format!("TRADEPOST__{name}"), (*value).to_owned()));
        tradepost::config::read(&text("deploy/tradepost.toml"), variables.collect()).unwrap()
    };
    let refused = exposure::expect_allowed(&with(&[])).unwrap_err();
    assert_eq!(refused.key, "gateway.alipay.app_id", "{refused}");
    assert_eq!(exposure::judge(&with(&[("GATEWAY__ALIPAY__APP_ID", "2021000000000001")])), []);
}

#[test]
fn the_times_of_the_unit_fit_the_settings() {
    if !is_installed("systemd-analyze", "systemd") {
        return;
    }
    let unit = text("deploy/tradepost.service");
    let settings = tradepost::config::read(&text("deploy/tradepost.toml"), Vec::new()).unwrap();
    let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).unwrap();
    let seconds: u64 = value("TimeoutStopSec").trim_end_matches('s').parse().unwrap();
    assert!(seconds > settings.http.shutdown_within.0.as_secs(), "systemd kills a server that is still stopping");
    let files: u32 = value("LimitNOFILE").parse().unwrap();
    assert!(files >= settings.http.connections_max.get() + 256, "the limit of open files is too low");
    assert!(settings.store.url.starts_with("sqlite:///var/lib/tradepost/"));
    assert_eq!((value("StateDirectory"), value("Type")), ("tradepost", "notify"));
    assert!(path("deploy/tradepost.toml").exists());
}
