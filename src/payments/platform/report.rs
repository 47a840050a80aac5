//! The state of the platforms, for the status page.

use std::collections::BTreeMap;

use serde::Serialize;

use super::all::Platforms;
use super::guarded::Guarded;
use super::single::PlatformState;
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::gateway::CheckoutKind;
use crate::pay::message::PlatformCounts;

/// One payment product in `GET /admin/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlatformReport {
    /// Name of the product.
    pub provider: String,
    /// State of its platform.
    pub state: PlatformState,
    /// Time since when the platform is slow or down.
    pub since: Option<Timestamp>,
    /// Number of calls to the platform in progress, for all of its products.
    pub calls: usize,
    /// Number of payments there that are neither paid nor closed; `None` if Pay does not respond.
    pub open: Option<i64>,
    /// Number of refunds that the platform has not confirmed yet; `None` if Pay does not respond.
    pub refunds_pending: Option<i64>,
    /// Number of refunds that were refused and need an operator; `None` if Pay does not respond.
    pub parked: Option<i64>,
    /// Sum of these payments and refunds; `None` if Pay does not respond.
    pub amount: Option<Money>,
}

/// One payment product in `GET /v1/payment-methods`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentMethod {
    /// Name of the product.
    pub provider: String,
    /// Kind of its checkout.
    pub checkout: CheckoutKind,
    /// Whether a payment needs the id of the customer at the platform.
    pub needs_payer: bool,
    /// Whether the platform sends the customer to the `return_url` of a payment.
    pub takes_return_url: bool,
    /// State of its platform.
    pub state: PlatformState,
    /// Time since when the platform is slow or down.
    pub since: Option<Timestamp>,
}

impl PlatformReport {
    fn new(provider: String, counts: Option<PlatformCounts>) -> Self {
        Self {
            provider,
            state: PlatformState::Removed,
            since: None,
            calls: 0,
            open: counts.map(|counts| counts.open),
            refunds_pending: counts.map(|counts| counts.refunds_pending),
            parked: counts.map(|counts| counts.parked),
            amount: counts.map(|counts| counts.amount),
        }
    }
}

impl Platforms {
    /// The products that a customer can pay with.
    #[must_use]
    pub fn methods(&self) -> Vec<PaymentMethod> {
        let method = |Guarded { platform, gateway }: Guarded<'_>| {
            let (state, since, _) = platform.observe();
            PaymentMethod {
                provider: gateway.name().to_owned(),
                checkout: gateway.checkout_kind(),
                needs_payer: gateway.needs_payer(),
                takes_return_url: gateway.takes_return_url(),
                state,
                since,
            }
        };
        self.names().iter().filter_map(|name| self.find(name)).map(method).collect()
    }

    /// The reports of all products: first the configured ones, then those at which something is still open.
    #[must_use]
    pub fn report(&self, counts: Option<BTreeMap<String, PlatformCounts>>) -> Vec<PlatformReport> {
        let is_known = counts.is_some();
        let mut counts = counts.unwrap_or_default();
        let mut reports = Vec::new();
        for platform in self.iter() {
            let (state, since, calls) = platform.observe();
            for provider in platform.providers() {
                let counted = counts.remove(provider.as_str()).unwrap_or_default();
                let report = PlatformReport::new(provider.to_string(), is_known.then_some(counted));
                reports.push(PlatformReport { state, since, calls, ..report });
            }
        }
        reports.extend(counts.into_iter().map(|(provider, counts)| PlatformReport::new(provider, Some(counts))));
        reports
    }
}
