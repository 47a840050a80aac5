//! The help, the suggestions and the manual pages.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{CommandFactory, Parser};
use tempfile::tempdir;
use toml::{Table, Value};
use tradepost::cli::Cli;
use tradepost::config;

use super::run;

/// The commands, each as the words that lead to it.
fn commands() -> Vec<Vec<String>> {
    fn collect(command: &clap::Command, words: &[String], into: &mut Vec<Vec<String>>) {
        for inner in command.get_subcommands() {
            let words = [words, &[inner.get_name().to_owned()]].concat();
            collect(inner, &words, into);
            into.push(words);
        }
    }
    let mut all = Vec::new();
    collect(&Cli::command(), &[], &mut all);
    all
}

fn help_of(words: &[String]) -> String {
    let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
    run(&arguments, &[]).expect(0)
}

/// The lines of a part of a help, such as `Examples:`, up to the next empty line.
fn part<'a>(help: &'a str, title: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| *line != title).skip(1);
    lines.take_while(|line| !line.is_empty()).map(str::trim).collect()
}

/// The command of an example: without variables in front, redirections, and the explanation after two spaces.
fn arguments(example: &str) -> Vec<&str> {
    let command = example.split("  ").next().unwrap();
    let command = command.split(['<', '>', '|']).next().unwrap();
    command.split(' ').filter(|word| !word.is_empty()).skip_while(|word| *word != "tradepost").collect()
}

fn settings() -> BTreeSet<String> {
    fn collect(table: &Table, section: &str, into: &mut BTreeSet<String>) {
        for (key, value) in table {
            let path = format!("{section}__{}", key.to_uppercase());
            match value {
                Value::Table(inner) => collect(inner, &path, into),
                _ => drop(into.insert(path)),
            }
        }
    }
    let mut all = BTreeSet::new();
    collect(&config::DEFAULT.parse().unwrap(), "TRADEPOST", &mut all);
    all
}

#[test]
fn the_help_of_every_command_has_examples_that_the_command_line_accepts() {
    let commands = commands();
    assert!(commands.len() > 12, "{commands:?}");
    for words in [Vec::new()].into_iter().chain(commands) {
        let help = help_of(&words);
        let examples = part(&help, "Examples:");
        assert!(!examples.is_empty(), "{words:?} has no examples:\n{help}");
        for example in examples {
            // `sudo -u tradepost tradepost` has the name twice.
            let mut arguments = arguments(example);
            if arguments.get(1) == Some(&"tradepost") {
                arguments.remove(0);
            }
            assert_eq!(arguments.first(), Some(&"tradepost"), "{example}");
            let parsed = Cli::try_parse_from(&arguments);
            assert!(parsed.is_ok(), "{words:?}: {example}\n{}", parsed.unwrap_err());
        }
    }
}

#[test]
fn every_variable_that_the_help_names_exists() {
    let settings = settings();
    // The placeholder, and the variables that are no settings.
    let others = ["TRADEPOST__SECTION__KEY", "TRADEPOST_TOKEN", "TRADEPOST_PASSWORD", "TRADEPOST_USER"];
    let mut found = 0;
    for words in [Vec::new()].into_iter().chain(commands()) {
        let help = help_of(&words);
        let names = help.split(|c: char| !c.is_ascii_uppercase() && c != '_' && !c.is_ascii_digit());
        for name in names.filter(|name| name.starts_with("TRADEPOST_")) {
            assert!(settings.contains(name) || others.contains(&name), "{words:?} names {name}");
            found += 1;
        }
    }
    assert!(found > 25, "the variables are not found");
}

#[test]
fn a_misspelt_command_option_or_value_is_refused_with_the_one_that_was_meant() {
    for (arguments, part) in [
        (&["audti"][..], "some similar subcommands exist: 'admin', 'audit'"),
        (&["audit", "--jsno"], "a similar argument exists: '--json'"),
        (&["import", "godos"], "a similar subcommand exists: 'goods'"),
        (&["completions", "bsah"], "a similar value exists: 'bash'"),
    ] {
        let outcome = run(arguments, &[]);
        assert!(outcome.code == 2 && outcome.errors.contains(part), "{outcome:?}");
        assert!(outcome.output.is_empty(), "{outcome:?}");
    }
}

#[test]
fn a_misspelt_setting_is_refused_with_the_one_that_was_meant() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    std::fs::write(&file, "profile = \"default\"\n\n[http]\nlistn = \"127.0.0.1:1\"\n").unwrap();
    let file = file.to_str().unwrap();
    let outcome = run(&["--config", file, "serve"], &[]);
    let expected = format!(
        "tradepost: setting http.listn: there is no such setting (line 4 of {file}); did you mean http.listen?\n"
    );
    assert_eq!((outcome.code, outcome.errors), (1, expected));
    let outcome = run(&["serve"], &[("TRADEPOST__HTTP__LISTN", "127.0.0.1:1")]);
    let expected = "tradepost: setting http.listn: there is no such setting (TRADEPOST__HTTP__LISTN); \
                    did you mean TRADEPOST__HTTP__LISTEN?\n";
    assert_eq!((outcome.code, outcome.errors.as_str()), (1, expected));
}

#[test]
fn colours_are_only_for_terminals() {
    for arguments in [&["--help"][..], &["audti"], &["config"]] {
        let outcome = run(arguments, &[]);
        assert!(!outcome.output.contains('\u{1b}') && !outcome.errors.contains('\u{1b}'), "{outcome:?}");
    }
}

/// The names of the files in `folder`.
fn files(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_command_has_a_manual_page_of_the_same_text_as_its_help() {
    let folder = tempdir().unwrap();
    let dir = folder.path().join("man1");
    assert_eq!(run(&["man", "--dir", dir.to_str().unwrap()], &[]).expect(0), "");
    let expected: BTreeSet<String> = [Vec::new()]
        .into_iter()
        .chain(commands())
        .map(|words| [vec!["tradepost".to_owned()], words].concat().join("-") + ".1")
        .collect();
    assert_eq!(files(&dir), expected);
    for (words, file) in [(&["man"][..], "tradepost.1"), (&["man", "import", "goods"], "tradepost-import-goods.1")] {
        let page = std::fs::read_to_string(dir.join(file)).unwrap();
        assert_eq!(run(words, &[]).expect(0), page);
        assert!(page.contains(".SH NAME") && page.contains(".SH OPTIONS") && page.contains("Examples:"), "{page}");
    }
    let outcome = run(&["man", "import", "customers"], &[]);
    assert_eq!(
        (outcome.code, outcome.errors.as_str()),
        (1, "tradepost: there is no command \"customers\" of import\n")
    );
}
