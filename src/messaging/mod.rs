//! Messages between owners: written to the producer's outbox in the transaction of a change, carried by the relay, taken
//! into the consumer's inbox in the transaction of their effect.

pub mod contract;
pub mod inbox;
pub mod outbox;
pub mod relay;
