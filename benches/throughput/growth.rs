//! Stores with many old orders of the same users: throughput with and without callbacks in parallel, and the start time
//! of the application.

use super::harness::generator::{Kind, Used};
use super::harness::run::Task;
use super::harness::shop::Shop;
use super::harness::statistics;
use super::harness::template::Template;
use super::sample::Sample;
use super::stage::Stage;
use super::table::Row;

/// The retention is longer than the age of the old messages, so that they are not deleted during the run.
const SETTINGS: [(&str, &str); 1] = [("TRADEPOST__RELAY__RETENTION", "87600h")];

/// Measures each size.
pub fn measure(stage: &Stage) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut first = None;
    for orders in stage.args.growth.iter().copied() {
        let folder = stage.home.join("grown");
        let grown = Grown::measure(stage, &folder, orders);
        std::fs::remove_dir_all(folder).unwrap();
        let rate = Grown::rate(&grown.plain);
        let ratio = format!("{:.2} x the first", rate / *first.get_or_insert(rate));
        rows.push(grown.row(stage, orders).ratio(ratio));
    }
    rows
}

/// Measurements on stores of one size.
#[derive(Default)]
struct Grown {
    plain: Vec<Sample>,
    /// Samples with callbacks in parallel to the orders.
    with_callbacks: Vec<Sample>,
    /// p99 of the callbacks in these, in milliseconds.
    callbacks_p99: Vec<f64>,
}

impl Grown {
    /// Measures on stores with `orders` old orders. All runs use the same data, one after the other.
    fn measure(stage: &Stage, folder: &std::path::Path, orders: u64) -> Self {
        let rounds = stage.args.rounds as u64;
        let shop = stage.shop();
        let shop = Shop { coupons: shop.coupons * rounds * 2, payments: shop.payments * rounds, ..shop };
        let template = Template::new(folder.to_owned(), shop);
        if orders > 0 {
            template.age(orders);
        }
        let (mut grown, mut first) = (Self::default(), Used::default());
        for round in 1..=rounds {
            for callbacks in [0, stage.args.callbacks] {
                let task = Task { shop, first, callbacks, ..stage.task(Kind::Spread, stage.args.most()) };
                let report = template.run(&SETTINGS, &task);
                first = report.outcome.used;
                let (sample, acknowledged) = (Sample::of(&report), &report.outcome.phases[0].callbacks);
                print!("round {round}, on {orders} old orders: {sample}");
                if callbacks == 0 {
                    println!();
                    grown.plain.push(sample);
                } else {
                    println!("; {callbacks} callbacks/s in parallel, p99 {:.1} ms", acknowledged.latency.p99);
                    let failed = acknowledged.busy + acknowledged.failed();
                    assert_eq!(failed, 0, "callbacks were not accepted: {acknowledged:?}");
                    grown.with_callbacks.push(sample);
                    grown.callbacks_p99.push(acknowledged.latency.p99);
                }
            }
        }
        grown
    }

    fn rate(samples: &[Sample]) -> f64 {
        statistics::median(samples.iter().map(|sample| sample.per_second))
    }

    fn row(&self, stage: &Stage, orders: u64) -> Row {
        let median = |of: fn(&Sample) -> f64| statistics::median(self.plain.iter().map(of));
        Row::new(
            format!("g. on {orders} old orders, {} connections", stage.args.most()),
            format!(
                "{:.0} orders/s, p99 {:.1} ms; with {} callbacks/s {:.0} orders/s, p99 of the callbacks {:.1} ms; \
                 starts in {:.0} ms",
                Self::rate(&self.plain),
                median(|it| it.latency_ms.map_or(f64::NAN, |latency| latency[1])),
                stage.args.callbacks,
                Self::rate(&self.with_callbacks),
                statistics::median(self.callbacks_p99.iter().copied()),
                median(|it| it.started_ms.unwrap_or(f64::NAN))
            ),
        )
    }
}
