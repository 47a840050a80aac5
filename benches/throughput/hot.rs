//! Sells out one product under load: exactly the stock must be sold.

use super::contest::Results;
use super::harness::generator::Kind;
use super::harness::seed;
use super::sample::{Contestant, Engine};
use super::stage::Stage;
use super::table::Row;

/// The stock, as a share of what could be sold in the run. The product is sold out well before the end.
const SHARE: f64 = 0.3;

/// Orders the scarce goods until they are sold out, and checks the number of units sold.
pub fn sell_out(stage: &Stage, results: &Results) -> Row {
    let connections = stage.args.most();
    let hot = results.rate(Contestant::Shop { engine: Engine::Sqlite, kind: Kind::Hot, connections }).unwrap();
    let stock = (hot * stage.args.seconds as f64 * SHARE) as u64;
    let task = stage.task(Kind::Scarce, connections);
    let report = stage.on_a_copy_with(&[], &task, |data| seed::stock_scarce(&data.url, &task.shop, stock));
    let (made, orders) = (report.outcome.made, &report.outcome.phases[0].orders);
    let refused = orders.errors.get("409 insufficient_stock").copied().unwrap_or(0);
    assert_eq!(made, stock, "orders made, units in stock");
    assert!(refused > 0 && refused == orders.failed(), "{:?}", orders.errors);
    let what = format!("d. sold out, {connections} connections");
    Row::new(what, format!("{made} of {stock} units sold, {refused} orders refused")).goal("exactly the stock")
}
