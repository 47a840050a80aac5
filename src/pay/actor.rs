//! The actor of Pay and its consumer of messages from other owners.

use super::Pay;
use super::store;
use crate::actor::OwnerActor;
use crate::db::{self, Db};
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of Pay.
pub type Actor = OwnerActor<Pay>;

impl Consumer for Pay {
    fn consume(&self, messages: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
        store::consume(self, messages, db)
    }
}
