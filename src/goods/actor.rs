//! The actor of Goods and its consumer of messages from other owners.

use super::Goods;
use super::store;
use crate::actor::OwnerActor;
use crate::db::{self, Db};
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of Goods.
pub type Actor = OwnerActor<Goods>;

impl Consumer for Goods {
    fn consume(&self, messages: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
        store::consume(self, messages, db)
    }
}
