//! The bodies of the messages that a consumer group has not acknowledged yet.

use diesel::prelude::*;
use serde::de::DeserializeOwned;

use crate::db::schema::mq_producer;
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::status::MessageStatus;
use crate::messaging::contract::Topic;

/// Reads the bodies of the messages of `topic` to `group` that are pending or dead, and the times at which they were
/// written. Evaluated on the index of the states: delivered messages are not read.
///
/// # Errors
/// A database error, or a body that is not of type `B`.
pub fn undelivered<B: DeserializeOwned>(db: &mut Db, topic: Topic, group: &str) -> db::Result<Vec<(B, Timestamp)>> {
    use mq_producer::dsl;
    let mut all = Vec::new();
    for status in [MessageStatus::Pending, MessageStatus::Dead] {
        let of_topic = dsl::msg_topic.eq(topic.topic).and(dsl::msg_tag.eq(topic.tag));
        let messages =
            dsl::mq_producer.filter(dsl::msg_status.eq(status).and(of_topic)).filter(dsl::group_name.eq(group));
        let rows: Vec<(String, Timestamp)> =
            with_conn!(db, messages.select((dsl::msg_body, dsl::create_time)).load(db))?;
        for (body, written) in rows {
            let body = serde_json::from_str(&body).map_err(|error| db::Error::bug(error.to_string()))?;
            all.push((body, written));
        }
    }
    Ok(all)
}
