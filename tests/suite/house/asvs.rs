//! `docs/asvs.md`: every requirement has a decision, what a decision names exists, and the summary counts them.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{assert_none, file, root};
use super::specification::is_test;

/// Number of requirements of levels 1 and 2 in each chapter of ASVS 5.0.0.
const CHAPTERS: [usize; 17] = [27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7];
const DECISIONS: [&str; 3] = ["met", "not applicable", "refused"];
/// Files at the root, which have no slash in their names.
const AT_THE_ROOT: [&str; 4] = ["Cargo.toml", "Cargo.lock", "SECURITY.md", ".deny.toml"];

/// A requirement, its decision, and the reason for it.
struct Row {
    id: String,
    level: String,
    decision: String,
    why: String,
}

impl Row {
    /// Number of the chapter.
    fn chapter(&self) -> usize {
        self.id.trim_start_matches('V').split('.').next().unwrap().parse().unwrap()
    }

    /// The tests and files that the row names.
    fn named(&self) -> impl Iterator<Item = &str> {
        let quoted = self.why.split('`').skip(1).step_by(2);
        quoted.filter(|text| text.contains("::") || is_path(text) || AT_THE_ROOT.contains(text))
    }
}

fn is_path(text: &str) -> bool {
    let folders = ["src/", "tests/", "docs/", "config/", "deploy/", "migrations/", ".ci/"];
    folders.iter().any(|folder| text.starts_with(folder))
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
}

fn rows() -> Vec<Row> {
    let text = file("docs/asvs.md").text;
    let lines = text.lines().filter(|line| line.starts_with("| V"));
    let rows = lines.map(cells).filter(|cells| cells[0].matches('.').count() == 2);
    rows.map(|cells| match <[String; 4]>::try_from(cells) {
        Ok([id, level, decision, why]) => Row { id, level, decision, why },
        Err(cells) => panic!("a row has other cells: {cells:?}"),
    })
    .collect()
}

#[test]
fn every_requirement_has_one_decision_with_a_reason() {
    let rows = rows();
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!((ids.len(), rows.len()), (253, 253));
    for (at, expected) in CHAPTERS.iter().enumerate() {
        assert_eq!(rows.iter().filter(|row| row.chapter() == at + 1).count(), *expected, "V{}", at + 1);
    }
    let is_wrong = |row: &&Row| {
        let has_evidence = row.named().next().is_some() || row.why.contains("[below](#");
        let has_reason = row.why.len() >= "There is no XML".len();
        let is_known = DECISIONS.contains(&row.decision.as_str()) && ["1", "2"].contains(&row.level.as_str());
        !is_known || !has_reason || (row.decision == "met" && !has_evidence)
    };
    let wrong: Vec<String> = rows.iter().filter(is_wrong).map(|row| format!("{}: {}", row.id, row.why)).collect();
    assert_none(&wrong, "without a decision, a reason or evidence");
}

#[test]
fn every_test_and_every_file_that_is_named_exists() {
    let rows = rows();
    let is_missing = |name: &&str| if name.contains("::") { !is_test(name) } else { !root().join(name).exists() };
    let of = |row: &Row| row.named().filter(is_missing).map(|name| format!("{}: {name}", row.id)).collect::<Vec<_>>();
    assert_none(&rows.iter().flat_map(of).collect::<Vec<_>>(), "named in docs/asvs.md, and not there");
    assert!(rows.iter().map(|row| row.named().count()).sum::<usize>() > 150, "the names are not found");
}

#[test]
fn the_summary_counts_the_decisions() {
    let rows = rows();
    let mut counted: BTreeMap<usize, [usize; 3]> = BTreeMap::new();
    for row in &rows {
        let at = DECISIONS.iter().position(|decision| *decision == row.decision).unwrap();
        counted.entry(row.chapter()).or_default()[at] += 1;
        counted.entry(0).or_default()[at] += 1;
    }
    let text = file("docs/asvs.md").text;
    let summary = text.split("## Summary").nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let lines = summary.lines().filter(|line| line.starts_with("| V") || line.starts_with("| **"));
    let shown: BTreeMap<usize, [usize; 3]> = lines
        .map(|line| {
            let cells = cells(&line.replace("**", ""));
            let chapter = cells[0].split(' ').next().unwrap().trim_start_matches('V').parse().unwrap_or(0);
            (chapter, [1, 2, 3].map(|at| cells[at].parse().unwrap()))
        })
        .collect();
    assert_eq!(shown, counted, "left: the summary, right: the rows; 0 is all of them");
}
