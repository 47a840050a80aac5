//! Imports of a crate, read from its text: which module a path names, and which files import each other.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, sources};

/// The files of one crate by their module paths; the root of the crate is the empty path.
pub struct Crate {
    modules: BTreeMap<Vec<String>, Source>,
}

impl Crate {
    /// The library in `src`, or the bench in `benches/<name>` with the harness it includes.
    pub fn read(folder: &str) -> Self {
        let own = sources(folder);
        let harness = if folder == "src" { Vec::new() } else { sources("benches/harness") };
        let modules = own
            .into_iter()
            .map(|source| (module_path(source.path.strip_prefix(folder).unwrap().trim_start_matches('/')), source))
            .chain(harness.into_iter().map(|source| (module_path(source.path.trim_start_matches("benches/")), source)))
            .filter(|(path, _)| path.last().is_none_or(|last| last != "tests"));
        Self { modules: modules.collect() }
    }

    /// The module path of one of its files.
    fn path_of(&self, source: &Source) -> Option<&Vec<String>> {
        self.modules.iter().find(|(_, other)| other.path == source.path).map(|(path, _)| path)
    }

    /// The paths inside this crate that a file names, from the root of the crate: imports and paths that begin with
    /// `crate::` or `super::`. Re-exports and unit tests are left out.
    pub fn imports(&self, source: &Source) -> Vec<Vec<String>> {
        let Some(module) = self.path_of(source) else { return Vec::new() };
        let code = source.product_code();
        let mut paths = Vec::new();
        for statement in code.split(';').filter_map(use_tree) {
            expand(statement, &[], &mut paths);
        }
        paths.extend(inline_paths(&code));
        paths.into_iter().filter_map(|path| self.absolute(module, path)).filter(|path| !path.is_empty()).collect()
    }

    fn absolute(&self, module: &[String], path: Vec<String>) -> Option<Vec<String>> {
        let supers = path.iter().take_while(|part| *part == "super").count();
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "super" if supers <= module.len() => Some([&module[..module.len() - supers], &path[supers..]].concat()),
            first => {
                let child = [module, &[first.to_owned()]].concat();
                self.modules.contains_key(&child).then(|| [module, &path[..]].concat())
            }
        }
    }

    /// The file that a path leads into: that of the longest module path it begins with.
    fn file_of(&self, path: &[String]) -> Option<&str> {
        let module =
            (1..=path.len()).rev().map(|length| &path[..length]).find(|path| self.modules.contains_key(*path))?;
        self.modules.get(module).map(|source| source.path.as_str())
    }
}

fn module_path(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if ["mod", "lib", "main"].contains(&parts.last().unwrap().as_str()) {
        parts.pop();
    }
    parts
}

/// The tree of a `use` statement that is not a re-export.
fn use_tree(statement: &str) -> Option<&str> {
    let line = statement.rfind("\nuse ").map(|at| at + 1).or_else(|| statement.starts_with("use ").then_some(0));
    let inner = statement.rfind("    use ").map(|at| at + 4);
    let start = line.or(inner)?;
    Some(statement[start + "use ".len()..].trim())
}

/// All paths of a `use` tree: `a::{b, c::{self, d}}` is `a::b`, `a::c`, `a::c::d`.
fn expand(tree: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let parts = tree
            .split(" as ")
            .next()
            .unwrap()
            .split("::")
            .map(|part| part.trim().to_owned())
            .filter(|part| part != "self" && part != "*");
        return paths.push(before.iter().cloned().chain(parts).collect());
    };
    let head = head.trim().trim_end_matches("::").split("::").map(|part| part.trim().to_owned());
    let before: Vec<String> = before.iter().cloned().chain(head.filter(|part| !part.is_empty())).collect();
    let (mut depth, mut start) = (0_usize, 0);
    let body = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    for (at, c) in body.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&body[start..at], &before, paths);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !body[start..].trim().is_empty() {
        expand(&body[start..], &before, paths);
    }
}

/// Paths in expressions and types that begin with `crate::` or `super::`.
fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut paths = Vec::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("use ") && !line.contains(" use ")) {
        for start in ["crate::", "super::"] {
            for (at, _) in line.match_indices(start) {
                let is_whole = !line[..at].ends_with(|c: char| is_path(c) || c == '$');
                if is_whole && !line[..at].ends_with('(') {
                    let path = line[at..].split(|c| !is_path(c)).next().unwrap().trim_end_matches(':');
                    paths.push(path.split("::").map(str::to_owned).collect());
                }
            }
        }
    }
    paths
}

/// A circle of files that import each other, if there is one.
pub fn circle(of: &Crate) -> Option<Vec<String>> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in of.modules.values() {
        let imported = of.imports(source);
        let files = imported.iter().filter_map(|path| of.file_of(path)).filter(|file| *file != source.path);
        edges.insert(&source.path, files.collect());
    }
    let mut done = BTreeSet::new();
    let starts: Vec<&str> = edges.keys().copied().collect();
    starts.into_iter().find_map(|start| visit(start, &edges, &mut Vec::new(), &mut done))
}

fn visit<'a>(
    file: &'a str,
    edges: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<String>> {
    if let Some(at) = way.iter().position(|other| *other == file) {
        return Some(way[at..].iter().chain([&file]).map(|file| (*file).to_owned()).collect());
    }
    if !done.insert(file) {
        return None;
    }
    way.push(file);
    let found = edges.get(file).into_iter().flatten().find_map(|next| visit(next, edges, way, done));
    way.pop();
    found
}

#[test]
fn a_use_tree_is_expanded_to_all_its_paths() {
    let mut paths = Vec::new();
    expand("crate::a::{self, b::{C, d as e}, f}", &[], &mut paths);
    let texts: Vec<String> = paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(texts, ["crate::a", "crate::a::b::C", "crate::a::b::d", "crate::a::f"]);
}
