//! Refunds that wait for a slow platform, and the audit at that time.

use std::time::Duration;

use crate::on_each_platform;
use crate::platform::{AnswerFault, Op, PlannedFault};
use crate::support::{MINUTE, Platform, Shop, eventually};

/// Number of refunds: more than are made at once.
const REFUNDS: usize = 20;
/// Number of refunds that are made at once.
const AT_ONCE: usize = 16;

on_each_platform!(refunds_that_wait_for_a_slow_platform_are_not_forgotten);

async fn refunds_that_wait_for_a_slow_platform_are_not_forgotten<P: Platform>() {
    let shop = Shop::<P>::without_queries().await;
    let mut cases = Vec::new();
    for n in 0..REFUNDS {
        let case = shop.another(P::PRODUCTS[0], &format!("paid-{n}")).await;
        shop.pay_and_settle(&case.pay_id).await;
        cases.push(case);
    }
    for op in [Op::Query, Op::Refund, Op::RefundQuery] {
        let late = PlannedFault::next(op, AnswerFault::Late(Duration::from_secs(3)));
        shop.platform.plan_fault(late.times(1_000));
    }
    let calls = shop.platform.calls().len();
    for case in &cases {
        shop.app.admin_refund(&shop.admin, &case.order_id, None).await.expect(202);
    }
    let all = i64::try_from(REFUNDS).unwrap();
    let pending = || shop.app.number("pay", "SELECT count(*) AS n FROM pay_refund WHERE status = 0");
    let all_recorded = || async { (pending() == all).then_some(()) };
    eventually(Duration::from_secs(5), "the refunds in the store of the payments", all_recorded).await;
    let audit = async {
        shop.app.until(|| shop.platform.calls().len() >= calls + AT_ONCE).await;
        // All are overdue: some are being made, and the rest waits for them.
        shop.app.clock.advance(Duration::from_secs(45));
        let overdue = format!("SELECT count(*) AS n FROM pay_refund WHERE due_time < {}", shop.app.clock.now().0);
        let (overdue, report) = (shop.app.number("pay", &overdue), shop.app.audit());
        shop.platform.clear_faults();
        (overdue, report)
    };
    let ((), (overdue, report)) = tokio::join!(shop.app.settle(), audit);
    assert_eq!(overdue, all);
    assert!(report.ok, "{}", serde_json::to_string_pretty(&report).unwrap());
    shop.advance(MINUTE * 5).await;
    assert_eq!(pending(), 0);
    shop.finish().await;
}
