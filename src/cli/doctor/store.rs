//! Looks at the stores: whether they are reachable, migrated, of one shop and writable, and at their clock.

use std::time::Duration;

use super::finding::Finding;
use crate::app::identity::OPTIONAL;
use crate::app::stores::Stores;
use crate::config::Settings;
use crate::db::Store;
use crate::db::connection::identity::Found;
use crate::db::query::time::database_time;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::time_of;

/// Differences of clocks that are not worth a warning.
const TOLERANCE: Duration = Duration::from_secs(1);

/// The findings about the stores.
pub fn check(settings: &Settings, clock: &Clock) -> Vec<Finding> {
    let stores = match Stores::open(settings) {
        Ok(stores) => stores,
        Err(error) => return vec![Finding::bad(error.key, error.why, "correct the URL of the store")],
    };
    let (mut findings, mut is_new, mut is_readable) = (Vec::new(), true, true);
    for (owner, store, found) in stores.inspect_each() {
        let check = format!("store of {owner}");
        match found {
            Err(error) => {
                is_readable = false;
                findings.push(Finding::bad(check, format!("{}: {error}", store.location()), way_to(store)));
            }
            Ok(Found::Nothing) if owner == OPTIONAL => {}
            Ok(Found::Nothing) => {
                let way_out = "`tradepost serve` or `tradepost migrate` creates them";
                findings.push(Finding::warn(check, format!("{} has no tables yet", store.place()), way_out));
            }
            Ok(_) => {
                is_new = false;
                findings.push(writable(check, store));
            }
        }
    }
    if is_readable && !is_new {
        findings.push(whole(&stores));
        findings.extend(clock_of(&stores, clock));
    }
    findings
}

/// The first thing to try if a store cannot be read.
fn way_to(store: &Store) -> &'static str {
    match store.file() {
        Some(_) => "`tradepost check` says whether the file is damaged",
        None => "start the database server, and compare the address, the user and the password in store.url with it",
    }
}

fn writable(check: String, store: &Store) -> Finding {
    let place = store.place();
    if let Err(error) = store.connect() {
        return Finding::bad(check, format!("{place}: {error}"), way_to(store));
    }
    match store.is_writable() {
        Some(true) => Finding::ok(check, format!("{place} is reachable and writable")),
        None => Finding::ok(check, format!("{place} is reachable; another process is writing")),
        Some(false) => {
            let way_out = "make room on its disk, or end what makes it read-only (its mode, a replica, read_only)";
            Finding::bad(check, format!("{place} does not accept writes"), way_out)
        }
    }
}

/// Whether the stores belong together and have the tables of this release.
fn whole(stores: &Stores) -> Finding {
    let check = "stores";
    match stores.expect_complete() {
        Ok(()) => Finding::ok(check, "belong together and have the tables of this release"),
        Err(error) => match error.why.rsplit_once(": ") {
            Some((detail, way_out)) => Finding::bad(check, detail, way_out),
            None => Finding::bad(check, error.why, "put the stores of one shop there"),
        },
    }
}

/// Compares the clock of this machine with that of the database server or, if the stores are files, with the newest id.
fn clock_of(stores: &Stores, clock: &Clock) -> Option<Finding> {
    let check = "clock";
    let order = &stores.owners.order;
    if order.is_embedded() {
        let newest = time_of(stores.largest_id().ok()??)?;
        let ahead = newest.since(clock.now());
        return Some(if ahead > TOLERANCE {
            let detail = format!("the newest id was made {} s later than now", ahead.as_secs());
            Finding::warn(
                check,
                detail,
                "set the clock of this machine; it was set back, or the data comes from another one",
            )
        } else {
            Finding::ok(check, "is not before the newest id")
        });
    }
    let difference = order.connect().and_then(|mut db| difference(&mut db, clock)).ok()?;
    Some(if difference > TOLERANCE {
        let detail = format!("this machine and the database server differ by {} ms", difference.as_millis());
        Finding::warn(check, detail, "synchronise both (NTP); the server's time counts, the log has this machine's")
    } else {
        Finding::ok(check, format!("differs from the database server's by {} ms", difference.as_millis()))
    })
}

/// The difference between the clocks, less what the question took.
fn difference(db: &mut crate::db::Db, clock: &Clock) -> crate::db::Result<Duration> {
    let before = clock.now();
    let there: Timestamp = database_time(db)?;
    let after = clock.now();
    // At most one of them is not zero.
    Ok(before.since(there).max(there.since(after)))
}
