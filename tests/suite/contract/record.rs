//! The comparison of a text with its recorded file.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// Number of differing lines that are shown.
const SHOWN: usize = 12;
/// Number of characters of a line that are shown before and after the first difference.
const AROUND: usize = 160;

/// The beginning of a block of HTTP in a page.
const FENCE: &str = "```http\n";

#[expect(clippy::disallowed_methods, reason = "the variable belongs to the test run, not to the settings")]
fn is_recording() -> bool {
    std::env::var("TRADEPOST_RECORD").is_ok_and(|text| text == "1")
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/suite/contract").join(name)
}

/// Checks that a text equals its file. While recording, writes the file instead.
#[track_caller]
pub fn assert_recorded(name: &str, text: &str) {
    assert_all_recorded(&[(name, text.to_owned())]);
}

/// Checks several texts; the message shows every one that differs.
#[track_caller]
pub fn assert_all_recorded(parts: &[(&str, String)]) {
    if is_recording() {
        parts.iter().for_each(|(name, text)| fs::write(file(name), text).unwrap());
        return;
    }
    let differing: Vec<String> = parts.iter().filter_map(|(name, text)| compare(name, text)).collect();
    assert!(differing.is_empty(), "\n{}", differing.join("\n"));
}

/// Checks the blocks of HTTP in a page of the documentation, each in the section with its title. While recording, writes
/// them into the page instead, and leaves the rest of it as it is.
#[track_caller]
pub fn assert_blocks_recorded(page: &str, blocks: &[(&str, String)]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(page);
    let recorded = fs::read_to_string(&path).unwrap();
    let text = with_blocks(&recorded, blocks);
    if is_recording() {
        fs::write(path, text).unwrap();
        return;
    }
    assert!(recorded == text, "{page} differs:\n{}", difference(&recorded, &text));
}

/// The page with these blocks. Every section needs one, and every block a section.
#[track_caller]
fn with_blocks(page: &str, blocks: &[(&str, String)]) -> String {
    let mut sections = page.split("\n## ");
    let mut text = sections.next().unwrap().to_owned();
    let mut titles = Vec::new();
    for section in sections {
        let title = section.lines().next().unwrap();
        let block = blocks.iter().find(|(known, _)| *known == title).map(|(_, block)| block);
        let block = block.unwrap_or_else(|| panic!("no block for {title}"));
        let (before, rest) = section.split_once(FENCE).unwrap_or_else(|| panic!("no place for a block in {title}"));
        let (_, after) = rest.split_once("```").unwrap();
        write!(text, "\n## {before}{FENCE}{block}```{after}").unwrap();
        titles.push(title);
    }
    let without: Vec<_> = blocks.iter().map(|(title, _)| title).filter(|title| !titles.contains(title)).collect();
    assert!(without.is_empty(), "no section for {without:?}");
    text
}

/// The difference between a text and its file, if there is one.
fn compare(name: &str, text: &str) -> Option<String> {
    let recorded = fs::read_to_string(file(name)).unwrap_or_default();
    if recorded == text {
        return None;
    }
    // The whole text is written to a file for use with `diff`.
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("contract-{name}"));
    fs::write(&path, text).unwrap();
    Some(format!("{name} differs; the present text is {}\n{}", path.display(), difference(&recorded, text)))
}

/// The first lines that differ, with the heading above them.
fn difference(recorded: &str, text: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (recorded.lines().collect(), text.lines().collect());
    let first = old.iter().zip(&new).position(|(old, new)| old != new).unwrap_or_else(|| old.len().min(new.len()));
    let heading = new.iter().take(first + 1).rfind(|line| line.starts_with("--- ")).unwrap_or(&"");
    let mut shown = format!("line {}, in {heading}\n", first + 1);
    for index in first..first + SHOWN {
        match (old.get(index), new.get(index)) {
            (Some(old), Some(new)) if old == new => writeln!(shown, "  {}", clip(new, new)).unwrap(),
            (None, None) => break,
            (old, new) => {
                let (one, other) = (old.copied().unwrap_or_default(), new.copied().unwrap_or_default());
                if old.is_some() {
                    writeln!(shown, "- {}", clip(one, other)).unwrap();
                }
                if new.is_some() {
                    writeln!(shown, "+ {}", clip(other, one)).unwrap();
                }
            }
        }
    }
    shown
}

/// The part of a line around its first difference from `other`.
fn clip(line: &str, other: &str) -> String {
    let same = line.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let from = if same == line.chars().count() { 0 } else { same.saturating_sub(AROUND) };
    let part: String = line.chars().skip(from).take(2 * AROUND).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if from + 2 * AROUND < line.chars().count() { "…" } else { "" };
    format!("{before}{part}{after}")
}

#[test]
fn a_block_is_replaced_and_the_words_around_it_stay() {
    let page = "# Page\n\n## One\n\nWords.\n\n```http\nold\n```\n\nMore.\n";
    let blocks = [("One", "new\n".to_owned())];
    assert_eq!(with_blocks(page, &blocks), page.replace("old", "new"));
}

#[test]
fn a_difference_is_shown_from_its_first_line_with_its_heading() {
    let recorded = "--- GET /a\nsame\n--- GET /b\nold\n";
    let shown = difference(recorded, "--- GET /a\nsame\n--- GET /b\nnew\nmore\n");
    assert_eq!(shown, "line 4, in --- GET /b\n- old\n+ new\n+ more\n");
    let long = "x".repeat(1_000);
    let shown = clip(&format!("{long}a"), &format!("{long}b"));
    assert!(shown.starts_with('…') && shown.ends_with('a') && shown.chars().count() == AROUND + 2, "{shown}");
}
