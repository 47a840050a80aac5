//! Partial refunds, and refunds for which the merchant has no money yet.

use crate::on_each_platform;
use crate::platform::{AnswerFault, Op, PlannedFault};
use crate::support::{Balances, MINUTE, Platform, Reply, Shop};

on_each_platform!(
    a_refund_without_funds_is_repeated_until_the_merchant_has_money,
    parts_are_refunded_up_to_what_was_paid_and_none_counts_as_a_payment,
);

async fn parts_are_refunded_up_to_what_was_paid_and_none_counts_as_a_payment<P: Platform>() {
    for product in P::PRODUCTS {
        let shop = Shop::<P>::open().await;
        let case = shop.paid(product).await;
        for (amount, back) in [("300.00", 30_000), ("0.01", 30_001), ("500.00", 80_001)] {
            shop.app.admin_refund(&shop.admin, &case.order_id, Some(amount)).await.expect(202);
            shop.settle().await;
            let balances = shop.balances(&case.order_id, &case.pay_id).await;
            // One point per whole unit, in proportion.
            let points = 980 - back / 100;
            assert_eq!(balances, Balances { back, refunded: back, points, ..Balances::paid() });
            shop.app.clock.advance(MINUTE);
        }
        let too_much = shop.app.admin_refund(&shop.admin, &case.order_id, Some("80.00")).await;
        too_much.expect_problem(422, "invalid_request");
        shop.app.admin_refund(&shop.admin, &case.order_id, Some("79.99")).await.expect(202);
        shop.settle().await;
        shop.assert_refunded(&case).await;
        let nothing_left = shop.app.admin_refund(&shop.admin, &case.order_id, Some("0.01")).await;
        nothing_left.expect_problem(409, "order_not_refundable");
        shop.assert_replies(&case, &[Reply::Accepted; 5]);
        assert_eq!(shop.app.number("pay", "SELECT count(*) AS n FROM pay_log"), 1);
        assert_eq!(shop.app.number("pay", "SELECT count(*) AS n FROM pay_refund WHERE status = 1"), 4);
        assert!(shop.parked().await.is_empty());
        shop.finish().await;
    }
}

async fn a_refund_without_funds_is_repeated_until_the_merchant_has_money<P: Platform>() {
    let shop = Shop::<P>::open().await;
    let case = shop.paid(P::PRODUCTS[0]).await;
    shop.platform.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::Error(P::NO_FUNDS)).without_effect().times(3));
    shop.app.admin_refund(&shop.admin, &case.order_id, None).await.expect(202);
    shop.settle().await;
    for _ in 0..3 {
        let refunds = shop.platform.trade(&case.pay_id).refunds.len();
        assert_eq!((shop.pending_counts().await, shop.ledger(&case), refunds), ([0, 1, 0], (88_000, 0), 0));
        shop.advance(MINUTE * 5).await;
    }
    shop.assert_refunded(&case).await;
    assert_eq!(shop.pending_counts().await, [0, 0, 0]);
    let calls: Vec<_> = shop.platform.calls().into_iter().filter(|call| call.op == Some(Op::Refund)).collect();
    assert_eq!(calls.len(), 4);
    assert!(calls.iter().all(|call| call.body == calls[0].body), "the calls differ: {calls:?}");
    shop.finish().await;
}
