//! The accepted settings and their defaults.

use std::fmt::Write as _;

use toml::{Table, Value};
use tradepost::config;

use super::record::assert_recorded;

/// Collects every setting as `section.key`.
fn flattened(table: &Table, section: &str, found: &mut Vec<(String, Value)>) {
    for (key, value) in table {
        let path = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
        match value {
            Value::Table(inner) => flattened(inner, &path, found),
            value => found.push((path, value.clone())),
        }
    }
}

fn defaults() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    flattened(&config::DEFAULT.parse().unwrap(), "", &mut found);
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// Collects the names of all sections, with the empty name of the top level.
fn sections(table: &Table, section: &str, found: &mut Vec<String>) {
    found.push(section.to_owned());
    for (key, value) in table {
        if let Value::Table(inner) = value {
            let path = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
            sections(inner, &path, found);
        }
    }
}

/// A value as it is written in a file.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        other => panic!("no setting is of type {}", other.type_str()),
    }
}

fn environment_variable(path: &str) -> String {
    format!("TRADEPOST__{}", path.to_uppercase().replace('.', "__"))
}

/// A file with this setting only.
fn file(path: &str, value: &str) -> String {
    match path.rsplit_once('.') {
        Some((section, key)) => format!("[{section}]\n{key} = {value}\n"),
        None => format!("{path} = {value}\n"),
    }
}

#[test]
fn contract_every_setting_has_its_name_its_type_and_its_default() {
    let mut text = String::new();
    for (path, value) in defaults() {
        writeln!(text, "{path}: {} = {}", value.type_str(), written(&value)).unwrap();
    }
    assert_recorded("settings.txt", &text);
}

#[test]
fn contract_every_default_is_accepted_from_a_file_and_from_the_environment() {
    for (path, value) in defaults() {
        config::read(&file(&path, &written(&value)), Vec::new()).unwrap_or_else(|error| panic!("{path}: {error}"));
        let text = value.as_str().map_or_else(|| written(&value), str::to_owned);
        let given = vec![(environment_variable(&path), text)];
        config::read("", given).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

#[test]
fn contract_an_unknown_setting_of_any_section_is_refused_by_name() {
    let mut all = Vec::new();
    sections(&config::DEFAULT.parse().unwrap(), "", &mut all);
    assert!(all.len() > 20, "{all:?}");
    for section in all {
        let path = if section.is_empty() { "surprise".to_owned() } else { format!("{section}.surprise") };
        let in_file = config::read(&file(&path, "1"), Vec::new()).expect_err(&path);
        let in_environment = config::read("", vec![(environment_variable(&path), "1".to_owned())]).expect_err(&path);
        for error in [in_file, in_environment] {
            assert_eq!(error.key, path);
            assert!(error.to_string().starts_with(&format!("setting {path}: ")), "{error}");
        }
    }
}

#[test]
fn contract_a_setting_of_another_type_is_refused_by_name() {
    // The number of a node was an integer before it could be empty.
    for (path, value) in defaults().into_iter().filter(|(path, _)| path != "node.id") {
        let other = if value.is_str() { "1" } else { "\"x\"" };
        let error = config::read(&file(&path, other), Vec::new()).expect_err(&path);
        assert_eq!(error.key, path);
    }
}
