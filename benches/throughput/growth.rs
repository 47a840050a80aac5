//! Stores that have grown: the same load on stores with many old orders, and how long the application takes to start there.

use super::contest::Sample;
use super::harness::generator::Kind;
use super::harness::run::Task;
use super::harness::shop::Shop;
use super::harness::template::Template;
use super::harness::{books, statistics};
use super::stage::Stage;
use super::table::Row;

/// The old messages are to stay where they are.
const SETTINGS: [(&str, &str); 1] = [("TRADEPOST__RELAY__RETENTION", "87600h")];

/// Measures each size; the runs of one follow each other on the same data.
pub fn measure(stage: &Stage) -> Vec<Row> {
    let connections = stage.args.most();
    let mut rows = Vec::new();
    let mut smallest = None;
    for orders in stage.args.growth.iter().copied() {
        let folder = stage.home.join("grown");
        let data = super::harness::process::Data::embedded(folder.clone());
        if orders > 0 {
            books::fill(&data.url, orders);
        }
        let coupons = stage.shop().coupons * stage.args.rounds as u64;
        let template = Template::new(folder.clone(), Shop { coupons, payments: 0, ..stage.shop() });
        let mut samples = Vec::new();
        let mut first = 0;
        for round in 1..=stage.args.rounds {
            let task = Task { shop: template.shop, first, ..stage.task(Kind::Spread, connections) };
            let report = template.run(&SETTINGS, &task);
            first = report.outcome.next;
            let sample = Sample::of(&report);
            println!("round {round}, on {orders} old orders: {sample}");
            samples.push(sample);
        }
        std::fs::remove_dir_all(folder).unwrap();
        let median = |of: fn(&Sample) -> f64| statistics::median(samples.iter().map(of));
        let (rate, started) = (median(|it| it.per_second), median(|it| it.started_ms.unwrap_or(f64::NAN)));
        let p99 = median(|it| it.latency_ms.map_or(f64::NAN, |latency| latency[1]));
        let of = *smallest.get_or_insert(rate);
        rows.push(
            Row::new(
                format!("g. on {orders} old orders, {connections} connections"),
                format!("{rate:.0} orders/s, p99 {p99:.1} ms; starts in {started:.0} ms"),
            )
            .ratio(format!("{:.2} x the first", rate / of)),
        );
    }
    rows
}
