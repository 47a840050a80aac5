//! Measures the database's clock.

use std::time::{Duration, Instant};

use crate::db::query::time::database_time;
use crate::db::{self, Db};
use crate::domain::clock::{Clock, Timestamp};

/// Uncertainty of a measurement besides the round trip: the resolution of the database's clock, and the scheduler.
const ERROR: Duration = Duration::from_millis(5);

/// Reads the database's clock and makes `clock` follow it. The reading is taken to be from the middle of the round trip.
/// Returns the database's time.
///
/// # Errors
/// The database does not answer.
pub fn measure(db: &mut Db, clock: &Clock) -> db::Result<Timestamp> {
    let sent = Instant::now();
    let time = database_time(db)?;
    let half = sent.elapsed() / 2;
    clock.follow(time, sent + half, half + ERROR);
    Ok(time)
}
