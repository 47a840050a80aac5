//! From User's mailbox to its tables.

use super::error::{AdjustRefusal, NameTaken, Refusal};
use super::message::{
    self, Adjust, Find, FindCredential, List, MoneyEntry, MoneyLog, Register, ScoreEntry, ScoreLog, SetPassword, Story,
    Take,
};
use super::{User, listing, store};
use crate::actor::{Access, Door, OwnerActor, Task};
use crate::db::{Db, Result as DbResult};
use crate::domain::event::Event;
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Message;

/// The supervised actor of User.
pub type Actor = OwnerActor<User>;

impl Task<User> for Register {
    type Outcome = Result<message::User, NameTaken>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::register(owner, batch, db)
    }
}

impl Task<User> for SetPassword {
    type Outcome = bool;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::set_password(owner, batch, db)
    }
}

impl Task<User> for FindCredential {
    type Outcome = Option<message::Credential>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::find_credential(owner, batch, db)
    }
}

impl Task<User> for Find {
    type Outcome = Option<message::User>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::find(owner, batch, db)
    }
}

impl Task<User> for Take {
    type Outcome = Result<(), Refusal>;
    const ACCESS: Access = Access::Write;
    const DOOR: Door = Door::Reserved;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::take(owner, batch, db)
    }
}

impl Task<User> for Adjust {
    type Outcome = Result<message::User, AdjustRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        store::adjust(owner, batch, db)
    }
}

impl Task<User> for List {
    type Outcome = Vec<message::User>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::list(owner, batch, db)
    }
}

impl Task<User> for MoneyLog {
    type Outcome = Vec<MoneyEntry>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::money_log(owner, batch, db)
    }
}

impl Task<User> for ScoreLog {
    type Outcome = Vec<ScoreEntry>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::score_log(owner, batch, db)
    }
}

impl Task<User> for Story {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> DbResult<Vec<Self::Outcome>> {
        listing::story(owner, batch, db)
    }
}

impl Consumer for User {
    fn consume(&self, fresh: &[&Message], db: &mut Db) -> DbResult<Vec<Result<(), String>>> {
        store::consume(self, fresh, db)
    }
}
