//! The house rules a compiler does not know: who may import whom, how long files and functions may be, which words do
//! not stay. A style that is not a test decays.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 80;
const OWNERS: [&str; 5] = ["coupon", "goods", "order", "pay", "user"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A source file: its path from the root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Its lines with their numbers, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The module of the crate it belongs to: `goods` for `src/goods/store.rs`.
    fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// The modules of the crate it names, with what it names in them: `("order", "message::Cancelled")`.
    fn imports(&self) -> Vec<(usize, String, String)> {
        let mut imports = Vec::new();
        for (at, line) in self.code() {
            for part in line.split("crate::").skip(1).filter(|_| !line.contains("$crate")) {
                let list = part.strip_prefix('{').map_or_else(
                    || vec![part.trim_end_matches(';').to_owned()],
                    |list| list.trim_end_matches("};").split(", ").map(str::to_owned).collect(),
                );
                for path in list {
                    let (module, rest) = path.split_once("::").unwrap_or((&path, ""));
                    let module = module.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap();
                    imports.push((at, module.to_owned(), rest.to_owned()));
                }
            }
        }
        imports
    }
}

fn sources(folder: &str) -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // What a compiler made is not ours: the fuzz targets may be built where they stand.
                if !path.ends_with("target") {
                    walk(&path, found);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    let source = |path: PathBuf| Source {
        path: path.strip_prefix(root()).unwrap().to_string_lossy().into_owned(),
        text: fs::read_to_string(path).unwrap(),
    };
    let sources: Vec<Source> = found.into_iter().map(source).collect();
    assert!(!sources.is_empty(), "nothing is in {folder}");
    sources
}

fn everything() -> Vec<Source> {
    ["src", "tests", "benches"]
        .into_iter()
        .filter(|folder| root().join(folder).exists())
        .flat_map(sources)
        .filter(|source| !source.path.ends_with("house/tidy.rs"))
        .collect()
}

#[track_caller]
fn assert_none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

/// A word may be used where one of these says so: the beginning or the end of a path, and why.
#[track_caller]
fn assert_only_in(word: &str, allowed: &[(&str, &str)]) {
    let may = |path: &str, rule: &str| path.starts_with(rule) || rule.starts_with('/') && path.contains(rule);
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for source in sources("src") {
        let Some((at, line)) = source.code().find(|(_, line)| line.contains(word)) else { continue };
        let rules: Vec<&str> = allowed.iter().map(|(rule, _)| *rule).filter(|rule| may(&source.path, rule)).collect();
        if rules.is_empty() {
            wrong.push(format!("{}:{at}: {line}", source.path));
        }
        used.extend(rules);
    }
    assert_none(&wrong, &format!("{word} is used where it must not be"));
    for (rule, why) in allowed {
        assert!(used.contains(rule), "{word} is not used in {rule} any more ({why}): take it off the list");
    }
}

#[test]
fn diesel_is_only_where_tables_are() {
    let allowed = [
        ("src/db/", "connections, errors, the schema, stored types"),
        ("src/messaging/inbox.rs", "the table every consumer has"),
        ("src/messaging/outbox/", "the table every producer has"),
        ("src/audit/", "reads all owners' tables"),
        ("/store/", "an owner's tables"),
        ("src/pay/message.rs", "what is asked for is a row"),
        ("src/coupon/message.rs", "what is asked for is a row"),
        ("src/goods/message.rs", "what is asked for is a row"),
        ("src/user/message.rs", "what is asked for is a row"),
        ("src/domain/clock.rs", "a stored type: derives"),
        ("src/domain/id.rs", "a stored type: derives"),
        ("src/domain/money.rs", "a stored type: derives"),
        ("src/domain/status.rs", "stored types: derives"),
    ];
    assert_only_in("diesel", &allowed);
    let derived = ["use diesel::deserialize::FromSqlRow;", "use diesel::expression::AsExpression;"];
    let fine = |line: &str| {
        derived.contains(&line) || line.starts_with("use diesel::sql_types::") || line.starts_with("#[diesel(")
    };
    for source in sources("src").iter().filter(|source| source.module() == "domain" || is_message(source)) {
        let a_row = |line: &str| is_message(source) && (line.contains("Queryable") || line.contains("diesel::prelude"));
        let queries = source.code().filter(|(_, line)| line.contains("diesel") && !fine(line.trim()) && !a_row(line));
        let queries: Vec<String> = queries.map(|(at, line)| format!("{}:{at}: {line}", source.path)).collect();
        assert_none(&queries, "more than a derive");
    }
}

