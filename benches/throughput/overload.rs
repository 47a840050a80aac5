//! A load of several times the peak, for a while. Measures the orders still made, the refusals and their latency, the
//! memory, and the time to recover. Callbacks arrive in parallel at a steady rate. The store has old orders already, so
//! that its growth during the run hardly changes the result; `growth` measures that effect.

use super::harness::generator::{Kind, Phase, PhaseResult, Used};
use super::harness::machine;
use super::harness::run::{Report, Task};
use super::harness::shop::Shop;
use super::harness::template::Template;
use super::stage::{Stage, WARM_UP_S};
use super::table::Row;

/// Old orders in the store.
const OLD_ORDERS: u64 = 1_000_000;
/// Seconds to measure the recovery after the overload.
const AFTER_S: f64 = 15.0;
/// Share of the peak throughput at which the server counts as recovered.
const RECOVERED_SHARE: f64 = 0.95;
/// Slices of the measured responses per second.
const SLICES: usize = 10;
/// Files a process may have open besides connections.
const OTHER_FILES: usize = 500;

/// Measures the overload. `peak` is the expected orders per second, which determines the number of coupons to prepare.
pub fn measure(stage: &Stage, peak: f64) -> Vec<Row> {
    let args = &stage.args;
    let (seconds, length) = (args.seconds as f64, args.overload_seconds as f64);
    let total_s = WARM_UP_S + seconds + length + AFTER_S;
    let shop = Shop {
        coupons: (2.0 * peak * total_s) as u64,
        payments: (f64::from(args.callbacks) * (total_s + 30.0)) as u64,
        ..stage.shop()
    };
    let folder = stage.home.join("overload");
    let template = Template::new(folder.clone(), shop);
    template.age(OLD_ORDERS);
    let connections = args.most();
    let overload_connections = args.overload_connections.min(machine::open_files().saturating_sub(OTHER_FILES));
    let phases = vec![
        Phase::Closed { connections, warm_up_s: WARM_UP_S, seconds },
        Phase::Open { connections: overload_connections, factor: args.overload_factor, seconds: length },
        Phase::Closed { connections, warm_up_s: 0.0, seconds: AFTER_S },
    ];
    let task = Task { shop, kind: Kind::Spread, phases, callbacks: args.callbacks, viewers: 0, first: Used::default() };
    let report = template.run(&[], &task);
    std::fs::remove_dir_all(folder).unwrap();
    rows(&report, args.overload_factor, overload_connections)
}

fn rows(report: &Report, factor: f64, connections: usize) -> Vec<Row> {
    let [before, during, after] = report.outcome.phases.as_slice() else { panic!("three phases") };
    let peak = before.orders.per_second();
    let orders = &during.orders;
    let at_peak = before.orders.service.p99;
    let title = |what: &str| format!("f. {factor:.0} x the peak for {:.0} s: {what}", during.seconds);
    let sent = (orders.done + orders.busy + orders.failed()) as f64 / during.seconds;
    let others = match orders.failed() {
        0 => String::new(),
        others => format!(", {others} others {:?}", orders.errors),
    };
    // The time until the next phase began counts too: requests of the overload were still in flight.
    let late_s = after.began - (during.began + during.seconds);
    let recovered = recovered(&after.orders.slices, peak).map(|seconds| late_s + seconds);
    let seconds = after.orders.slices.windows(SLICES).map(|second| second.iter().sum::<u64>());
    let best = seconds.max().unwrap_or(0) as f64 / peak;
    let not_yet = || format!("not within {AFTER_S:.0} s, {best:.2} x at best");
    let recovery = recovered.map_or_else(not_yet, |seconds| format!("after {seconds:.1} s"));
    let scheduled = "ms from its scheduled time";
    vec![
        Row::new(
            title("sent"),
            format!(
                "{sent:.0} of {:.0} requests/s, on {connections} connections; {} dropped before that",
                during.offered, orders.unsent
            ),
        ),
        Row::new(
            title("orders made"),
            format!("{:.0}/s, at the peak {peak:.0}/s, on {OLD_ORDERS} old orders", orders.per_second()),
        )
        .ratio(format!("{:.2} x the peak", orders.per_second() / peak)),
        Row::new(
            title("p99 of those"),
            format!("{:.0} ms, {:.0} {scheduled}; at the peak {at_peak:.0} ms", orders.service.p99, orders.latency.p99),
        )
        .ratio(format!("{:.1} x the peak's", orders.service.p99 / at_peak)),
        Row::new(
            title("refused"),
            format!(
                "{} with 503, p99 {:.0} ms, {:.0} {scheduled}{others}",
                orders.busy, orders.busy_service.p99, orders.busy_latency.p99
            ),
        ),
        Row::new(title("memory"), memory(report, during)),
        Row::new(title("callbacks accepted"), callbacks(&report.outcome.phases)).goal("all"),
        Row::new(title(&format!("back to {RECOVERED_SHARE} x the peak")), recovery).goal("within 5 s"),
    ]
}

/// Seconds until the successful responses of one second reach [`RECOVERED_SHARE`] of `peak`; `None` if they never do.
fn recovered(slices: &[u64], peak: f64) -> Option<f64> {
    let is_recovered = |second: &[u64]| second.iter().sum::<u64>() as f64 >= RECOVERED_SHARE * peak;
    slices.windows(SLICES).position(is_recovered).map(|at| at as f64 / SLICES as f64)
}

/// Memory of the server before, during and at the end of the overload, as text.
fn memory(report: &Report, during: &PhaseResult) -> String {
    let at = |moment: f64| {
        let sample = report.memory.iter().take_while(|(at, _)| *at <= moment).last();
        sample.or(report.memory.first()).map_or(0, |(_, kib)| kib / 1024)
    };
    let (from, to) = (during.began, during.began + during.seconds);
    let within = report.memory.iter().filter(|(at, _)| (from..to).contains(at));
    let peak = within.map(|(_, kib)| kib / 1024).max().unwrap_or(0);
    format!(
        "{} MiB before, {peak} MiB at most, {} MiB after a quarter, {} MiB at the end",
        at(from),
        at(from + during.seconds / 4.0),
        at(to)
    )
}

/// Callbacks accepted in all phases, and their latency during the overload, as text.
fn callbacks(phases: &[PhaseResult]) -> String {
    let [_, during, _] = phases else { panic!("three phases") };
    let sum = |of: fn(&PhaseResult) -> u64| phases.iter().map(of).sum::<u64>();
    let good = sum(|it| it.callbacks.good);
    let bad = sum(|it| it.callbacks.busy + it.callbacks.failed());
    let latency = during.callbacks.latency;
    let share = 100.0 * good as f64 / (good + bad) as f64;
    format!("{good} of {} ({share:.2} %), p50 {:.0} ms, p99 {:.0} ms", good + bad, latency.p50, latency.p99)
}
