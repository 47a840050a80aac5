//! The dependencies: licences, bans and sources, as `.deny.toml` has them.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use toml::Table;

const RULES: &str = include_str!("../../../.deny.toml");

/// A package of the dependency tree.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    license: String,
    /// The place that it comes from, unless that is crates.io.
    source: Option<String>,
}

fn tree(further: &[&str]) -> Output {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let arguments = ["tree", "--locked", "--all-features", "--target=all", "--prefix=none", "--format={p}|{l}"];
    Command::new(env!("CARGO")).args(arguments).args(further).args(["--manifest-path", manifest]).output().unwrap()
}

/// All packages that a build on any platform with all features would use, with those of tests. `cargo metadata` would also
/// name packages of optional features that nothing turns on.
fn packages() -> BTreeSet<Package> {
    let offline = tree(&["--offline"]);
    // Packages of other platforms may be missing where only this one's were fetched.
    let output = if offline.status.success() { offline } else { tree(&[]) };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| package(line.trim_end_matches(" (*)"))).collect()
}

/// Reads `name v1.2.3 (source)|licence`. The source is missing if it is crates.io.
fn package(line: &str) -> Package {
    let (package, license) = line.split_once('|').unwrap();
    let mut words = package.splitn(3, ' ');
    let name = words.next().unwrap().to_owned();
    let source = words.nth(1).map(|rest| rest.replace("(proc-macro)", "").trim().to_owned());
    Package { name, license: license.to_owned(), source: source.filter(|source| !source.is_empty()) }
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
        if name != env!("CARGO_PKG_NAME")
            && let Some(source) = source
        {
            problems.push(format!("{name} comes from {source}"));
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
fn a_package_from_another_place_than_crates_io_is_noticed() {
    let of = |name: &str, license: &str, source: Option<&str>| Package {
        name: name.to_owned(),
        license: license.to_owned(),
        source: source.map(str::to_owned),
    };
    for (line, expected) in [
        ("serde v1.0.228|MIT OR Apache-2.0", of("serde", "MIT OR Apache-2.0", None)),
        ("serde_derive v1.0.228 (proc-macro)|MIT", of("serde_derive", "MIT", None)),
        ("own v0.1.0 (/somewhere/own)|", of("own", "", Some("(/somewhere/own)"))),
        ("x v1.0.0 (https://example.com/x?rev=1#1)|MIT", of("x", "MIT", Some("(https://example.com/x?rev=1#1)"))),
    ] {
        assert_eq!(package(line), expected);
    }
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
