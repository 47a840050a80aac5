//! The calls of a [`Gateway`], each through the limits of its platform.

use std::future::Future;
use std::time::Duration;

use super::single::{CallKind, Platform};
use crate::domain::id::{PayId, RefundId};
use crate::gateway::statement::Bill;
use crate::gateway::statement::day::Day;
use crate::gateway::{Checkout, Gateway, GivenBack, Outcome, PaymentStatus, Purchase, Refund, RefundStatus};
use crate::trace::{Kind, Parent};

/// A gateway with its platform. A call that is not made has an unknown outcome.
#[derive(Clone, Copy)]
pub struct Guarded<'a> {
    /// The platform.
    pub platform: &'a Platform,
    /// The product of the platform. Its calls are made through this type only.
    pub(super) gateway: &'a dyn Gateway,
}

impl<'a> Guarded<'a> {
    /// See [`Gateway::name`].
    #[must_use]
    pub fn name(self) -> &'a str {
        self.gateway.name()
    }

    /// See [`Gateway::needs_payer`].
    #[must_use]
    pub fn needs_payer(self) -> bool {
        self.gateway.needs_payer()
    }

    /// See [`Gateway::payment_lasts`].
    #[must_use]
    pub fn payment_lasts(self) -> Option<Duration> {
        self.gateway.payment_lasts()
    }

    /// See [`Gateway::checkout_expires`].
    #[must_use]
    pub fn checkout_expires(self) -> bool {
        self.gateway.checkout_expires()
    }

    /// See [`Gateway::creates_locally`].
    #[must_use]
    pub fn creates_locally(self) -> bool {
        self.gateway.creates_locally()
    }

    /// See [`Gateway::create`].
    pub async fn create(self, purchase: Purchase) -> Outcome<Option<Checkout>> {
        let pay_id = purchase.pay_id;
        let create = self.gateway.create(purchase);
        if self.creates_locally() { create.await } else { self.call("create", CallKind::Start, pay_id, create).await }
    }

    /// See [`Gateway::query`].
    pub async fn query(self, kind: CallKind, pay_id: PayId) -> Outcome<PaymentStatus> {
        self.call("query", kind, pay_id, self.gateway.query(pay_id)).await
    }

    /// See [`Gateway::close`].
    pub async fn close(self, kind: CallKind, pay_id: PayId) -> Outcome<PaymentStatus> {
        self.call("close", kind, pay_id, self.gateway.close(pay_id)).await
    }

    /// See [`Gateway::refund`].
    pub async fn refund(self, kind: CallKind, refund: Refund) -> Outcome<RefundStatus> {
        self.call("refund", kind, refund.pay_id, self.gateway.refund(refund)).await
    }

    /// See [`Gateway::query_refund`].
    pub async fn query_refund(self, kind: CallKind, pay_id: PayId, refund_id: RefundId) -> Outcome<RefundStatus> {
        self.call("query_refund", kind, pay_id, self.gateway.query_refund(pay_id, refund_id)).await
    }

    /// See [`Gateway::download_statement`]. A download needs no permit and says nothing about the platform's state.
    pub async fn download_statement(self, bill: Bill, day: Day) -> Result<Vec<u8>, String> {
        self.gateway.download_statement(bill, day).await
    }

    /// See [`Gateway::query_given_back`].
    pub async fn query_given_back(self, kind: CallKind, pay_id: PayId) -> Outcome<GivenBack> {
        self.call("query_given_back", kind, pay_id, self.gateway.query_given_back(pay_id)).await
    }

    /// Makes a call, as a span of its own.
    async fn call<T>(
        self,
        what: &str,
        kind: CallKind,
        pay_id: PayId,
        call: impl Future<Output = Outcome<T>>,
    ) -> Outcome<T> {
        let mut span = Parent::current().child(|| format!("{} {what}", self.name()), Kind::Client);
        span.set_text("tradepost.pay_id", pay_id);
        let outcome = span.enter(self.platform.call(kind, pay_id, call)).await;
        if let Outcome::Unknown(why) | Outcome::Undecided(why) = &outcome {
            span.fail(why);
        }
        outcome
    }
}
