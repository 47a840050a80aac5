//! Implements [`Gateway`] for the sandbox platform.

use super::Platform;
use super::error::Refusal;
use super::message;
use super::notification::{Body, CURRENCY};
use super::signature::{HEADER, Key};
use super::trade::{Status, Trade};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::provider::Provider;
use crate::gateway::{
    Charge, Checkout, Gateway, LocalFuture, Notification, Outcome, PaymentStatus, Purchase, Refund, RefundStatus,
    Reject, Reply,
};

/// The gateway to the sandbox platform under one name.
#[derive(Debug)]
pub struct SandboxGateway {
    name: Provider,
    platform: Platform,
    key: Key,
    public_url: String,
}

impl SandboxGateway {
    /// Creates the gateway to `platform` under the name `name`. The checkout pages are below `public_url`, which has no
    /// trailing slash.
    pub(super) fn new(name: Provider, platform: Platform, key: Key, public_url: &str) -> Self {
        Self { name, platform, key, public_url: public_url.to_owned() }
    }

    /// Converts the status of a trade. A payment stays paid after refunds.
    fn payment_status(&self, trade: Option<Trade>) -> PaymentStatus {
        match trade {
            None => PaymentStatus::NotFound,
            Some(trade) => match trade.status {
                Status::Open => PaymentStatus::Unpaid,
                Status::Declined | Status::Closed => PaymentStatus::Closed,
                Status::Paid => PaymentStatus::Paid(Charge {
                    trade_no: trade.trade_no,
                    amount: trade.charged,
                    currency: CURRENCY.to_owned(),
                    wrong_recipient: None,
                }),
            },
        }
    }
}

impl Gateway for SandboxGateway {
    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn create(&self, purchase: Purchase) -> LocalFuture<'_, Outcome<Option<Checkout>>> {
        Box::pin(async move {
            match self.platform.open(purchase.pay_id.to_string(), purchase.amount, self.name.clone()).await {
                Ok(Ok(trade)) => Outcome::Known(Some(Checkout::Redirect {
                    url: format!("{}/sandbox/checkout/{}", self.public_url, trade.out_trade_no),
                })),
                Ok(Err(refusal)) => Outcome::Unknown(refusal.to_string()),
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        })
    }

    fn query(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(async move {
            match self.platform.find(pay_id.to_string()).await {
                Ok(trade) => Outcome::Known(self.payment_status(trade)),
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        })
    }

    fn close(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(async move {
            match self.platform.close(pay_id.to_string()).await {
                Ok(Ok(trade)) => Outcome::Known(self.payment_status(Some(trade))),
                Ok(Err(Refusal::NotFound)) => Outcome::Known(PaymentStatus::NotFound),
                // The trade has another final status, which the query returns.
                Ok(Err(Refusal::Ended(_))) => self.query(pay_id).await,
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        })
    }

    fn refund(&self, refund: Refund) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(async move {
            let refund = message::Refund {
                out_trade_no: refund.pay_id.to_string(),
                out_request_no: refund.refund_id.to_string(),
                amount: refund.amount,
            };
            match self.platform.refund(refund).await {
                Ok(Ok(_)) => Outcome::Known(RefundStatus::Done),
                Ok(Err(refusal)) => Outcome::Known(RefundStatus::Refused(refusal.to_string())),
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        })
    }

    fn query_refund(&self, pay_id: PayId, refund_id: RefundId) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(async move {
            match self.platform.find_refund(pay_id.to_string(), refund_id.to_string()).await {
                Ok(Some(_)) => Outcome::Known(RefundStatus::Done),
                Ok(None) => Outcome::Known(RefundStatus::NotFound),
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        })
    }

    fn read_callback(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Notification>, Reject> {
        let signature = header(HEADER).ok_or(Reject::MissingSignature)?;
        if !self.key.verifies(&signature, body, now) {
            return Err(Reject::Signature);
        }
        Body::read(body).map(|body| Some(body.into_notification(self.platform.merchant_id())))
    }

    fn acknowledgement(&self) -> Reply {
        let body = super::webhook::ACKNOWLEDGEMENT.to_owned();
        Reply { status: 200, content_type: Some("text/plain; charset=utf-8"), body }
    }

    fn refusal(&self, _: u16, _: &str) -> Option<Reply> {
        None
    }
}
