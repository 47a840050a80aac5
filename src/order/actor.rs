//! The actor of Order and its consumer of messages from other owners.

use super::Order;
use super::store;
use crate::actor::OwnerActor;
use crate::db::{self, Db};
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of Order.
pub type Actor = OwnerActor<Order>;

impl Consumer for Order {
    fn consume(&self, messages: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
        store::consume(self, messages, db)
    }
}
