//! Single sessions that were ended, and the list of all that was ended.

use diesel::prelude::*;

use super::account;
use crate::actor::{Access, Task};
use crate::db::schema::{ended_session, users};
use crate::db::{self, Db, with_conn};
use crate::user::User;
use crate::user::message::session::{EndSession, Ended, ListEnded};

/// Inserts ended sessions, and deletes those whose tokens have expired.
impl Task<User> for EndSession {
    type Outcome = ();
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let now = owner.context.clock.now();
        let expired = ended_session::table.filter(ended_session::expire_time.lt(now));
        with_conn!(db, diesel::delete(expired).execute(db))?;
        let end = |task: &Self| {
            let same = ended_session::table.find(&task.session).count();
            if with_conn!(db, same.get_result::<i64>(db))? == 0 {
                let row = (
                    ended_session::session_hash.eq(&task.session),
                    ended_session::user_id.eq(task.user_id),
                    ended_session::end_time.eq(now),
                    ended_session::expire_time.eq(task.expire_time),
                );
                with_conn!(db, diesel::insert_into(ended_session::table).values(row).execute(db))?;
            }
            Ok(())
        };
        batch.iter().map(end).collect()
    }
}

/// Lists what was ended.
impl Task<User> for ListEnded {
    type Outcome = Ended;
    const ACCESS: Access = Access::Read;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Ended>> {
        let now = owner.context.clock.now();
        let list = |task: &Self| {
            let changed = users::table.filter(users::token_epoch.ge(task.accounts_since)).select(account::STATE);
            let accounts = with_conn!(db, changed.load(db))?;
            let ended = ended_session::end_time.ge(task.sessions_since).and(ended_session::expire_time.ge(now));
            let ended = ended_session::table.filter(ended);
            let ended = ended.select((ended_session::session_hash, ended_session::expire_time));
            Ok(Ended { accounts, sessions: with_conn!(db, ended.load(db))? })
        };
        batch.iter().map(list).collect()
    }
}
