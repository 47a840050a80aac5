//! The rooms of `src/` form layers: imports only lead downward, and no two files import each other in a circle.

use std::collections::BTreeSet;
use std::fs;

use super::import::{Crate, circle};
use super::source::{Source, assert_none, root, sources};

const OWNERS: [&str; 5] = ["coupon", "goods", "order", "pay", "user"];

/// The rooms that each room may import besides itself: only rooms below it. The order is that of `lib.rs`, lowest first.
const ROOMS: [(&str, &[&str]); 27] = [
    ("domain", &[]),
    ("db", &["domain"]),
    ("trace", &["domain"]),
    ("actor", &["domain", "db", "trace"]),
    ("messaging", &["domain", "db", "trace", "actor"]),
    ("node", &["domain", "db", "actor"]),
    ("journal", &["domain", "db", "actor"]),
    ("config", &["domain", "db", "trace", "actor", "messaging"]),
    ("gateway", &["domain", "config"]),
    ("coupon", &["domain", "db", "actor", "messaging", "journal"]),
    ("goods", &["domain", "db", "actor", "messaging", "journal"]),
    ("order", &["domain", "db", "actor", "messaging"]),
    ("pay", &["domain", "db", "actor", "messaging", "gateway"]),
    ("user", &["domain", "db", "actor", "messaging", "journal"]),
    ("coordinator", &["domain", "trace", "actor", "node", "config", "coupon", "goods", "order", "pay", "user"]),
    ("payments", &["domain", "trace", "actor", "config", "gateway", "order", "pay"]),
    ("webhook", &["domain", "db", "actor", "messaging", "journal", "config", "coupon", "goods", "order", "user"]),
    ("audit", &["domain", "db"]),
    ("reconcile", &["domain", "actor", "gateway", "pay"]),
    (
        "metrics",
        &[
            "domain",
            "db",
            "trace",
            "actor",
            "messaging",
            "node",
            "gateway",
            "order",
            "pay",
            "user",
            "coordinator",
            "payments",
            "webhook",
            "audit",
        ],
    ),
    (
        "http",
        &[
            "domain",
            "trace",
            "actor",
            "messaging",
            "metrics",
            "node",
            "journal",
            "gateway",
            "coupon",
            "goods",
            "order",
            "pay",
            "user",
            "coordinator",
            "payments",
            "webhook",
            "audit",
            "reconcile",
        ],
    ),
    ("web", &["domain", "pay", "audit", "http"]),
    (
        "console",
        &[
            "domain",
            "trace",
            "actor",
            "messaging",
            "metrics",
            "node",
            "journal",
            "gateway",
            "coupon",
            "goods",
            "order",
            "pay",
            "user",
            "coordinator",
            "payments",
            "webhook",
            "audit",
            "reconcile",
            "http",
            "web",
        ],
    ),
    (
        "shop_window",
        &[
            "domain",
            "actor",
            "gateway",
            "coupon",
            "goods",
            "order",
            "pay",
            "user",
            "coordinator",
            "payments",
            "http",
            "web",
        ],
    ),
    ("sandbox", &["domain", "db", "trace", "actor", "messaging", "gateway", "pay", "http", "web", "console"]),
    // The composition root and the commands put everything together.
    ("app", &["*"]),
    ("cli", &["*"]),
];

/// Macros are exported at the root of the crate, whatever room they are written in.
const MACROS: [&str; 3] = ["with_conn", "insert_all", "stored_as_integer"];

#[test]
fn rooms_import_only_rooms_below_them() {
    let src = Crate::read("src");
    let mut wrong = Vec::new();
    for source in sources("src").iter().filter(|source| !["lib", "main"].contains(&source.room())) {
        let room = source.room();
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            panic!("{room} has no place in the order of the rooms: give it one here and in lib.rs");
        };
        for path in src.imports(source) {
            let (other, rest) = (path[0].as_str(), path.get(1).map_or("", String::as_str));
            let into_tables = OWNERS.contains(&other) && rest == "store";
            let fits = allowed.contains(&"*") || allowed.contains(&other) || MACROS.contains(&other);
            if other != room && (!fits || into_tables) {
                wrong.push(format!("{}: {}", source.path, path.join("::")));
            }
        }
    }
    assert_none(&wrong, "imports against the order of the rooms");
}

