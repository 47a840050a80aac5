//! Stores that have grown: the same load on stores with many old orders of the same users, then with callbacks beside it, and how long the
//! application takes to start there.

use super::harness::generator::{Kind, Used};
use super::harness::run::Task;
use super::harness::shop::Shop;
use super::harness::statistics;
use super::harness::template::Template;
use super::sample::Sample;
use super::stage::Stage;
use super::table::Row;

/// The old messages are to stay where they are.
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

/// What was measured on stores of one size.
#[derive(Default)]
struct Grown {
    plain: Vec<Sample>,
    /// With callbacks beside the orders; and the p99 of those.
    called: Vec<Sample>,
    calls_p99: Vec<f64>,
}

impl Grown {
    /// The runs follow each other on the same data.
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
                let (sample, calls) = (Sample::of(&report), &report.outcome.stretches[0].callbacks);
                print!("round {round}, on {orders} old orders: {sample}");
                if callbacks == 0 {
                    println!();
                    grown.plain.push(sample);
                } else {
                    println!("; {callbacks} callbacks/s beside them, p99 {:.1} ms", calls.latency.p99);
                    assert_eq!(calls.busy + calls.failed(), 0, "callbacks were not accepted: {calls:?}");
                    grown.called.push(sample);
                    grown.calls_p99.push(calls.latency.p99);
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
                Self::rate(&self.called),
                statistics::median(self.calls_p99.iter().copied()),
                median(|it| it.started_ms.unwrap_or(f64::NAN))
            ),
        )
    }
}
