//! Fault injection at named points. Compiled in only with the cargo feature `faults`; otherwise a point is a no-op.
//!
//! An owner has four points: `handle` (in the actor), `apply` (before a batch runs), `before_commit` and `after_commit`
//! (before the replies are sent). A gateway to the sandbox platform has two, under its own name: `call` (before the
//! platform is called) and `answer` (before its answer is used). Each application has its own registry, so that tests can
//! run in parallel.

use crate::db;

/// The faults planned for one application.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    #[cfg(feature = "faults")]
    plan: std::sync::Arc<parking_lot::Mutex<std::collections::HashMap<String, planned::Plan>>>,
    /// Whether any plan exists. Lets [`Faults::hit`] skip the lock when there is none.
    #[cfg(feature = "faults")]
    has_plans: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Faults {
    /// Marks the point `point` of `actor`. Without the feature `faults` it does nothing.
    ///
    /// # Errors
    /// None in this build; with the feature `faults`, the planned error.
    #[cfg(not(feature = "faults"))]
    #[inline]
    pub const fn hit(&self, _actor: &str, _point: &str) -> db::Result<()> {
        Ok(())
    }

    /// Whether a fault is planned at the point `point` of `actor`. Without the feature `faults`, none is.
    #[cfg(not(feature = "faults"))]
    #[must_use]
    #[inline]
    pub const fn has(&self, _actor: &str, _point: &str) -> bool {
        false
    }

    /// Like [`Faults::hit`].
    ///
    /// # Errors
    /// None in this build; with the feature `faults`, the planned error.
    #[cfg(not(feature = "faults"))]
    #[inline]
    pub async fn hit_async(&self, _actor: &str, _point: &str) -> db::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "faults")]
mod planned {
    use std::sync::atomic::Ordering::SeqCst;
    use std::time::Duration;

    use super::{Faults, db};

    /// The effect of a fault.
    #[derive(Debug, Clone, Copy)]
    pub enum Fault {
        /// A panic.
        Panic,
        /// A database error whose outcome is unknown.
        Error,
        /// The process aborts at once, as with `kill -9`.
        Kill,
        /// The thread sleeps for this duration, to simulate a slow disk.
        Delay(Duration),
    }

    /// A fault planned at one point.
    #[derive(Debug, Clone, Copy)]
    pub struct Plan {
        fault: Fault,
        /// Hits still to pass before the fault is injected.
        skip: u32,
        /// Number of hits at which the fault is injected.
        times: u32,
        /// Number of times the fault was injected so far.
        fired: u32,
    }

    impl Faults {
        /// Plans `fault` at `point` (for example `goods.apply`): the first `skip` hits pass, the next `times` hits
        /// inject it. Replaces an earlier plan of the same point.
        pub fn plan(&self, point: &str, fault: Fault, skip: u32, times: u32) {
            let plan = Plan { fault, skip, times, fired: 0 };
            self.plan.lock().insert(point.to_owned(), plan);
            self.has_plans.store(true, SeqCst);
        }

        /// Number of times the fault at `point` was injected since it was planned; 0 if none is planned.
        #[must_use]
        pub fn fired(&self, point: &str) -> u32 {
            self.plan.lock().get(point).map_or(0, |plan| plan.fired)
        }

        /// Whether a fault is planned at the point `point` of `actor`, even if it was injected already.
        #[must_use]
        pub fn has(&self, actor: &str, point: &str) -> bool {
            self.has_plans.load(SeqCst) && self.plan.lock().contains_key(&format!("{actor}.{point}"))
        }

        /// Parses plans of the form `point=kind@skip,point=kind@skip`. The kinds are `panic`, `error` and `kill`. Each
        /// fault is injected once.
        ///
        /// # Errors
        /// A message that names the first part that cannot be parsed.
        pub fn parse(text: &str) -> Result<Self, String> {
            let faults = Self::default();
            for part in text.split(',').filter(|part| !part.is_empty()) {
                let invalid = || format!("TRADEPOST_FAULTS: {part:?} is not point=kind@skip");
                let (point, rest) = part.split_once('=').ok_or_else(invalid)?;
                let (kind, skip) = rest.split_once('@').ok_or_else(invalid)?;
                let fault = match kind {
                    "panic" => Fault::Panic,
                    "error" => Fault::Error,
                    "kill" => Fault::Kill,
                    _ => return Err(invalid()),
                };
                faults.plan(point, fault, skip.parse().map_err(|_| invalid())?, 1);
            }
            Ok(faults)
        }

        /// Marks the point `point` of `actor` and injects the fault planned there, if it is due.
        ///
        /// # Errors
        /// The planned error.
        pub fn hit(&self, actor: &str, point: &str) -> db::Result<()> {
            self.take(actor, point).map_or(Ok(()), |fault| inject(fault, actor, point))
        }

        /// Like [`Faults::hit`], for a task that must not block its thread: a delay suspends the task.
        ///
        /// # Errors
        /// The planned error.
        pub async fn hit_async(&self, actor: &str, point: &str) -> db::Result<()> {
            match self.take(actor, point) {
                Some(Fault::Delay(duration)) => {
                    tokio::time::sleep(duration).await;
                    Ok(())
                }
                Some(fault) => inject(fault, actor, point),
                None => Ok(()),
            }
        }

        /// Counts a hit of a point; returns the fault to inject.
        fn take(&self, actor: &str, point: &str) -> Option<Fault> {
            if !self.has_plans.load(SeqCst) {
                return None;
            }
            let mut plans = self.plan.lock();
            let plan = plans.get_mut(&format!("{actor}.{point}"))?;
            if plan.skip > 0 {
                plan.skip -= 1;
                return None;
            }
            if plan.fired == plan.times {
                return None;
            }
            plan.fired += 1;
            Some(plan.fault)
        }
    }

    #[expect(clippy::panic, reason = "the planned fault is a panic")]
    fn inject(fault: Fault, actor: &str, point: &str) -> db::Result<()> {
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
