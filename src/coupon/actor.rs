//! From Coupon's mailbox to its tables.

use super::error::Refusal;
use super::message::{self, Bind, Create, Find, List, Story};
use super::{Coupon, listing, store};
use crate::actor::{Access, Door, OwnerActor, Task};
use crate::db::{Db, Result as DbResult};
use crate::domain::event::Event;
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of Coupon.
pub type Actor = OwnerActor<Coupon>;

impl Task<Coupon> for Find {
    type Outcome = Option<message::Coupon>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Coupon, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::find(owner, batch, db)
    }
}

impl Task<Coupon> for Bind {
    type Outcome = Result<(), Refusal>;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Coupon, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::bind(owner, batch, db)
    }
}

impl Task<Coupon> for Create {
    type Outcome = message::Coupon;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Coupon, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::create(owner, batch, db)
    }
}

impl Task<Coupon> for List {
    type Outcome = Vec<message::Coupon>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Coupon, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::list(owner, batch, db)
    }
}

impl Task<Coupon> for Story {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Coupon, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::story(owner, batch, db)
    }
}

impl Consumer for Coupon {
    fn consume(&self, fresh: &[&Message], db: &mut Db) -> DbResult<Vec<Result<(), String>>> {
        store::consume(self, fresh, db)
    }
}
