//! Many times more orders than can be borne, for a while: what is still done, what is refused and how fast, what it takes of
//! the memory, and how soon all is as before. Callbacks come beside it at a steady rate. The store has old orders: what it
//! grows by meanwhile is then not what is measured, that is `growth`'s.

use super::harness::generator::{Kind, Phase, Stretch, Used};
use super::harness::machine;
use super::harness::run::{Report, Task};
use super::harness::shop::Shop;
use super::harness::template::Template;
use super::stage::{Stage, WARM_UP_S};
use super::table::Row;

/// Orders that are there already.
const OLD_ORDERS: u64 = 1_000_000;
/// How long is watched what comes after it.
const AFTER_S: f64 = 15.0;
/// Good answers in a second, beside the peak: as before.
const AS_BEFORE: f64 = 0.95;
/// The slices in a second.
const SLICES: usize = 10;
/// Files a process has open besides connections.
const OTHER_FILES: usize = 500;

/// Measures it; `peak` is what is expected to be done in a second, for which there must be coupons.
pub fn measure(stage: &Stage, peak: f64) -> Vec<Row> {
    let args = &stage.args;
    let (seconds, length) = (args.seconds as f64, args.overload_seconds as f64);
    let all = WARM_UP_S + seconds + length + AFTER_S;
    let shop = Shop {
        coupons: (2.0 * peak * all) as u64,
        payments: (f64::from(args.callbacks) * (all + 30.0)) as u64,
        ..stage.shop()
    };
    let folder = stage.home.join("overload");
    let template = Template::new(folder.clone(), shop);
    template.age(OLD_ORDERS);
    let connections = args.most();
    let crowd = args.overload_connections.min(machine::open_files().saturating_sub(OTHER_FILES));
    let phases = vec![
        Phase::Closed { connections, warm_up_s: WARM_UP_S, seconds },
        Phase::Open { connections: crowd, factor: args.overload_factor, seconds: length },
        Phase::Closed { connections, warm_up_s: 0.0, seconds: AFTER_S },
    ];
    let task = Task { shop, kind: Kind::Spread, phases, callbacks: args.callbacks, first: Used::default() };
    let report = template.run(&[], &task);
    std::fs::remove_dir_all(folder).unwrap();
    rows(&report, args.overload_factor, crowd)
}

fn rows(report: &Report, factor: f64, crowd: usize) -> Vec<Row> {
    let [before, during, after] = report.outcome.stretches.as_slice() else { panic!("three phases") };
    let peak = before.orders.per_second();
    let orders = &during.orders;
    let at_peak = before.orders.service.p99;
    let told = |what: &str| format!("f. {factor:.0} x the peak for {:.0} s: {what}", during.seconds);
    let asked = (orders.done + orders.busy + orders.failed()) as f64 / during.seconds;
    let others = match orders.failed() {
        0 => String::new(),
        others => format!(", {others} others {:?}", orders.errors),
    };
    // What was still under way then is part of it.
    let late_s = after.began - (during.began + during.seconds);
    let recovered = recovered(&after.orders.slices, peak).map(|seconds| late_s + seconds);
    let seconds = after.orders.slices.windows(SLICES).map(|second| second.iter().sum::<u64>());
    let best = seconds.max().unwrap_or(0) as f64 / peak;
    let not_yet = || format!("not within {AFTER_S:.0} s, {best:.2} x at best");
    let recovery = recovered.map_or_else(not_yet, |seconds| format!("after {seconds:.1} s"));
    let late = "ms from the moment it was meant to be sent";
    vec![
        Row::new(
            told("sent"),
            format!(
                "{asked:.0} of {:.0} requests/s, on {crowd} connections; {} gave up before that",
                during.offered, orders.unsent
            ),
        ),
        Row::new(
            told("orders made"),
            format!("{:.0}/s, at the peak {peak:.0}/s, on {OLD_ORDERS} old orders", orders.per_second()),
        )
        .ratio(format!("{:.2} x the peak", orders.per_second() / peak)),
        Row::new(
            told("p99 of those"),
            format!("{:.0} ms, {:.0} {late}; at the peak {at_peak:.0} ms", orders.service.p99, orders.latency.p99),
        )
        .ratio(format!("{:.1} x the peak's", orders.service.p99 / at_peak)),
        Row::new(
            told("refused"),
            format!(
                "{} with 503, p99 {:.0} ms, {:.0} {late}{others}",
                orders.busy, orders.busy_service.p99, orders.busy_latency.p99
            ),
        ),
        Row::new(told("memory"), memory(report, during)),
        Row::new(told("callbacks accepted"), callbacks(&report.outcome.stretches)).goal("all"),
        Row::new(told(&format!("again {AS_BEFORE} x the peak")), recovery).goal("within 5 s"),
    ]
}

/// After how many seconds there were as many good answers in a second as before.
fn recovered(slices: &[u64], peak: f64) -> Option<f64> {
    let is_as_before = |second: &[u64]| second.iter().sum::<u64>() as f64 >= AS_BEFORE * peak;
    slices.windows(SLICES).position(is_as_before).map(|at| at as f64 / SLICES as f64)
}

fn memory(report: &Report, during: &Stretch) -> String {
    let at = |moment: f64| {
        let seen = report.memory.iter().take_while(|(at, _)| *at <= moment).last();
        seen.or(report.memory.first()).map_or(0, |(_, kib)| kib / 1024)
    };
    let (from, to) = (during.began, during.began + during.seconds);
    let within = report.memory.iter().filter(|(at, _)| (from..to).contains(at));
    let most = within.map(|(_, kib)| kib / 1024).max().unwrap_or(0);
    format!(
        "{} MiB before, {most} MiB at most, {} MiB after a quarter, {} MiB at the end",
        at(from),
        at(from + during.seconds / 4.0),
        at(to)
    )
}

fn callbacks(stretches: &[Stretch]) -> String {
    let [_, during, _] = stretches else { panic!("three phases") };
    let sum = |of: fn(&Stretch) -> u64| stretches.iter().map(of).sum::<u64>();
    let good = sum(|it| it.callbacks.good);
    let bad = sum(|it| it.callbacks.busy + it.callbacks.failed());
    let latency = during.callbacks.latency;
    let share = 100.0 * good as f64 / (good + bad) as f64;
    format!("{good} of {} ({share:.2} %), p50 {:.0} ms, p99 {:.0} ms", good + bad, latency.p50, latency.p99)
}
