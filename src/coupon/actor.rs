//! The actor of Coupon and its consumer of messages from other owners.

use super::Coupon;
use super::store;
use crate::actor::OwnerActor;
use crate::db::{self, Db};
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of Coupon.
pub type Actor = OwnerActor<Coupon>;

impl Consumer for Coupon {
    fn consume(&self, messages: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
        store::consume(self, messages, db)
    }
}
