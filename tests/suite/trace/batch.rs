//! Many traces meet in a batch.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use tradepost::actor::fault::Fault;

use super::collector::{Collector, trace_of};
use crate::support::{GOODS, OrderBody};

#[actix_web::test]
async fn a_batch_is_a_span_that_links_to_its_tasks_and_they_to_it() {
    let collector = Collector::open().await;
    let app = collector
        .app(&[
            ("ORDERS__UNPAID_ORDERS_MAX", "0"),
            ("ORDERS__UNPAID_UNITS_MAX", "0"),
            ("ORDERS__UNPAID_UNITS_IN_ALL_MAX", "0"),
        ])
        .await;
    let zs = app.zs().await;
    // While the first batch waits, the other orders gather.
    app.faults.plan("goods.apply", Fault::Delay(Duration::from_millis(300)), 0, 1);
    let place = |n: u32| {
        let (app, zs) = (&app, &zs);
        async move { app.order(zs, &format!("order-{n}"), &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id") }
    };
    let orders = join_all((0..8).map(place)).await;
    app.finish().await;

    let spans = collector.spans();
    let traces: BTreeSet<String> = orders.iter().map(|order_id| trace_of(order_id)).collect();
    let batches = spans.0.iter().filter(|span| span.name == "goods write batch");
    let largest = batches.max_by_key(|batch| batch.links.len()).unwrap();
    assert!(largest.links.len() > 1, "no two tasks met: {largest:?}");
    assert!(
        !traces.contains(&largest.trace) && largest.parent.is_empty(),
        "the batch belongs to no order: {largest:?}"
    );
    let linked: BTreeSet<&String> = largest.links.iter().map(|(trace, _)| trace).collect();
    assert_eq!(linked.len(), largest.links.len(), "each task is of another order");
    for (trace, id) in &largest.links {
        let task = spans.of_trace(trace);
        let task = task.find(id).unwrap_or_else(|| panic!("the task {id} was not sent"));
        assert!(traces.contains(trace) && task.name == "goods Reserve", "{task:?}");
        assert_eq!(task.links, [(largest.trace.clone(), largest.id.clone())]);
    }
}
