//! What Settlement can be asked.

use actix::Message;

use crate::actor::Reply;
use crate::domain::id::{OrderId, PayId};
use crate::domain::text::Reason;
use crate::order::error::ActRefusal;
use crate::order::message::{By, Order};
use crate::pay::message::Payment;

/// Gives up an order that is not paid: its open payments are closed at their platforms first. Where one of them turns out
/// to be paid, the order is paid, and not given up. No outcome where a platform does not answer.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Order, ActRefusal>>")]
pub struct Cancel {
    /// Which.
    pub order_id: OrderId,
    /// Who says so.
    pub by: By,
    /// Why.
    pub reason: Option<Reason>,
}

/// Asks the platform now how a payment stands, and its refunds; answers the payment after that. No outcome where the
/// platform does not answer.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct Query {
    /// Which.
    pub pay_id: PayId,
}

/// Does what is due now; answers how much that was. Zero: nothing is left to do until time passes or a request comes.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct Sweep;
