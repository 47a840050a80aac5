//! From Pay's mailbox to its tables.

use super::error::Rejected;
use super::message::{CountOpen, Find, FindRequest, Notify, Open, Payment, Prior, SetCheckout};
use super::{Pay, notice, store};
use crate::db::{Db, Result as DbResult};
use crate::runtime::inbox::Consumer;
use crate::runtime::outbox::Message;
use crate::runtime::{Access, Door, OwnerActor, Task};

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

impl Task<Pay> for CountOpen {
    type Outcome = i64;
    const ACCESS: Access = Access::Read;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::count_open(owner, batch, db)
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

impl Consumer for Pay {
    fn consume(&self, fresh: &[&Message], db: &mut Db) -> DbResult<Vec<Result<(), String>>> {
        store::consume(self, fresh, db)
    }
}
