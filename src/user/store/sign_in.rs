//! Counts failed sign-ins, and decides when the next attempt is allowed. The rows survive a restart.
//!
//! Failures are counted per name and address, and per name for all addresses together. An address from which the user has
//! signed in before is bound by its own failures only, so that other people cannot lock the user out, however many they are.

use std::net::IpAddr;
use std::time::Duration;

use diesel::prelude::*;

use super::registration;
use crate::actor::{Access, Task};
use crate::db::schema::sign_in;
use crate::db::{self, Db, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::user::User;
use crate::user::message::session::{Attempt, AttemptEnd, BeginSignIn, EndSignIn};

/// Attempts from one address that may fail without a delay. An attempt counts from its beginning, so this is also how many
/// may be under way at once.
const FREE_OF_SOURCE: i32 = 10;
/// Attempts from all addresses together that may fail without a delay.
const FREE_OF_ALL: i32 = 50;
/// The first delay. Each further failure doubles it.
const DELAY_MIN: Duration = Duration::from_secs(1);
const DELAY_MAX: Duration = Duration::from_secs(15 * 60);
/// Failures are forgotten after this time without another one.
const FORGET_AFTER: Duration = Duration::from_secs(3600);
/// How long an address is remembered from which the user has signed in.
const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// The source of the row that counts the failures from all addresses.
const ALL: &str = "*";

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = sign_in, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    name_key: String,
    source: String,
    failures: i32,
    wait_until: Timestamp,
    success_time: Option<Timestamp>,
    expire_time: Timestamp,
}

impl Row {
    fn count_failure(&mut self, free: i32, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.wait_until = now.plus(delay(self.failures, free));
        self.expire_time = self.expire_time.max(now.plus(FORGET_AFTER));
    }

    /// The count without one failure, which was none.
    fn uncount(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_sub(1).max(0);
        self.wait_until = now;
    }
}

/// The delay after so many failures of which `free` are free of a delay.
fn delay(failures: i32, free: i32) -> Duration {
    match u32::try_from(failures - free) {
        Ok(beyond) => DELAY_MIN.saturating_mul(2_u32.saturating_pow(beyond)).min(DELAY_MAX),
        Err(_) => Duration::ZERO,
    }
}

/// The name of a source: the address, or of IPv6 the network of 64 bits that a customer has.
fn source_name(source: Option<IpAddr>) -> String {
    match source.map(|address| address.to_canonical()) {
        None => "-".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Locks the row of a name and source, or makes a new one. The flag says whether it is stored. Failures that are forgotten
/// are not in it.
fn lock(db: &mut Db, name_key: &str, source: &str, now: Timestamp) -> db::Result<(Row, bool)> {
    let row = sign_in::table.find((name_key, source));
    let stored: Option<Row> = with_conn!(db, for_update(row).get_result(db)).optional()?;
    let is_stored = stored.is_some();
    let mut row = stored.unwrap_or_else(|| Row {
        name_key: name_key.to_owned(),
        source: source.to_owned(),
        failures: 0,
        wait_until: now,
        success_time: None,
        expire_time: now,
    });
    // A clock that was ahead when the row was written binds no user for longer than the delay itself.
    let free = if source == ALL { FREE_OF_ALL } else { FREE_OF_SOURCE };
    row.wait_until = row.wait_until.min(now.plus(delay(row.failures, free)));
    if now.since(row.wait_until) >= FORGET_AFTER {
        row.failures = 0;
    }
    if row.success_time.is_some_and(|success| now.since(success) >= KNOWN_FOR) {
        row.success_time = None;
    }
    Ok((row, is_stored))
}

fn save(db: &mut Db, row: &Row, is_stored: bool) -> db::Result<()> {
    if is_stored {
        let stored = sign_in::table.find((&row.name_key, &row.source));
        with_conn!(db, diesel::update(stored).set(row).execute(db))?;
    } else {
        with_conn!(db, diesel::insert_into(sign_in::table).values(row).execute(db))?;
    }
    Ok(())
}

/// Counts attempts, and deletes rows of the past.
impl Task<User> for BeginSignIn {
    type Outcome = Attempt;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Attempt>> {
        let now = owner.context.clock.now();
        with_conn!(db, diesel::delete(sign_in::table.filter(sign_in::expire_time.lt(now))).execute(db))?;
        let begin = |task: &Self| {
            let key = task.user_name.key();
            let (mut all, all_is_stored) = lock(db, &key, ALL, now)?;
            let (mut own, own_is_stored) = lock(db, &key, &source_name(task.source), now)?;
            let is_known = own.success_time.is_some();
            let wait_until = if is_known { own.wait_until } else { own.wait_until.max(all.wait_until) };
            if wait_until > now {
                return Ok(Attempt::Refused(wait_until));
            }
            own.count_failure(FREE_OF_SOURCE, now);
            save(db, &own, own_is_stored)?;
            if !is_known {
                all.count_failure(FREE_OF_ALL, now);
                save(db, &all, all_is_stored)?;
            }
            Ok(Attempt::Allowed(registration::find(db, &task.user_name)?))
        };
        batch.iter().map(begin).collect()
    }
}

/// Takes back the counts of attempts that did not fail.
impl Task<User> for EndSignIn {
    type Outcome = ();
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let now = owner.context.clock.now();
        let end = |task: &Self| {
            let key = task.user_name.key();
            let (mut all, all_is_stored) = lock(db, &key, ALL, now)?;
            let (mut own, own_is_stored) = lock(db, &key, &source_name(task.source), now)?;
            if own.success_time.is_none() && all_is_stored {
                all.uncount(now);
                save(db, &all, true)?;
            }
            match task.end {
                AttemptEnd::NotVerified => own.uncount(now),
                AttemptEnd::Succeeded => {
                    (own.failures, own.wait_until, own.success_time) = (0, now, Some(now));
                    own.expire_time = now.plus(KNOWN_FOR);
                }
            }
            save(db, &own, own_is_stored)
        };
        batch.iter().map(end).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_begins_after_the_free_attempts_and_doubles_up_to_a_limit() {
        let seconds: Vec<u64> = (9..=25).map(|failures| delay(failures, FREE_OF_SOURCE).as_secs()).collect();
        assert_eq!(seconds[..5], [0, 1, 2, 4, 8]);
        assert_eq!(seconds[16], 900, "{seconds:?}");
        assert_eq!(delay(i32::MAX, FREE_OF_ALL), DELAY_MAX);
    }

    #[test]
    fn the_addresses_of_one_ipv6_customer_are_one_source() {
        let name = |address: &str| source_name(address.parse().ok());
        assert_eq!(name("2001:db8:1:2:3::4"), name("2001:db8:1:2::ffff"));
        assert_ne!(name("2001:db8:1:2::1"), name("2001:db8:1:3::1"));
        assert_eq!((name("::ffff:192.0.2.1").as_str(), source_name(None).as_str()), ("192.0.2.1", "-"));
    }
}
