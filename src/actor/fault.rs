//! Named points where a fault may be injected: only with the cargo feature `faults`, else nothing is there.
//!
//! The points of an owner: `handle` (in the actor), `apply` (before each task batch runs), `before_commit`,
//! `after_commit` (before the replies leave). One registry per application, so that tests run side by side.

use crate::db;

/// The faults planned for one application.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    #[cfg(feature = "faults")]
    plan: std::sync::Arc<parking_lot::Mutex<std::collections::HashMap<String, planned::Plan>>>,
    /// Whether there is any plan: without one, a hit costs no lock.
    #[cfg(feature = "faults")]
    any: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Faults {
    /// Reaches the point `point` of `actor`: does what is planned there, which is nothing in a release build.
    ///
    /// # Errors
    /// The planned error.
    #[cfg(not(feature = "faults"))]
    #[inline]
    pub const fn hit(&self, _actor: &str, _point: &str) -> db::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "faults")]
mod planned {
    use std::sync::atomic::Ordering::SeqCst;
    use std::time::Duration;

    use super::{Faults, db};

    /// What happens at a point.
    #[derive(Debug, Clone, Copy)]
    pub enum Fault {
        /// A panic.
        Panic,
        /// A database error of unknown outcome.
        Error,
        /// The process dies at once, as with `kill -9`.
        Kill,
        /// The thread sleeps: a slow disk.
        Delay(Duration),
    }

    /// A fault, how many hits pass before it, and how many times it strikes.
    #[derive(Debug, Clone, Copy)]
    pub struct Plan {
        fault: Fault,
        skip: u32,
        times: u32,
        struck: u32,
    }

    impl Faults {
        /// Plans `fault` at `point` (for example `goods.apply`), `times` times, after `skip` hits.
        pub fn plan(&self, point: &str, fault: Fault, skip: u32, times: u32) {
            let plan = Plan { fault, skip, times, struck: 0 };
            self.plan.lock().insert(point.to_owned(), plan);
            self.any.store(true, SeqCst);
        }

        /// How often the point struck since it was planned.
        #[must_use]
        pub fn struck(&self, point: &str) -> u32 {
            self.plan.lock().get(point).map_or(0, |plan| plan.struck)
        }

        /// Reads plans as `point=kind@skip,point=kind@skip`, the kinds being `panic`, `error`, `kill`; each strikes once.
        ///
        /// # Errors
        /// The part that cannot be read.
        pub fn parse(text: &str) -> Result<Self, String> {
            let faults = Self::default();
            for part in text.split(',').filter(|part| !part.is_empty()) {
                let bad = || format!("TRADEPOST_FAULTS: {part:?} is not point=kind@skip");
                let (point, rest) = part.split_once('=').ok_or_else(bad)?;
                let (kind, skip) = rest.split_once('@').ok_or_else(bad)?;
                let fault = match kind {
                    "panic" => Fault::Panic,
                    "error" => Fault::Error,
                    "kill" => Fault::Kill,
                    _ => return Err(bad()),
                };
                faults.plan(point, fault, skip.parse().map_err(|_| bad())?, 1);
            }
            Ok(faults)
        }

        /// Reaches the point `point` of `actor`: does what is planned there.
        ///
        /// # Errors
        /// The planned error.
        pub fn hit(&self, actor: &str, point: &str) -> db::Result<()> {
            if !self.any.load(SeqCst) {
                return Ok(());
            }
            let due = {
                let mut plans = self.plan.lock();
                let Some(plan) = plans.get_mut(&format!("{actor}.{point}")) else { return Ok(()) };
                if plan.skip > 0 {
                    plan.skip -= 1;
                    return Ok(());
                }
                if plan.struck == plan.times {
                    return Ok(());
                }
                plan.struck += 1;
                plan.fault
            };
            strike(due, actor, point)
        }
    }

    #[expect(clippy::panic, reason = "that is what was asked for")]
    fn strike(fault: Fault, actor: &str, point: &str) -> db::Result<()> {
        match fault {
            Fault::Panic => panic!("injected at {actor}.{point}"),
            Fault::Error => Err(db::Error::unreachable(format!("injected at {actor}.{point}"))),
            Fault::Kill => std::process::abort(),
            Fault::Delay(duration) => {
                std::thread::sleep(duration);
                Ok(())
            }
        }
    }
}

#[cfg(feature = "faults")]
pub use planned::{Fault, Plan};
