//! A text beside the file it was recorded in.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// Differing lines that are shown.
const SHOWN: usize = 12;
/// Characters of a differing line that are shown before and after the place where it differs.
const AROUND: usize = 160;

#[expect(clippy::disallowed_methods, reason = "whether the files are to be written anew")]
fn is_recording() -> bool {
    std::env::var("TRADEPOST_RECORD").is_ok_and(|text| text == "1")
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/suite/contract").join(name)
}

/// The text is what the file says; while recording, the file says what the text is.
#[track_caller]
pub fn assert_recorded(name: &str, text: &str) {
    assert_all_recorded(&[(name, text.to_owned())]);
}

/// The same of several files; every one that differs is told.
#[track_caller]
pub fn assert_all_recorded(parts: &[(&str, String)]) {
    if is_recording() {
        parts.iter().for_each(|(name, text)| fs::write(file(name), text).unwrap());
        return;
    }
    let differing: Vec<String> = parts.iter().filter_map(|(name, text)| compared(name, text)).collect();
    assert!(differing.is_empty(), "\n{}", differing.join("\n"));
}

/// The difference between a text and its file, where there is one.
fn compared(name: &str, text: &str) -> Option<String> {
    let recorded = fs::read_to_string(file(name)).unwrap_or_default();
    if recorded == text {
        return None;
    }
    // The whole text is kept, so that `diff` can be used.
    let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("contract-{name}"));
    fs::write(&kept, text).unwrap();
    Some(format!("{name} differs; the present text is {}\n{}", kept.display(), difference(&recorded, text)))
}

/// The first lines that differ, under the heading they belong to.
fn difference(recorded: &str, text: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (recorded.lines().collect(), text.lines().collect());
    let at = old.iter().zip(&new).position(|(old, new)| old != new).unwrap_or_else(|| old.len().min(new.len()));
    let heading = new.iter().take(at + 1).rfind(|line| line.starts_with("--- ")).unwrap_or(&"");
    let mut shown = format!("line {}, in {heading}\n", at + 1);
    for at in at..at + SHOWN {
        match (old.get(at), new.get(at)) {
            (Some(old), Some(new)) if old == new => writeln!(shown, "  {}", clipped(new, new)).unwrap(),
            (None, None) => break,
            (old, new) => {
                let (one, other) = (old.copied().unwrap_or_default(), new.copied().unwrap_or_default());
                if old.is_some() {
                    writeln!(shown, "- {}", clipped(one, other)).unwrap();
                }
                if new.is_some() {
                    writeln!(shown, "+ {}", clipped(other, one)).unwrap();
                }
            }
        }
    }
    shown
}

/// A line around the place where it begins to differ from another.
fn clipped(line: &str, other: &str) -> String {
    let same = line.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let from = if same == line.chars().count() { 0 } else { same.saturating_sub(AROUND) };
    let part: String = line.chars().skip(from).take(2 * AROUND).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if from + 2 * AROUND < line.chars().count() { "…" } else { "" };
    format!("{before}{part}{after}")
}

#[test]
fn a_difference_is_shown_where_it_begins_under_its_heading() {
    let recorded = "--- GET /a\nsame\n--- GET /b\nold\n";
    let shown = difference(recorded, "--- GET /a\nsame\n--- GET /b\nnew\nmore\n");
    assert_eq!(shown, "line 4, in --- GET /b\n- old\n+ new\n+ more\n");
    let long = "x".repeat(1_000);
    let shown = clipped(&format!("{long}a"), &format!("{long}b"));
    assert!(shown.starts_with('…') && shown.ends_with('a') && shown.chars().count() == AROUND + 2, "{shown}");
}