#[test]
fn the_order_of_the_rooms_is_that_of_the_map_and_has_no_circle() {
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        let below: Vec<&str> = ROOMS[..at].iter().map(|(name, _)| *name).collect();
        assert!(allowed.iter().all(|other| *other == "*" || below.contains(other)), "{room} imports a room above it");
    }
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared: Vec<&str> = map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let known: BTreeSet<&str> = ROOMS.iter().map(|(name, _)| *name).collect();
    assert_eq!(declared.iter().copied().collect::<BTreeSet<_>>(), known, "left: lib.rs");
    for room in declared {
        assert!(
            map.contains(&format!("//! | [`{room}`]"))
                || map.contains(&format!("[`{room}`] "))
                || map.contains(&format!("`{room}` |")),
            "lib.rs has no sentence for {room}"
        );
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for folder in ["src", "benches/throughput", "benches/load", "benches/audit"] {
        let found = circle(&Crate::read(folder));
        assert!(found.is_none(), "{folder}: {}", found.unwrap_or_default().join(" -> "));
    }
}

#[test]
fn every_owner_has_the_same_files() {
    for owner in OWNERS {
        let folder = root().join("src").join(owner);
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // An owner with many messages has a part of them in a folder.
        let entries: BTreeSet<String> = entries.filter(|name| name != "message").collect();
        let expected = ["mod.rs", "message.rs", "error.rs", "actor.rs", "store"];
        assert_eq!(entries, expected.map(str::to_owned).into(), "{owner}");
        let text = fs::read_to_string(folder.join("mod.rs")).unwrap();
        assert!(text.contains("\nmod store;"), "the store of {owner} is private");
    }
}

/// Asserts that `word` is used only in files that `allowed` names: by the beginning of a path, or by a folder `/name/`.
/// Each entry says why.
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
    assert_none(&wrong, &format!("{word} is used in a file that must not use it"));
    for (rule, why) in allowed {
        assert!(used.contains(rule), "{word} is not used in {rule} any more ({why}): remove the entry");
    }
}

#[test]
fn diesel_is_only_used_next_to_the_tables() {
    let allowed = [
        ("src/db/", "connections, errors, the schema, stored types"),
        ("src/messaging/inbox.rs", "the table every consumer has"),
        ("src/messaging/outbox/", "the table every producer has"),
        ("src/audit/", "reads all owners' tables"),
        ("src/journal/", "the table of administrators' acts that three owners have"),
        ("src/node/store.rs", "the table of the nodes"),
        ("src/node/mod.rs", "its row"),
        ("/store/", "an owner's tables"),
        ("src/pay/message/notification.rs", "a message that carries a row"),
        ("src/coupon/message.rs", "a message that carries a row"),
        ("src/goods/message.rs", "a message that carries a row"),
        ("src/user/message.rs", "a message that carries a row"),
        ("src/domain/clock.rs", "a stored type: derives"),
        ("src/domain/id.rs", "a stored type: derives"),
        ("src/domain/money.rs", "a stored type: derives"),
        ("src/domain/quantity.rs", "stored types: derives"),
        ("src/domain/status.rs", "stored types: derives"),
        ("src/sandbox/trade.rs", "a stored type: derives"),
    ];
    assert_only_in("diesel", &allowed);
    let derived = ["use diesel::deserialize::FromSqlRow;", "use diesel::expression::AsExpression;"];
    let is_derive = |line: &str| {
        derived.contains(&line) || line.starts_with("use diesel::sql_types::") || line.starts_with("#[diesel(")
    };
    let is_message = |source: &Source| {
        (source.path.ends_with("/message.rs") || source.path.contains("/message/")) && OWNERS.contains(&source.room())
    };
    for source in sources("src").iter().filter(|source| source.room() == "domain" || is_message(source)) {
        let is_row =
            |line: &str| is_message(source) && (line.contains("Queryable") || line.contains("diesel::prelude"));
        let queries =
            source.code().filter(|(_, line)| line.contains("diesel") && !is_derive(line.trim()) && !is_row(line));
        let queries: Vec<String> = queries.map(|(at, line)| format!("{}:{at}: {line}", source.path)).collect();
        assert_none(&queries, "more than a derive");
    }
}

#[test]
fn the_web_framework_is_only_used_by_routes_and_by_the_start_of_the_servers() {
    assert_only_in(
        "actix_web",
        &[
            ("src/http/", "the routes"),
            ("src/web/", "the parts of pages"),
            ("src/console/", "the pages of administrators"),
            ("src/shop_window/", "the pages of customers"),
            ("src/sandbox/http/", "the platform's routes"),
            ("src/app/", "starts the servers"),
            ("src/cli/", "starts the runtime"),
        ],
    );
}

#[test]
fn the_types_of_the_openapi_document_are_used_nowhere_else() {
    assert_only_in("utoipa", &[("src/http/openapi/", "the document")]);
}

#[test]
fn only_the_settings_read_the_environment() {
    assert_only_in("std::env", &[("src/config", "settings")]);
}
