//! The messages of an outbox as events of an order's timeline.

use diesel::prelude::*;

use crate::db::schema::mq_producer;
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, What};
use crate::domain::status::MessageStatus;

type Row = (String, String, String, MessageStatus, Timestamp, Timestamp, i32, Option<String>);

/// The messages of an outbox whose key is one of `keys`, as timeline events.
///
/// # Errors
/// A database error.
pub fn timeline(db: &mut Db, keys: &[String]) -> db::Result<Vec<Event>> {
    use mq_producer::dsl;
    let rows: Vec<Row> = db::load_by(keys, |keys| {
        let query = dsl::mq_producer.filter(any_of(dsl::msg_key, keys)).order(dsl::id).select((
            dsl::msg_topic,
            dsl::msg_tag,
            dsl::group_name,
            dsl::msg_status,
            dsl::create_time,
            dsl::due_time,
            dsl::attempts,
            dsl::remark,
        ));
        with_conn!(db, query.load(db))
    })?;
    Ok(rows.into_iter().map(to_event).collect())
}

fn to_event((topic, tag, group, status, created, due, attempts, remark): Row) -> Event {
    let (word, state) = match status {
        MessageStatus::Done => ("done", format!("delivered at {due}")),
        MessageStatus::Dead => ("dead", format!("dead since {due}")),
        MessageStatus::Pending => ("pending", format!("due at {due}")),
    };
    let reason = remark.as_ref().map(|remark| format!(": {remark}")).unwrap_or_default();
    let detail = format!("{topic}/{tag} to {group}, {attempts} attempts, {state}{reason}");
    Event::new(created, What::Message, detail)
        .with("topic", topic)
        .with("tag", tag)
        .with("group", group)
        .with("attempts", attempts)
        .with("state", word)
        .with("remark", remark)
}
