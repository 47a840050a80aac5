//! The sandbox as Pay sees it: one payment platform among others.

use super::Platform;
use super::notice::Body;
use super::signature::{HEADER, Key};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::gateway::{
    Checkout, CheckoutKind, Entry, Gateway, LocalFuture, Notice, Outcome, Refund, Refunding, Reject, Standing,
};

/// The sandbox behind the gateways' trait.
#[derive(Debug)]
pub struct SandboxGateway {
    platform: Platform,
    key: Key,
    public_url: String,
}

impl SandboxGateway {
    /// The gateway to `platform`, whose checkout pages are at `public_url`, given without a slash at its end.
    pub(super) fn new(platform: Platform, key: Key, public_url: &str) -> Self {
        Self { platform, key, public_url: public_url.to_owned() }
    }
}

impl Gateway for SandboxGateway {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn create(&self, pay_id: PayId, amount: Money) -> LocalFuture<'_, Outcome<Checkout>> {
        Box::pin(async move {
            match self.platform.open(pay_id.to_string(), amount).await {
                Ok(Ok(trade)) => Outcome::Known(Checkout {
                    kind: CheckoutKind::Redirect,
                    url: format!("{}/sandbox/checkout/{}", self.public_url, trade.out_trade_no),
                }),
                Ok(Err(refusal)) => Outcome::Unknown(refusal.to_string()),
                Err(failure) => Outcome::Unknown(failure.to_string()),
            }
        })
    }

    fn query(&self, _: PayId) -> LocalFuture<'_, Outcome<Standing>> {
        Box::pin(async { Outcome::Unknown(String::new()) })
    }

    fn close(&self, _: PayId) -> LocalFuture<'_, Outcome<Standing>> {
        Box::pin(async { Outcome::Unknown(String::new()) })
    }

    fn refund(&self, _: Refund) -> LocalFuture<'_, Outcome<Refunding>> {
        Box::pin(async { Outcome::Unknown(String::new()) })
    }

    fn query_refund(&self, _: PayId, _: RefundId) -> LocalFuture<'_, Outcome<Refunding>> {
        Box::pin(async { Outcome::Unknown(String::new()) })
    }

    fn read_statement(&self, _: &str) -> Result<Vec<Entry>, String> {
        Ok(Vec::new())
    }

    fn read_callback(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Notice, Reject> {
        let signature = header(HEADER).ok_or(Reject::Signature)?;
        if !self.key.verifies(&signature, body, now) {
            return Err(Reject::Signature);
        }
        Body::read(body).map(|body| body.into_notice(self.platform.merchant_id()))
    }

    fn acknowledgement(&self) -> &'static str {
        super::courier::ACKNOWLEDGEMENT
    }
}
