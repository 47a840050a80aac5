//! The platform as its gateway and its HTTP routes reach it.

use std::sync::Arc;

use actix::Addr;

use super::actor::Actor;
use super::error::{OpenRefusal, RefundRefusal, Refusal};
use super::message::{Callbacks, Charged, Close, Decline, Find, FindRefund, Open, Pay, Refund, Statement};
use super::trade::Trade;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::money::Money;
use crate::domain::provider::Provider;

/// A handle of the running platform.
#[derive(Debug, Clone)]
pub struct Platform {
    addr: Addr<Actor>,
    merchant_id: Arc<str>,
}

impl Platform {
    /// A handle of the platform at `addr`.
    pub(super) fn new(addr: Addr<Actor>, merchant_id: &str) -> Self {
        Self { addr, merchant_id: merchant_id.into() }
    }

    /// The merchant whose trades these are.
    #[must_use]
    pub fn merchant_id(&self) -> &str {
        &self.merchant_id
    }

    /// Opens a trade under the merchant's number, for the shop that knows the platform as `provider`; the same number and amount again give the same trade.
    ///
    /// # Errors
    /// No outcome, or a refusal inside.
    pub async fn open(
        &self,
        out_trade_no: String,
        amount: Money,
        provider: Provider,
    ) -> Reply<Result<Trade, OpenRefusal>> {
        ask(&self.addr, Open { out_trade_no, amount, provider }).await
    }

    /// The trade with this number.
    ///
    /// # Errors
    /// No outcome.
    pub async fn find(&self, out_trade_no: String) -> Reply<Option<Trade>> {
        ask(&self.addr, Find { out_trade_no }).await
    }

    /// Pays a trade and delivers the callbacks so.
    ///
    /// # Errors
    /// No outcome, or a refusal inside.
    pub async fn pay(&self, out_trade_no: String, callbacks: Callbacks) -> Reply<Result<Trade, Refusal>> {
        ask(&self.addr, Pay { out_trade_no, callbacks }).await
    }

    /// Declines a trade and tells the shop.
    ///
    /// # Errors
    /// No outcome, or a refusal inside.
    pub async fn decline(&self, out_trade_no: String) -> Reply<Result<Trade, Refusal>> {
        ask(&self.addr, Decline { out_trade_no }).await
    }

    /// Closes a trade without telling anybody.
    ///
    /// # Errors
    /// No outcome, or a refusal inside.
    pub async fn close(&self, out_trade_no: String) -> Reply<Result<Trade, Refusal>> {
        ask(&self.addr, Close { out_trade_no }).await
    }

    /// Gives some of a charge back; the same number and amount again are the same refund.
    ///
    /// # Errors
    /// No outcome, or a refusal inside.
    pub async fn refund(&self, refund: Refund) -> Reply<Result<Trade, RefundRefusal>> {
        ask(&self.addr, refund).await
    }

    /// What went back under a number.
    ///
    /// # Errors
    /// No outcome.
    pub async fn find_refund(&self, out_trade_no: String, out_request_no: String) -> Reply<Option<Money>> {
        ask(&self.addr, FindRefund { out_trade_no, out_request_no }).await
    }

    /// One page of the statement.
    ///
    /// # Errors
    /// No outcome.
    pub async fn statement(&self, page: Statement) -> Reply<Vec<Charged>> {
        ask(&self.addr, page).await
    }
}
