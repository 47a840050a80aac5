//! From the platform's mailbox to its tables.

use super::Sandbox;
use super::error::{OpenRefusal, RefundRefusal, Refusal};
use super::message::{Charged, Close, Decline, Find, FindRefund, Open, Pay, Record, Refund, Statement};
use super::store::{refund, trade};
use super::trade::Trade;
use crate::actor::{Access, Door, OwnerActor, Task};
use crate::db::{Db, Result as DbResult};
use crate::domain::money::Money;

/// The supervised actor of the platform.
pub type Actor = OwnerActor<Sandbox>;

impl Task<Sandbox> for Open {
    type Outcome = Result<Trade, OpenRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        trade::open(owner, batch, db)
    }
}

impl Task<Sandbox> for Find {
    type Outcome = Option<Trade>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        trade::find(batch, db)
    }
}

impl Task<Sandbox> for Pay {
    type Outcome = Result<Trade, Refusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        trade::pay(owner, batch, db)
    }
}

impl Task<Sandbox> for Decline {
    type Outcome = Result<Trade, Refusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        trade::decline(owner, batch, db)
    }
}

impl Task<Sandbox> for Close {
    type Outcome = Result<Trade, Refusal>;
    const ACCESS: Access = Access::Write;

    fn run(_: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        trade::close(batch, db)
    }
}

impl Task<Sandbox> for Record {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<()>> {
        trade::record(owner, batch, db)
    }
}

impl Task<Sandbox> for Refund {
    type Outcome = Result<Trade, RefundRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        refund::refund(owner, batch, db)
    }
}

impl Task<Sandbox> for FindRefund {
    type Outcome = Option<Money>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        refund::find(batch, db)
    }
}

impl Task<Sandbox> for Statement {
    type Outcome = Vec<Charged>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        refund::statement(batch, db)
    }
}
