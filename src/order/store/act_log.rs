//! The row type of `order_act`: what was done to an order after it was placed.

use diesel::prelude::*;

use crate::db::ledger::{self, Entry};
use crate::db::schema::order_act;
use crate::db::{self, Db, insert_all};
use crate::domain::clock::Timestamp;
use crate::domain::event::What;
use crate::domain::id::{EntryId, OrderId, UserId};
use crate::domain::status::AuthorKind;
use crate::domain::text::CustomerMessage;
use crate::order::Order;
use crate::order::message::Author;

/// A row of `order_act`.
#[derive(Insertable)]
#[diesel(table_name = order_act, treat_none_as_default_value = false)]
pub struct ActLogRow {
    pub act_id: EntryId,
    pub order_id: OrderId,
    pub act: &'static str,
    pub by_whom: AuthorKind,
    pub user_id: Option<UserId>,
    pub detail: Option<String>,
    pub create_time: Timestamp,
    /// The facts, as a JSON object; `None` if there are none.
    pub data: Option<String>,
    /// Words of an administrator for the customer.
    pub message: Option<String>,
}

impl ActLogRow {
    /// Creates a log row without facts. `detail` is cut to 200 characters.
    pub fn new(owner: &Order, order_id: OrderId, act: What, author: Author, detail: Option<String>) -> Self {
        let (by_whom, user_id) = match author {
            Author::Shop => (AuthorKind::Shop, None),
            Author::Customer(user_id) => (AuthorKind::Customer, Some(user_id)),
            Author::Admin(user_id) => (AuthorKind::Admin, Some(user_id)),
        };
        let context = &owner.context;
        let detail = detail.map(|text| text.chars().take(200).collect());
        let (act_id, create_time) = (context.ids.next(), context.clock.now());
        Self { act_id, order_id, act: act.word(), by_whom, user_id, detail, create_time, data: None, message: None }
    }

    /// The same row, with words for the customer.
    pub fn with_message(self, message: Option<&CustomerMessage>) -> Self {
        Self { message: message.cloned().map(CustomerMessage::into_inner), ..self }
    }

    /// The same row, with the facts of a JSON object.
    pub fn with(self, data: &serde_json::Value) -> Self {
        Self { data: Some(data.to_string()), ..self }
    }
}

impl Entry for ActLogRow {
    const LEDGER: &'static str = "order_act";

    fn write(&self, line: &mut ledger::Line<'_>) {
        line.integer(self.act_id.get()).integer(self.order_id.get()).text(self.act).integer(self.by_whom.number());
        line.optional(self.user_id.map(UserId::get)).optional_text(self.detail.as_deref()).integer(self.create_time.0);
    }
}

/// Inserts rows of `order_act`.
pub fn insert_act_log(db: &mut Db, rows: &[ActLogRow]) -> db::Result<()> {
    ledger::record(db, rows);
    insert_all!(db, order_act::table, rows)
}
