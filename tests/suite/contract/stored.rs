//! The stored messages, which other versions of the program and other nodes read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use diesel::prelude::*;
use serde_json::Value;
use tradepost::db::with_conn;

use crate::support::TestApp;

/// The owners that write messages.
const PRODUCERS: [&str; 3] = ["order", "pay", "sandbox"];
/// The owners that store the messages they have consumed.
const CONSUMERS: [&str; 5] = ["coupon", "goods", "order", "pay", "user"];

/// A row of `mq_producer` or `mq_consumer`.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    topic: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    tag: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    consumer: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    about: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    body: String,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    status: i32,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    times: i32,
}

fn rows(app: &TestApp, owner: &str, query: &str) -> Vec<Row> {
    let store = app.store(owner);
    let db = &mut *store.reader().unwrap();
    with_conn!(db, diesel::sql_query(query).load(db)).unwrap()
}

fn produced(app: &TestApp, owner: &str) -> Vec<Row> {
    let columns = "msg_topic AS topic, msg_tag AS tag, group_name AS consumer, msg_key AS about, msg_body AS body, \
                   msg_status AS status, attempts AS times";
    rows(app, owner, &format!("SELECT {columns} FROM mq_producer ORDER BY id"))
}

fn consumed(app: &TestApp, owner: &str) -> Vec<Row> {
    let columns = "'' AS topic, msg_tag AS tag, group_name AS consumer, msg_key AS about, '' AS body, \
                   consumer_status AS status, consumer_times AS times";
    rows(app, owner, &format!("SELECT {columns} FROM mq_consumer ORDER BY msg_id, group_name"))
}

/// All stored messages, those of each table in its own order.
pub fn messages(app: &TestApp) -> String {
    let mut text = String::new();
    for owner in PRODUCERS {
        for Row { topic, tag, consumer, about, body, status, times } in produced(app, owner) {
            let line = format!(
                "outbox of {owner}: {topic}/{tag} to {consumer}, key {about}, status {status}, attempts {times}"
            );
            writeln!(text, "{line}\n{body}").unwrap();
        }
    }
    for owner in CONSUMERS {
        for Row { tag, consumer, about, status, times, .. } in consumed(app, owner) {
            let line = format!("inbox of {owner}: {tag} as {consumer}, key {about}, status {status}, times {times}");
            writeln!(text, "{line}").unwrap();
        }
    }
    text
}

/// Each kind of message once, with its consumers and the names in its body.
pub fn kinds(app: &TestApp) -> String {
    let mut kinds: BTreeMap<String, [BTreeSet<String>; 2]> = BTreeMap::new();
    for owner in PRODUCERS {
        for row in produced(app, owner) {
            let [groups, names] = kinds.entry(format!("{owner}: {}/{}", row.topic, row.tag)).or_default();
            groups.insert(row.consumer);
            fields(&serde_json::from_str(&row.body).unwrap(), "", names);
        }
    }
    kinds.into_iter().fold(String::new(), |mut text, (kind, [groups, names])| {
        let list = |set: BTreeSet<String>| Vec::from_iter(set).join(", ");
        writeln!(text, "{kind} to {}: {}", list(groups), list(names)).unwrap();
        text
    })
}

/// Collects the names in a body, each with the type of its value.
fn fields(value: &Value, path: &str, names: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                fields(value, &path, names);
            }
            return;
        }
        Value::Array(items) => {
            items.iter().for_each(|item| fields(item, &format!("{path}[]"), names));
            return;
        }
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
    };
    names.insert(format!("{path} {kind}"));
}
