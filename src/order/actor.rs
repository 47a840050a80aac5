//! From Order's mailbox to its tables.

use super::error::{ActRefusal, PaymentRefusal};
use super::message::{
    self, Cancel, Confirm, CountUnfinished, Do, Ended, Entry, Find, FindAny, Journal, List, ListAll, Payable, PreOrder,
    PreOrdered, StartPayment, Story, TakeExpired, Unfinished,
};
use super::{Order, act, ending, listing, paid, store};
use crate::actor::{Access, Door, OwnerActor, Task};
use crate::db::{Db, Result as DbResult};
use crate::domain::event::Event;
use crate::domain::id::OrderId;
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of Order.
pub type Actor = OwnerActor<Order>;

impl Task<Order> for PreOrder {
    type Outcome = PreOrdered;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::pre_order(owner, batch, db)
    }
}

impl Task<Order> for Find {
    type Outcome = Option<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::find(owner, batch, db)
    }
}

impl Task<Order> for List {
    type Outcome = Vec<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::list(owner, batch, db)
    }
}

impl Task<Order> for Confirm {
    type Outcome = Ended;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        ending::confirm(owner, batch, db)
    }
}

impl Task<Order> for Cancel {
    type Outcome = Ended;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        ending::cancel(owner, batch, db)
    }
}

impl Task<Order> for Unfinished {
    type Outcome = Vec<message::Order>;
    const ACCESS: Access = Access::Read;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::unfinished(owner, batch, db)
    }
}

impl Task<Order> for CountUnfinished {
    type Outcome = i64;
    const ACCESS: Access = Access::Read;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::count_unfinished(owner, batch, db)
    }
}

impl Task<Order> for StartPayment {
    type Outcome = Result<Payable, PaymentRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::start_payment(owner, batch, db)
    }
}

impl Task<Order> for TakeExpired {
    type Outcome = Vec<OrderId>;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::take_expired(owner, batch, db)
    }
}

impl Task<Order> for FindAny {
    type Outcome = Option<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::find_any(owner, batch, db)
    }
}

impl Task<Order> for Do {
    type Outcome = Result<message::Order, ActRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        act::act(owner, batch, db)
    }
}

impl Task<Order> for ListAll {
    type Outcome = Vec<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::list_all(owner, batch, db)
    }
}

impl Task<Order> for Journal {
    type Outcome = Vec<Entry>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::journal(owner, batch, db)
    }
}

impl Task<Order> for Story {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::story(owner, batch, db)
    }
}

impl Consumer for Order {
    fn consume(&self, fresh: &[&Message], db: &mut Db) -> DbResult<Vec<Result<(), String>>> {
        paid::consume(self, fresh, db)
    }
}
