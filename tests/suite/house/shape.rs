//! The shape of the sources: small files and functions, every file compiled, a map that is the tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::source::{all_sources, assert_none, root, sources};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 80;

#[test]
fn files_and_functions_are_small() {
    let mut wrong = Vec::new();
    for source in all_sources() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            wrong.push(format!("{} has {lines} lines", source.path));
        } else if lines > 300 {
            println!("{} has {lines} lines: could it be two?", source.path);
        }
        if !source.path.starts_with("src/") {
            // The table of a test may be longer than a screen.
            continue;
        }
        // As rustfmt writes it, a function ends at the first closing brace with the indentation of its start.
        let mut begun: Option<(usize, usize)> = None;
        for (at, line) in source.code() {
            let text = line.trim_start();
            let indent = line.len() - text.len();
            if text.contains("fn ") && text.ends_with('{') && begun.is_none() {
                begun = Some((at, indent));
            } else if let Some((from, depth)) = begun
                && text == "}"
                && indent == depth
            {
                begun = None;
                if at - from >= FUNCTION_LINES_MAX {
                    wrong.push(format!("{}:{from}: a function of {} lines", source.path, at - from + 1));
                }
            }
        }
    }
    assert_none(&wrong, "too long to be read at once");
}

#[test]
fn every_file_is_compiled() {
    let mut wrong = Vec::new();
    for source in ["src", "tests/suite"].into_iter().flat_map(sources) {
        let path = Path::new(&source.path);
        let (name, folder) = match path.file_stem().unwrap().to_str().unwrap() {
            "lib" | "main" => continue,
            "mod" => (path.parent().unwrap().file_name().unwrap(), path.parent().unwrap().parent().unwrap()),
            _ => (path.file_stem().unwrap(), path.parent().unwrap()),
        };
        let parents = ["mod.rs", "lib.rs", "main.rs"].map(|file| folder.join(file));
        let declared = format!("mod {};", name.to_str().unwrap());
        let declares = |parent: PathBuf| fs::read_to_string(root().join(parent)).is_ok_and(|t| t.contains(&declared));
        if !parents.into_iter().chain([folder.with_extension("rs")]).any(declares) {
            wrong.push(source.path.clone());
        }
    }
    assert_none(&wrong, "in the tree but in no module");
}

#[test]
fn the_map_in_the_readme_is_the_tree() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let map = readme.split("```").find(|block| block.trim_start().starts_with("src/")).expect("the map of src/");
    let rooms = map.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names = |line: &str| {
        let named = line.split_whitespace().take_while(|word| word.ends_with('/') || word.ends_with(".rs"));
        named.map(str::to_owned).collect::<Vec<_>>()
    };
    let listed: BTreeSet<String> = rooms.flat_map(names).collect();
    let entry = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() { format!("{name}/") } else { name }
    };
    let found: BTreeSet<String> = fs::read_dir(root().join("src")).unwrap().map(|each| entry(each.unwrap())).collect();
    assert_eq!(listed, found, "left: the README, right: src/");
}
