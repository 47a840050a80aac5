//! From Pay's mailbox to its tables.

use super::error::Rejected;
use super::message::{
    Account, Close, CountUnsettled, DueRefund, EndRefund, Find, FindAccounts, FindAny, FindRequest, ListAll, LiveOf,
    Notices, Notify, Open, PaidAccounts, Parked, Payment, Prior, SetCheckout, Story, TakeAsks, TakeRefunds, Unfinished,
    Unsettled,
};
use super::{Pay, account, ask, listing, notice, refund, store};
use crate::actor::{Access, Door, OwnerActor, Task};
use crate::db::{Db, Result as DbResult};
use crate::domain::event::Event;
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of Pay.
pub type Actor = OwnerActor<Pay>;

impl Task<Pay> for FindRequest {
    type Outcome = Option<Prior>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::find_request(owner, batch, db)
    }
}

impl Task<Pay> for Open {
    type Outcome = Prior;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::open(owner, batch, db)
    }
}

impl Task<Pay> for SetCheckout {
    type Outcome = Option<Payment>;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::set_checkout(owner, batch, db)
    }
}

impl Task<Pay> for Find {
    type Outcome = Option<Payment>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::find(owner, batch, db)
    }
}

impl Task<Pay> for CountUnsettled {
    type Outcome = Unsettled;
    const ACCESS: Access = Access::Read;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::count_unsettled(owner, batch, db)
    }
}

impl Task<Pay> for Notify {
    type Outcome = Result<(), Rejected>;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        notice::notify(owner, batch, db)
    }
}

impl Task<Pay> for TakeAsks {
    type Outcome = Vec<Payment>;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        ask::take(owner, batch, db)
    }
}

impl Task<Pay> for LiveOf {
    type Outcome = Vec<Payment>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        ask::live_of(batch, db)
    }
}

impl Task<Pay> for FindAny {
    type Outcome = Option<Unfinished>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        ask::find_any(batch, db)
    }
}

impl Task<Pay> for Close {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        notice::close(owner, batch, db)
    }
}

impl Task<Pay> for TakeRefunds {
    type Outcome = Vec<DueRefund>;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        refund::take(owner, batch, db)
    }
}

impl Task<Pay> for EndRefund {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        refund::end(owner, batch, db)
    }
}

impl Task<Pay> for ListAll {
    type Outcome = Vec<Payment>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::list_all(owner, batch, db)
    }
}

impl Task<Pay> for Notices {
    type Outcome = Vec<Parked>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::notices(owner, batch, db)
    }
}

impl Task<Pay> for Story {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::story(owner, batch, db)
    }
}

impl Task<Pay> for FindAccounts {
    type Outcome = Vec<Account>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        account::find(owner, batch, db)
    }
}

impl Task<Pay> for PaidAccounts {
    type Outcome = Vec<Account>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        account::paid(owner, batch, db)
    }
}

impl Consumer for Pay {
    fn consume(&self, fresh: &[&Message], db: &mut Db) -> DbResult<Vec<Result<(), String>>> {
        store::consume(self, fresh, db)
    }
}