fn is_message(source: &Source) -> bool {
    source.path.ends_with("/message.rs") && OWNERS.contains(&source.module())
}

#[test]
fn the_web_framework_is_only_in_http_and_where_it_is_started() {
    assert_only_in(
        "actix_web",
        &[
            ("src/http/", "the routes"),
            ("src/sandbox/http/", "the platform's routes"),
            ("src/app/", "starts the servers"),
            ("src/cli/", "starts the runtime"),
        ],
    );
}

#[test]
fn the_environment_is_only_read_by_the_settings() {
    assert_only_in("std::env", &[("src/config", "settings")]);
}

/// What each room may import, itself apart: only rooms below it.
fn may_import(room: &str) -> Option<Vec<&'static str>> {
    const LOW: [&str; 4] = ["domain", "db", "actor", "messaging"];
    Some(match room {
        "domain" => vec![],
        // Its macros stand at the root, as all exported ones do.
        "db" => vec!["domain", "each", "insert_all"],
        "actor" => vec!["domain", "db"],
        "messaging" => vec!["domain", "db", "actor"],
        "config" => LOW.to_vec(),
        "coupon" | "goods" | "order" | "user" => LOW.to_vec(),
        "gateway" => vec!["domain", "config"],
        "pay" => [&LOW[..], &["gateway"]].concat(),
        "audit" => vec!["domain", "db"],
        "reconcile" => vec!["domain", "gateway", "pay"],
        "coordinator" => [&["domain", "actor", "config"], &OWNERS[..]].concat(),
        "payments" => vec!["domain", "actor", "config", "gateway", "order", "pay"],
        "http" => {
            [&["domain", "actor", "messaging", "gateway", "coordinator", "payments", "audit"], &OWNERS[..]].concat()
        }
        "sandbox" => [&LOW[..], &["gateway", "http"]].concat(),
        // Those that put everything together.
        "app" | "cli" | "lib" | "main" => return None,
        other => panic!("{other} has no place in the order of the rooms: give it one here and in lib.rs"),
    })
}

#[test]
fn calls_go_one_way_and_owners_do_not_know_each_other() {
    let mut wrong = Vec::new();
    for source in sources("src").iter().filter(|source| !source.path.ends_with("tests.rs")) {
        let module = source.module();
        let Some(allowed) = may_import(module) else { continue };
        for (at, other, rest) in source.imports() {
            let into_tables = OWNERS.contains(&other.as_str()) && rest.starts_with("store");
            if other != module && !allowed.contains(&other.as_str()) || other != module && into_tables {
                wrong.push(format!("{}:{at}: {other}::{rest}", source.path));
            }
        }
    }
    assert_none(&wrong, "imported against the order of the modules");
    for owner in OWNERS {
        let text = fs::read_to_string(root().join("src").join(owner).join("mod.rs")).unwrap();
        assert!(text.contains("\nmod store;"), "the store of {owner} is its own");
    }
}

#[test]
fn files_and_functions_are_small() {
    let mut wrong = Vec::new();
    for source in everything() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            wrong.push(format!("{} has {lines} lines", source.path));
        } else if lines > 300 {
            println!("{} has {lines} lines: could it be two?", source.path);
        }
        if !source.path.starts_with("src/") {
            // The table a test goes through may be longer than a screen.
            continue;
        }
        // As rustfmt writes it, a function ends at the first closing brace as far in as it begins.
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
fn no_word_stays_that_was_meant_to_go() {
    let banned = ["TODO", "FIXME", "XXX", "HACK", "dbg!(", "unimplemented!(", "todo!(", "#[ignore"];
    let mut wrong = Vec::new();
    for source in everything() {
        for (at, line) in source.text.lines().enumerate() {
            let words = banned.iter().filter(|word| line.contains(*word));
            wrong.extend(words.map(|word| format!("{}:{}: {word}", source.path, at + 1)));
        }
    }
    assert_none(&wrong, "done, or written down elsewhere");
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
    let told: BTreeSet<String> = rooms.flat_map(names).collect();
    let entry = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() { format!("{name}/") } else { name }
    };
    let found: BTreeSet<String> = fs::read_dir(root().join("src")).unwrap().map(|each| entry(each.unwrap())).collect();
    assert_eq!(told, found, "left: the README, right: src/");
}
