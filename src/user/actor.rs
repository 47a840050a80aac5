//! The actor of User and its consumer of messages from other owners.

use super::User;
use super::store;
use crate::actor::OwnerActor;
use crate::db::{self, Db};
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of User.
pub type Actor = OwnerActor<User>;

impl Consumer for User {
    fn consume(&self, messages: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
        store::consume(self, messages, db)
    }
}
