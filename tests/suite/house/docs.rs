//! The documentation is true where a test can tell: its links, settings, routes and problem codes exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};
use tradepost::config;
use tradepost::http::problem::Code;

use super::specification::is_test;

const README_LINES_MAX: usize = 200;
/// The example of a wrong setting.
const WRONG_ON_PURPOSE: &str = "http.listn";

/// A page of the documentation: its path from the root, and its text.
struct Page {
    path: PathBuf,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn pages() -> Vec<Page> {
    let at_the_root = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"].map(PathBuf::from);
    let in_docs =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| Path::new("docs").join(entry.unwrap().file_name()));
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let page = |path: PathBuf| Page { text: read(path.to_str().unwrap()), path };
    let mut pages: Vec<Page> = at_the_root.into_iter().chain(in_docs).filter(is_page).map(page).collect();
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    pages
}

/// The text outside fenced code blocks.
fn prose(text: &str) -> String {
    let blocks = text.split("```").step_by(2);
    blocks.collect::<Vec<_>>().join("\n")
}

/// The targets of `[text](target)` that are not on the web.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

/// The anchor of a heading, as the usual renderers make it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let text = prose(text);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// The fault of a link of a page, if it has one.
fn broken(page: &Page, link: &str) -> Option<String> {
    let (path, wanted) = link.split_once('#').unwrap_or((link, ""));
    let file = match path {
        "" => root().join(&page.path),
        path => root().join(page.path.parent().unwrap()).join(path),
    };
    if !file.exists() {
        return Some(format!("{}: {link} points at no file", page.path.display()));
    }
    let is_there = wanted.is_empty() || anchors(&fs::read_to_string(&file).unwrap()).contains(wanted);
    (!is_there).then(|| format!("{}: {link} points at no heading", page.path.display()))
}

/// The settings and their sections, as `section.key`.
fn settings() -> BTreeSet<String> {
    fn collect(table: &Table, prefix: &str, into: &mut BTreeSet<String>) {
        for (key, value) in table {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            if let Value::Table(inner) = value {
                collect(inner, &path, into);
            }
            into.insert(path);
        }
    }
    let mut all = BTreeSet::new();
    collect(&config::DEFAULT.parse().unwrap(), "", &mut all);
    all
}

/// The settings that a page names: `section.key` in backticks, and variables of the environment.
fn named_settings(text: &str, sections: &BTreeSet<&str>) -> Vec<String> {
    let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    let prose = prose(text);
    let quoted = prose.split('`').skip(1).step_by(2).filter(|word| word.contains('.') && word.chars().all(is_key));
    let quoted = quoted.filter(|word| sections.contains(word.split('.').next().unwrap())).map(str::to_owned);
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let variables = text.split("TRADEPOST__").skip(1).map(|rest| rest.split(|c| !is_name(c)).next().unwrap());
    let variables = variables.filter(|name| !name.is_empty()).map(|name| name.to_lowercase().replace("__", "."));
    quoted.chain(variables).filter(|name| name != WRONG_ON_PURPOSE).collect()
}

/// The routes that a source file registers with `register`, as `GET /path`.
fn routes(source: &str, register: &str, prefix: &str) -> Vec<String> {
    let mut routes = Vec::new();
    for part in source.split(register).skip(1) {
        let (path, rest) = part.split_once('"').unwrap();
        for (call, method) in [("get().to(", "GET"), ("post().to(", "POST"), ("patch().to(", "PATCH")] {
            if rest.contains(call) {
                routes.push(format!("{method} {prefix}{path}"));
            }
        }
    }
    routes
}

#[track_caller]
fn assert_none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

#[test]
fn every_link_points_at_a_file_and_a_heading_that_exist() {
    let pages = pages();
    let of = |page: &Page| links(&prose(&page.text)).iter().filter_map(|link| broken(page, link)).collect::<Vec<_>>();
    assert_none(&pages.iter().flat_map(of).collect::<Vec<_>>(), "broken links");
    assert!(pages.iter().map(|page| links(&prose(&page.text)).len()).sum::<usize>() > 50, "the links are not found");
}

#[test]
fn the_readme_can_be_read_in_one_sitting() {
    let lines = read("README.md").lines().count();
    assert!(lines <= README_LINES_MAX, "the README has {lines} lines: move something to docs/");
}

#[test]
fn every_setting_that_the_documentation_names_exists() {
    let settings = settings();
    let sections: BTreeSet<&str> = settings.iter().map(|name| name.split('.').next().unwrap()).collect();
    let mut wrong = Vec::new();
    let mut found = 0;
    for page in pages() {
        let named = named_settings(&page.text, &sections);
        found += named.len();
        let missing = named.into_iter().filter(|name| !settings.contains(name));
        wrong.extend(missing.map(|name| format!("{}: {name}", page.path.display())));
    }
    assert_none(&wrong, "no such setting");
    assert!(found > 50, "the settings are not found");
}

#[test]
fn every_route_is_described_with_its_method() {
    let contract = read("docs/http.md");
    let mut all = routes(&read("src/http/route.rs"), "resource(\"", "");
    all.extend(routes(&read("src/shop_window/payment/route.rs"), "resource(\"", ""));
    all.extend(routes(&read("src/sandbox/http/mod.rs"), "resource(\"", "/sandbox"));
    assert!(all.len() > 50, "the routes are not found: {all:?}");
    let missing: Vec<String> = all.into_iter().filter(|route| !contract.contains(&format!("`{route}`"))).collect();
    assert_none(&missing, "not in docs/http.md");
}

#[test]
fn every_finding_of_the_review_has_tests_that_exist() {
    let testing = read("docs/testing.md");
    let (_, section) = testing.split_once("## Findings of a review").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let rows: Vec<(&str, &str)> = rows.filter(|(finding, _)| finding.starts_with(['H', 'M', 'L'])).collect();
    let found: BTreeSet<&str> = rows.iter().map(|(finding, _)| finding.split(' ').next().unwrap()).collect();
    let all = (1..=12).map(|number| format!("H{number}")).chain((1..=7).map(|number| format!("M{number}")));
    assert_none(&all.filter(|finding| !found.contains(finding.as_str())).collect::<Vec<_>>(), "no row");
    let mut wrong = Vec::new();
    for (finding, tests) in rows {
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            wrong.push(format!("{finding}: no test"));
        }
        wrong.extend(names.iter().filter(|name| !is_test(name)).map(|name| format!("{finding}: {name}")));
    }
    assert_none(&wrong, "no such test");
}

#[test]
fn every_problem_code_is_described_with_its_status() {
    let contract = read("docs/http.md");
    let row = |code: &Code| format!("| `{}` | {} |", code.name(), code.status().as_u16());
    let missing: Vec<String> = Code::ALL.iter().map(row).filter(|row| !contract.contains(row)).collect();
    assert_none(&missing, "not in docs/http.md");
}
