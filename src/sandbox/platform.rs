//! A handle to the platform's actor, used by its gateway and its HTTP routes.

use std::sync::Arc;

use super::Sandbox;
use super::error::{OpenRefusal, RefundRefusal, Refusal};
use super::message::{Callbacks, Charged, Close, Decline, Find, FindRefund, Open, Pay, Refund, Statement};
use super::trade::Trade;
use crate::actor::task::ask;
use crate::actor::{OwnerAddr, Reply};
use crate::domain::money::Money;
use crate::gateway::ticket::Tickets;

/// A cheaply cloned handle to the running platform.
#[derive(Debug, Clone)]
pub struct Platform {
    addr: OwnerAddr<Sandbox>,
    merchant_id: Arc<str>,
    tickets: Tickets,
}

impl Platform {
    /// Creates a handle to the actor at `addr`.
    pub(super) fn new(addr: OwnerAddr<Sandbox>, merchant_id: &str, tickets: Tickets) -> Self {
        Self { addr, merchant_id: merchant_id.into(), tickets }
    }

    /// The path of the checkout page of a trade. It cannot be guessed.
    #[must_use]
    pub fn checkout_path(&self, out_trade_no: &str) -> String {
        format!("/sandbox/checkout/{}", self.tickets.seal(out_trade_no))
    }

    /// The trade of a checkout page, by the last part of its path.
    #[must_use]
    pub fn open_ticket(&self, ticket: &str) -> Option<String> {
        self.tickets.open(ticket).map(str::to_owned)
    }

    /// The id of the merchant that owns the trades.
    #[must_use]
    pub fn merchant_id(&self) -> &str {
        &self.merchant_id
    }

    /// Opens a trade. Repeating the call with the same id and amount returns the same trade.
    ///
    /// # Errors
    /// A failure of the actor. The inner result is the platform's decision.
    pub async fn open(&self, open: Open) -> Reply<Result<Trade, OpenRefusal>> {
        ask(&self.addr, open).await
    }

    /// Finds a trade by the merchant's id.
    ///
    /// # Errors
    /// A failure of the actor.
    pub async fn find(&self, out_trade_no: String) -> Reply<Option<Trade>> {
        ask(&self.addr, Find { out_trade_no }).await
    }

    /// Pays a trade and sends its callbacks with the faults in `callbacks`.
    ///
    /// # Errors
    /// A failure of the actor. The inner result is the platform's decision.
    pub async fn pay(&self, out_trade_no: String, callbacks: Callbacks) -> Reply<Result<Trade, Refusal>> {
        ask(&self.addr, Pay { out_trade_no, callbacks }).await
    }

    /// Declines a trade and sends a callback.
    ///
    /// # Errors
    /// A failure of the actor. The inner result is the platform's decision.
    pub async fn decline(&self, out_trade_no: String) -> Reply<Result<Trade, Refusal>> {
        ask(&self.addr, Decline { out_trade_no }).await
    }

    /// Closes a trade without a callback.
    ///
    /// # Errors
    /// A failure of the actor. The inner result is the platform's decision.
    pub async fn close(&self, out_trade_no: String) -> Reply<Result<Trade, Refusal>> {
        ask(&self.addr, Close { out_trade_no }).await
    }

    /// Refunds a part or all of a charge. Repeating the call with the same ids and amount does nothing.
    ///
    /// # Errors
    /// A failure of the actor. The inner result is the platform's decision.
    pub async fn refund(&self, refund: Refund) -> Reply<Result<Trade, RefundRefusal>> {
        ask(&self.addr, refund).await
    }

    /// Finds the amount of a refund; `None` if it does not exist.
    ///
    /// # Errors
    /// A failure of the actor.
    pub async fn find_refund(&self, out_trade_no: String, out_request_no: String) -> Reply<Option<Money>> {
        ask(&self.addr, FindRefund { out_trade_no, out_request_no }).await
    }

    /// Reads one page of the statement.
    ///
    /// # Errors
    /// A failure of the actor.
    pub async fn statement(&self, page: Statement) -> Reply<Vec<Charged>> {
        ask(&self.addr, page).await
    }
}
