//! The families about payments, refunds, money at risk and payment platforms.

use std::collections::BTreeSet;

use rust_decimal::prelude::ToPrimitive;

use super::writer::{Labels, Value, Writer};
use crate::domain::money::CURRENCY;
use crate::domain::occurrence::Occurrence;
use crate::metrics::at_risk::{AtRisk, RiskKind};
use crate::metrics::figures::Figures;
use crate::payments::platform::single::PlatformState;

/// Payments, refunds, notifications and money at risk.
pub fn payments(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    out.counters("payments", "Payments that were started, paid and closed.", events(figures, &PAYMENT_EVENTS))?;
    out.counters("refunds", "Refunds that were requested, made and parked.", events(figures, &REFUND_EVENTS))?;
    out.counters("notices", "Notifications of platforms with a valid signature.", events(figures, &VERDICTS))?;
    let watched = figures.pending.map(|pending| (Vec::new(), pending.watched));
    out.gauges("payments_watched", "Closed payments whose platform is still asked.", watched)?;
    out.gauges(
        "money_at_risk",
        "Money that can still be paid, is not booked, is being given back or waits for an operator.",
        by_kind(figures, true, |sum| sum.amount.to_decimal().to_f64().unwrap_or_default().into()),
    )?;
    out.gauges(
        "money_at_risk_items",
        "Payments, refunds and charges whose money is at risk.",
        by_kind(figures, false, |sum| sum.count.into()),
    )?;
    let ages = figures.at_risk.iter().flatten().filter_map(|sum| {
        let labels = vec![("kind", sum.kind.word()), ("provider", sum.provider.as_str())];
        Some((labels, figures.now.since(sum.oldest?).as_secs_f64()))
    });
    out.gauges("money_at_risk_oldest_seconds", "Age of the oldest of them.", ages)
}

/// A figure of each kind and platform. A kind of which there is nothing has the value 0 and no platform.
fn by_kind(figures: &Figures, is_money: bool, value: fn(&AtRisk) -> Value) -> Vec<(Labels<'_>, Value)> {
    let labels = |kind: RiskKind, provider| {
        let mut labels = vec![("kind", kind.word()), ("provider", provider)];
        labels.extend(is_money.then_some(("currency", CURRENCY)));
        labels
    };
    let Some(sums) = &figures.at_risk else { return Vec::new() };
    let mut samples: Vec<(Labels<'_>, Value)> =
        sums.iter().map(|sum| (labels(sum.kind, sum.provider.as_str()), value(sum))).collect();
    let absent = RiskKind::ALL.into_iter().filter(|kind| sums.iter().all(|sum| sum.kind != *kind));
    samples.extend(absent.map(|kind| (labels(kind, ""), Value::Whole(0))));
    samples
}

/// Events with their names in labels.
type Events = [(Occurrence, &'static str)];

const PAYMENT_EVENTS: [(Occurrence, &str); 3] =
    [(Occurrence::PaymentStarted, "started"), (Occurrence::PaymentPaid, "paid"), (Occurrence::PaymentClosed, "closed")];
const REFUND_EVENTS: [(Occurrence, &str); 3] = [
    (Occurrence::RefundRequested, "requested"),
    (Occurrence::RefundDone, "done"),
    (Occurrence::RefundParked, "parked"),
];
const VERDICTS: [(Occurrence, &str); 2] =
    [(Occurrence::NoticeAccepted, "accepted"), (Occurrence::NoticeRejected, "rejected")];

/// The numbers of `events` at each platform. Those that have not happened are 0: Prometheus does not notice that a counter
/// has begun, only that it has grown.
fn events<'a>(figures: &'a Figures, events: &'static Events) -> Vec<(Labels<'a>, u64)> {
    let counted = figures.occurrences.keys().map(|(_, provider)| provider.as_str());
    let known = figures.platforms.iter().map(|platform| platform.provider.as_str());
    let providers: BTreeSet<&str> = counted.chain(known).collect();
    let of_provider = |provider: &'a str| {
        events.iter().map(move |(what, name)| {
            let number = figures.occurrences.get(&(*what, provider.to_owned())).copied().unwrap_or_default();
            (vec![("provider", provider), ("event", *name)], number)
        })
    };
    providers.into_iter().flat_map(of_provider).collect()
}

/// The payment platforms.
pub fn platforms(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    const STATES: [(PlatformState, &str); 4] = [
        (PlatformState::Up, "up"),
        (PlatformState::Slow, "slow"),
        (PlatformState::Down, "down"),
        (PlatformState::Removed, "removed"),
    ];
    let states = figures.platforms.iter().flat_map(|platform| {
        let labels = |state| vec![("provider", platform.provider.as_str()), ("state", state)];
        STATES.map(|(state, word)| (labels(word), platform.state == state))
    });
    out.gauges("platform_state", "The state of each payment product: 1 for the one that it is in.", states)?;
    let calls = figures.platforms.iter().map(|of| (vec![("provider", of.provider.as_str())], of.calls));
    out.gauges("platform_calls_in_flight", "Calls in progress, to all products of the platform.", calls)
}
