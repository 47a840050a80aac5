//! The dependencies: licences, bans and sources, as `.deny.toml` has them.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use toml::Table;

const RULES: &str = include_str!("../../../.deny.toml");
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A package of the dependency tree.
struct Package {
    name: String,
    license: String,
    /// `None` for a package in this repository.
    source: Option<String>,
}

/// All packages that the lock file names, for all platforms and features.
fn packages() -> Vec<Package> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let arguments = ["metadata", "--format-version=1", "--locked", "--offline", "--all-features", "--manifest-path"];
    let output = Command::new(env!("CARGO")).args(arguments).arg(manifest).output().unwrap();
    let output = match output.status.success() {
        true => output,
        // Packages of other platforms may be missing where only this one's were fetched.
        false => Command::new(env!("CARGO"))
            .args(arguments.into_iter().filter(|argument| *argument != "--offline"))
            .arg(manifest)
            .output()
            .unwrap(),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |package: &Value, field: &str| package[field].as_str().map(str::to_owned);
    let package = |package: &Value| Package {
        name: text(package, "name").unwrap(),
        license: text(package, "license").unwrap_or_default(),
        source: text(package, "source"),
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn rules() -> Table {
    RULES.parse().unwrap()
}

/// Whether the licence expression `license` can be met with `allowed` ones.
fn is_allowed(license: &str, allowed: &BTreeSet<String>) -> bool {
    let Ok(expression) = spdx::Expression::parse_mode(license, spdx::ParseMode::LAX) else { return false };
    expression.evaluate(|requirement| allowed.contains(&requirement.license.to_string()))
}

#[test]
fn every_dependency_has_a_permissive_licence_and_comes_from_crates_io() {
    let rules = rules();
    let texts = |value: &toml::Value| -> BTreeSet<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let allowed = texts(&rules["licenses"]["allow"]);
    let packages = packages();
    assert!(packages.len() > 100, "{} packages", packages.len());
    let mut problems = Vec::new();
    for Package { name, license, source } in &packages {
        if !is_allowed(license, &allowed) {
            problems.push(format!("{name} has the licence {license:?}"));
        }
        if source.as_deref().is_some_and(|source| source != CRATES_IO) {
            problems.push(format!("{name} comes from {source:?}"));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn no_dependency_is_banned() {
    let rules = rules();
    let banned = rules["bans"]["deny"].as_array().unwrap().iter().map(|ban| ban["crate"].as_str().unwrap());
    let banned: BTreeSet<&str> = banned.collect();
    let packages = packages();
    let found: Vec<&str> = packages.iter().map(|package| &*package.name).filter(|name| banned.contains(name)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_licence_is_refused_unless_one_of_its_alternatives_is_allowed() {
    let allowed = ["MIT", "Apache-2.0", "BSD-3-Clause"].map(str::to_owned).into();
    for (license, expected) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("MIT OR Apache-2.0 OR LGPL-2.1-or-later", true),
        ("GPL-3.0-only", false),
        ("MIT AND GPL-3.0-only", false),
        ("(Apache-2.0 OR MIT) AND BSD-3-Clause", true),
        ("", false),
        ("my own", false),
    ] {
        assert_eq!(is_allowed(license, &allowed), expected, "{license}");
    }
}
