//! How fast the callback of a platform is acknowledged while customers order at half the rate that can be borne.

use super::harness::generator::{Kind, Phase, Stretch, Used};
use super::harness::run::Task;
use super::harness::statistics;
use super::stage::{Stage, WARM_UP_S};
use super::table::Row;

const HALF: f64 = 0.5;

/// Measures it, in as many rounds as all else.
pub fn measure(stage: &Stage) -> Row {
    let (connections, seconds) = (stage.args.most(), stage.args.seconds as f64);
    let phases = vec![
        Phase::Closed { connections, warm_up_s: WARM_UP_S, seconds },
        Phase::Open { connections, factor: HALF, seconds },
    ];
    let callbacks = stage.args.callbacks;
    let task = Task { shop: stage.shop(), kind: Kind::Spread, phases, callbacks, first: Used::default() };
    let mut halves: Vec<Stretch> = Vec::new();
    for round in 1..=stage.args.rounds {
        let report = stage.on_a_copy(&[], &task);
        let half = &report.outcome.stretches[1];
        let (orders, calls) = (&half.orders, &half.callbacks);
        println!(
            "round {round}, half load: {:.0} of {:.0} orders/s, p99 {:.1} ms; {} callbacks, p50 {:.2} ms, p99 {:.2} ms",
            orders.per_second(),
            half.offered,
            orders.latency.p99,
            calls.done,
            calls.latency.p50,
            calls.latency.p99
        );
        assert_eq!(calls.busy + calls.failed(), 0, "callbacks were not accepted: {calls:?}");
        halves.push(half.clone());
    }
    let median = |of: fn(&Stretch) -> f64| statistics::median(halves.iter().map(of));
    let value = format!(
        "p50 {:.1} ms, p99 {:.1} ms",
        median(|half| half.callbacks.latency.p50),
        median(|half| half.callbacks.latency.p99)
    );
    let offered = median(|half| half.offered);
    Row::new(format!("d. callback acknowledged, {callbacks}/s beside {offered:.0} orders/s (half load)"), value)
}
