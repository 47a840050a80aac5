//! The latency with which callbacks of a platform are acknowledged while orders arrive at half the peak rate.

use super::harness::generator::{Kind, Phase, PhaseResult, Used};
use super::harness::run::Task;
use super::harness::statistics;
use super::stage::{Stage, WARM_UP_S};
use super::table::Row;

const HALF: f64 = 0.5;

/// Measures it in `--rounds` rounds.
pub fn measure(stage: &Stage) -> Row {
    let (connections, seconds) = (stage.args.most(), stage.args.seconds as f64);
    let phases = vec![
        Phase::Closed { connections, warm_up_s: WARM_UP_S, seconds },
        Phase::Open { connections, factor: HALF, seconds },
    ];
    let callbacks = stage.args.callbacks;
    let task = Task { shop: stage.shop(), kind: Kind::Spread, phases, callbacks, viewers: 0, first: Used::default() };
    let mut halves: Vec<PhaseResult> = Vec::new();
    for round in 1..=stage.args.rounds {
        let report = stage.on_a_copy(&[], &task);
        let half = &report.outcome.phases[1];
        let (orders, callbacks) = (&half.orders, &half.callbacks);
        println!(
            "round {round}, half load: {:.0} of {:.0} orders/s, p99 {:.1} ms; {} callbacks, p50 {:.2} ms, p99 {:.2} ms",
            orders.per_second(),
            half.offered,
            orders.latency.p99,
            callbacks.done,
            callbacks.latency.p50,
            callbacks.latency.p99
        );
        assert_eq!(callbacks.busy + callbacks.failed(), 0, "callbacks were not accepted: {callbacks:?}");
        halves.push(half.clone());
    }
    let median = |of: fn(&PhaseResult) -> f64| statistics::median(halves.iter().map(of));
    let value = format!(
        "p50 {:.1} ms, p99 {:.1} ms",
        median(|half| half.callbacks.latency.p50),
        median(|half| half.callbacks.latency.p99)
    );
    let offered = median(|half| half.offered);
    Row::new(format!("d. callback acknowledged, {callbacks}/s beside {offered:.0} orders/s (half load)"), value)
}
