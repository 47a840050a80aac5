//! The messages about turns: one request at a time creates a payment at its platform.

use std::time::Duration;

use actix::Message;

use super::Payment;
use crate::actor::Reply;
use crate::domain::id::PayId;

/// How long a turn lasts if it is not ended: longer than a call to a platform with all of its waits.
pub const START_LEASE: Duration = Duration::from_secs(30);

/// Asks for the turn to create the payment at its platform. One request at a time has it, on all nodes together. It ends
/// with [`EndTurn`], with the checkout that is stored, or after [`START_LEASE`].
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Turn>")]
pub struct TakeTurn(pub PayId);

/// The outcome of [`TakeTurn`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// The request has the turn.
    Taken,
    /// Another request has it.
    OfAnother,
    /// There is nothing to create: the payment has its checkout, or is no longer open.
    Over(Box<Payment>),
}

/// Ends the turn of the payment without a checkout.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct EndTurn(pub PayId);

/// Ends the turns of an earlier run of this node, whose requests ended with it.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct EndTurnsOfEarlierRun;
