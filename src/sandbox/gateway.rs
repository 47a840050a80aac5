//! Implements [`Gateway`] for the sandbox platform.

use super::Platform;
use super::error::Refusal;
use super::message::{self, Statement};
use super::notification::{Body, CURRENCY};
use super::signature::{HEADER, Key};
use super::statement::{HEAD, PAGE_SIZE, lines};
use super::trade::{Status, Trade};
use crate::actor::Faults;
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::provider::Provider;
use crate::gateway::statement::Bill;
use crate::gateway::statement::day::Day;
use crate::gateway::{
    Charge, Checkout, CheckoutKind, Gateway, GivenBack, LocalFuture, Notification, Outcome, PaymentStatus, Purchase,
    Refund, RefundStatus, Reject, Reply,
};

/// The gateway to the sandbox platform under one name.
#[derive(Debug)]
pub struct SandboxGateway {
    name: Provider,
    platform: Platform,
    key: Key,
    public_url: String,
    faults: Faults,
}

impl SandboxGateway {
    /// Creates the gateway to `platform` under the name `name`. The checkout pages are below `public_url`, which has no
    /// trailing slash.
    pub(super) fn new(name: Provider, platform: Platform, key: Key, public_url: &str, faults: Faults) -> Self {
        Self { name, platform, key, public_url: public_url.to_owned(), faults }
    }

    /// Makes a call. A fault planned for this gateway prevents it or hides its outcome.
    async fn call<T>(&self, call: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        if let Err(fault) = self.faults.hit_async(self.name.as_str(), "call").await {
            return Outcome::Unknown(fault.to_string());
        }
        let outcome = call.await;
        match self.faults.hit_async(self.name.as_str(), "answer").await {
            Ok(()) => outcome,
            Err(fault) => Outcome::Unknown(fault.to_string()),
        }
    }

    /// Reads the status of a trade.
    async fn find(&self, pay_id: PayId) -> Outcome<PaymentStatus> {
        match self.platform.find(pay_id.to_string()).await {
            Ok(trade) => Outcome::Known(self.payment_status(trade)),
            Err(failure) => Outcome::Unknown(failure.to_string()),
        }
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

    fn checkout_kind(&self) -> CheckoutKind {
        CheckoutKind::Redirect
    }

    fn takes_return_url(&self) -> bool {
        true
    }

    fn create(&self, purchase: Purchase) -> LocalFuture<'_, Outcome<Option<Checkout>>> {
        Box::pin(self.call(async move {
            let open = message::Open {
                out_trade_no: purchase.pay_id.to_string(),
                amount: purchase.amount,
                provider: self.name.clone(),
                return_url: purchase.return_url,
            };
            match self.platform.open(open).await {
                Ok(Ok(trade)) => Outcome::Known(Some(Checkout::Redirect {
                    url: format!("{}{}", self.public_url, self.platform.checkout_path(&trade.out_trade_no)),
                })),
                Ok(Err(refusal)) => Outcome::Undecided(refusal.to_string()),
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        }))
    }

    fn query(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(self.call(self.find(pay_id)))
    }

    fn close(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(self.call(async move {
            match self.platform.close(pay_id.to_string()).await {
                Ok(Ok(trade)) => Outcome::Known(self.payment_status(Some(trade))),
                Ok(Err(Refusal::NotFound)) => Outcome::Known(PaymentStatus::NotFound),
                // The trade has another final status, which the query returns.
                Ok(Err(Refusal::Ended(_))) => self.find(pay_id).await,
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        }))
    }

    fn refund(&self, refund: Refund) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(self.call(async move {
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
        }))
    }

    fn query_refund(&self, pay_id: PayId, refund_id: RefundId) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(self.call(async move {
            match self.platform.find_refund(pay_id.to_string(), refund_id.to_string()).await {
                Ok(Some(_)) => Outcome::Known(RefundStatus::Done),
                Ok(None) => Outcome::Known(RefundStatus::NotFound),
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        }))
    }

    fn query_given_back(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<GivenBack>> {
        Box::pin(self.call(async move {
            match self.platform.find(pay_id.to_string()).await {
                Ok(trade) => {
                    Outcome::Known(trade.map_or(GivenBack::NotReported, |trade| GivenBack::Sum(trade.refunded)))
                }
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        }))
    }

    /// The sandbox lists everything since its beginning.
    fn download_statement(&self, bill: Bill, _: Day) -> LocalFuture<'_, Result<Vec<u8>, String>> {
        Box::pin(async move {
            if bill == Bill::Funds {
                return Err("the sandbox has no fund statements".to_owned());
            }
            let (mut text, mut after) = (HEAD.to_owned(), String::new());
            loop {
                let page = Statement { provider: self.name.to_string(), after, limit: PAGE_SIZE };
                let page = self.platform.statement(page).await.map_err(|failure| failure.to_string())?;
                let Some(last) = page.last() else { return Ok(text.into_bytes()) };
                after = last.out_trade_no.clone();
                text.extend(page.iter().map(lines));
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
        self.key.verify(&signature, body, now)?;
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
