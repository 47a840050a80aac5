//! From Goods's mailbox to its tables.

use super::error::{AdjustRefusal, Refusal};
use super::message::{self, Adjust, Change, Create, Find, List, Reserve, Story};
use super::{Goods, store, story};
use crate::actor::{Access, Door, OwnerActor, Task};
use crate::db::{Db, Result as DbResult};
use crate::domain::event::Event;
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of Goods.
pub type Actor = OwnerActor<Goods>;

impl Task<Goods> for List {
    type Outcome = Vec<message::Goods>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::list(owner, batch, db)
    }
}

impl Task<Goods> for Find {
    type Outcome = Vec<message::Goods>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::find(owner, batch, db)
    }
}

impl Task<Goods> for Reserve {
    type Outcome = Result<(), Refusal>;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::reserve(owner, batch, db)
    }
}

impl Task<Goods> for Create {
    type Outcome = message::Goods;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::create(owner, batch, db)
    }
}

impl Task<Goods> for Change {
    type Outcome = Option<message::Goods>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::change(owner, batch, db)
    }
}

impl Task<Goods> for Adjust {
    type Outcome = Result<message::Goods, AdjustRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::adjust(owner, batch, db)
    }
}

impl Task<Goods> for Story {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        story::story(owner, batch, db)
    }
}

impl Consumer for Goods {
    fn consume(&self, fresh: &[&Message], db: &mut Db) -> DbResult<Vec<Result<(), String>>> {
        store::consume(self, fresh, db)
    }
}
