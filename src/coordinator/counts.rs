//! Numbers of placed orders and of sagas that ended, since the start of the process.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use strum::VariantArray;

use super::message::{PlaceOrderResult, Placed};
use crate::actor::{Failure, Reply};
use crate::domain::refusal::Refusal;

/// The numbers. The coordinator counts, and operators read.
#[derive(Debug, Default)]
pub struct Counts {
    confirmed: AtomicU64,
    refused: AtomicU64,
    accepted: AtomicU64,
    replayed: AtomicU64,
    key_conflict: AtomicU64,
    busy: AtomicU64,
    unknown: AtomicU64,
    sagas_confirmed: AtomicU64,
    sagas_refused: AtomicU64,
    sagas_interrupted: AtomicU64,
    /// One number per refusal, in the order of its variants.
    refusals: [AtomicU64; Refusal::VARIANTS.len()],
}

impl Counts {
    /// Counts the reply to a request for an order.
    pub fn record_reply(&self, reply: &Reply<Placed>) {
        let counter = match reply {
            Ok(Placed { is_replay: true, .. }) => &self.replayed,
            Ok(Placed { result: PlaceOrderResult::Confirmed(_), .. }) => &self.confirmed,
            Ok(Placed { result: PlaceOrderResult::Refused(refused, _), .. }) => {
                let of_refusal = Refusal::VARIANTS.iter().zip(&self.refusals);
                let found = of_refusal.filter(|(refusal, _)| **refusal == refused.refusal);
                for (_, number) in found {
                    number.fetch_add(1, Relaxed);
                }
                &self.refused
            }
            Ok(Placed { result: PlaceOrderResult::Accepted(_), .. }) => &self.accepted,
            Ok(Placed { result: PlaceOrderResult::KeyReused | PlaceOrderResult::KeyInUse, .. }) => &self.key_conflict,
            Err(Failure::Busy) => &self.busy,
            Err(Failure::Unknown | Failure::Poison) => &self.unknown,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Counts the end of a saga; `None` if it was interrupted and will be resumed.
    pub fn record_saga(&self, result: Option<&PlaceOrderResult>) {
        let counter = match result {
            Some(PlaceOrderResult::Confirmed(_)) => &self.sagas_confirmed,
            Some(_) => &self.sagas_refused,
            None => &self.sagas_interrupted,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Numbers of requests for an order, each with the name of its outcome.
    #[must_use]
    pub fn orders(&self) -> [(&'static str, u64); 7] {
        [
            ("confirmed", self.confirmed.load(Relaxed)),
            ("refused", self.refused.load(Relaxed)),
            ("accepted", self.accepted.load(Relaxed)),
            ("replayed", self.replayed.load(Relaxed)),
            ("key_conflict", self.key_conflict.load(Relaxed)),
            ("busy", self.busy.load(Relaxed)),
            ("unknown", self.unknown.load(Relaxed)),
        ]
    }

    /// Numbers of sagas that ended, each with the name of its outcome.
    #[must_use]
    pub fn sagas(&self) -> [(&'static str, u64); 3] {
        [
            ("confirmed", self.sagas_confirmed.load(Relaxed)),
            ("refused", self.sagas_refused.load(Relaxed)),
            ("interrupted", self.sagas_interrupted.load(Relaxed)),
        ]
    }

    /// Numbers of refused orders, each with the code of its refusal.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let numbers = Refusal::VARIANTS.iter().zip(&self.refusals);
        numbers.map(|(refusal, number)| (refusal.code(), number.load(Relaxed)))
    }
}
