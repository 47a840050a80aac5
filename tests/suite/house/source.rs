//! The source files of the repository, as the rules of the house read them.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the repository.
pub struct Source {
    /// Its path from the root of the repository.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The lines that are not comments, with their numbers.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// All lines with their numbers.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line))
    }

    /// The room of the crate that it belongs to: `goods` for `src/goods/store.rs`.
    pub fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// The text without unit tests and comments.
    pub fn product_code(&self) -> String {
        let text = self.text.split("#[cfg(test)]\nmod ").next().unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.collect::<Vec<_>>().join("\n")
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, in the order of their paths. Build output is left out.
pub fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join(folder), &|path| path.extension().is_some_and(|extension| extension == "rs"), &mut found);
    assert!(!found.is_empty(), "no source file in {folder}");
    found.sort();
    found.iter().map(|path| read(path)).collect()
}

/// All Rust files of the product, the tests and the benches.
pub fn all_sources() -> Vec<Source> {
    ["src", "tests", "benches"].into_iter().flat_map(sources).collect()
}

/// One text file, named from the root.
pub fn file(path: &str) -> Source {
    read(&root().join(path))
}

/// The documents that people read: Markdown and the default settings.
pub fn documents() -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join("docs"), &|path| path.extension().is_some_and(|extension| extension == "md"), &mut found);
    found.sort();
    let own = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "config/default.toml"];
    own.into_iter().map(file).chain(found.iter().map(|path| read(path))).collect()
}

fn walk(folder: &Path, wanted: &dyn Fn(&Path) -> bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // The fuzz targets may be built in their folder.
            if !path.ends_with("target") {
                walk(&path, wanted, found);
            }
        } else if wanted(&path) {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Source { path: path.strip_prefix(root()).unwrap().to_string_lossy().into_owned(), text }
}

#[track_caller]
pub fn assert_none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}
