//! Answers of Alipay's that do not come, not whole, or not from Alipay: whether it did what was asked is unknown then,
//! and asked for again under the same number, until it is known. Nobody is charged or refunded twice meanwhile.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::alipay::platform::{CODE, PAGE, Shop};
use crate::platform::{Alipay, AnswerFault, Op, PlannedFault, Sending, Stage};
use crate::support::Case;

/// What may come instead of an answer; nothing of it says what happened.
const HOWS: [AnswerFault; 14] = [
    AnswerFault::Breaks,
    AnswerFault::BreaksOff,
    AnswerFault::Status(500),
    AnswerFault::Status(503),
    AnswerFault::Status(302),
    AnswerFault::Garbage,
    AnswerFault::Html,
    AnswerFault::Unsigned,
    AnswerFault::BadSignature,
    AnswerFault::OtherKey,
    AnswerFault::Altered,
    AnswerFault::Error("ACQ.SYSTEM_ERROR"),
    AnswerFault::Error("20000"),
    AnswerFault::UnsignedError("isp.unknow-error"),
];
/// Longer than anybody waits for an answer.
const TOO_LONG: Duration = Duration::from_secs(11);

/// All of those and these, each with and without its work being done.
fn ways(more: &[AnswerFault]) -> impl Iterator<Item = (AnswerFault, bool)> {
    let all: Vec<AnswerFault> = HOWS.iter().chain(more).copied().collect();
    all.into_iter().flat_map(|how| [(how, true), (how, false)])
}

fn upset(op: Op, how: AnswerFault, is_done: bool) -> PlannedFault {
    let upset = PlannedFault::next(op, how);
    if is_done { upset } else { upset.without_effect() }
}

impl Shop {
    /// Pays, and has the order paid once.
    async fn pay_one(&self, case: &Case) {
        self.platform.pay(&case.pay_id).await;
        self.settle().await;
        self.assert_one(case).await;
    }

    /// An order of 1000.00 is paid once.
    async fn assert_one(&self, case: &Case) {
        self.assert_order(case, "confirmed", "paid").await;
        self.assert_payment(case, "paid").await;
        assert_eq!(self.ledger(case), (100_000, 0));
        let log = format!("SELECT count(*) AS n FROM pay_log WHERE order_id = {}", case.order_id);
        assert_eq!(self.app.number("pay", &log), 1);
    }

    /// No more than one refund of 1000.00 was made.
    async fn assert_back(&self, case: &Case) {
        self.assert_order(case, "refunded", "paid").await;
        self.assert_payment(case, "refunded").await;
        let trade = self.platform.trade(&case.pay_id);
        assert_eq!((trade.charged(), trade.refunded(), trade.refunds.len()), (100_000, 100_000, 1));
    }
}

#[actix_web::test]
async fn a_create_call_without_an_answer_ends_in_one_payment() {
    let shop = Shop::without_queries().await;
    for (n, (how, is_done)) in ways(&[AnswerFault::UnsignedError("ACQ.APPLY_PC_MERCHANT_CODE_ERROR")]).enumerate() {
        let key = format!("order-{n}");
        let order_id = shop.order(&key).await;
        shop.platform.plan_fault(upset(Op::Create, how, is_done));
        shop.start(CODE, &key, &order_id).await.expect_problem(503, "busy");
        let again = shop.start(CODE, &key, &order_id).await.expect(201);
        let first = Case { order_id: order_id.clone(), pay_id: again.text_of("pay_id") };
        let mut case = first.clone();
        if is_done {
            // Nobody knows where it could be paid, and Alipay does not tell twice.
            assert_eq!((&again.body["status"], &again.body["checkout"]), (&json!("closed"), &Value::Null), "{how:?}");
            let other = shop.start(CODE, &format!("{key}-other"), &order_id).await.expect(201);
            assert_ne!(other.text_of("pay_id"), first.pay_id);
            shop.open_checkout(&other).await;
            case.pay_id = other.text_of("pay_id");
        } else {
            assert_eq!(again.body["status"], "unpaid", "{how:?}");
            shop.open_checkout(&again).await;
        }
        shop.pay_one(&case).await;
        assert_eq!(shop.ledger(&first).0, if is_done { 0 } else { 100_000 });
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_payment_whose_code_was_lost_stays_closed_for_its_key_and_may_be_paid_anew() {
    let shop = Shop::with(Alipay::start().await, &[]).await;
    let order_id = shop.order("order").await;
    shop.platform.plan_fault(PlannedFault::next(Op::Create, AnswerFault::Breaks));
    shop.start(CODE, "first", &order_id).await.expect_problem(503, "busy");
    let calls = || shop.platform.calls().len();
    for _ in 0..3 {
        let again = shop.start(CODE, "first", &order_id).await.expect(201);
        assert_eq!((&again.body["status"], &again.body["checkout"]), (&json!("closed"), &Value::Null));
        assert_eq!(calls(), 2, "what is closed is not asked for again");
    }
    let second = shop.start(CODE, "second", &order_id).await.expect(201);
    shop.open_checkout(&second).await;
    let case = Case { order_id, pay_id: second.text_of("pay_id") };
    shop.pay_one(&case).await;
    assert_eq!(shop.app.number("pay", "SELECT count(*) AS n FROM pay"), 2);
    shop.finish().await;
}

#[actix_web::test]
async fn a_query_without_an_answer_is_repeated() {
    let shop = Shop::without_queries().await;
    for (n, (how, is_done)) in ways(&[AnswerFault::UnsignedError("ACQ.TRADE_NOT_EXIST")]).enumerate() {
        let case = shop.another(if n % 4 < 2 { PAGE } else { CODE }, &format!("order-{n}")).await;
        shop.platform.next_notice(Sending::lost());
        shop.platform.pay(&case.pay_id).await;
        shop.platform.plan_fault(upset(Op::Query, how, is_done));
        shop.query(&case.pay_id).await.expect_problem(503, "busy");
        shop.assert_payment(&case, "unpaid").await;
        assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "paid", "{how:?}");
        shop.settle().await;
        shop.assert_one(&case).await;
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_close_call_without_an_answer_leaves_the_order_open_until_the_outcome_is_known() {
    let shop = Shop::without_queries().await;
    let lies = ["ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_HAS_CLOSE", "ACQ.TRADE_STATUS_ERROR"].map(AnswerFault::UnsignedError);
    for (n, (how, is_done)) in ways(&lies).enumerate() {
        let case = shop.another(if n % 4 < 2 { PAGE } else { CODE }, &format!("order-{n}")).await;
        shop.platform.plan_fault(upset(Op::Close, how, is_done));
        shop.cancel(&case.order_id).await.expect_problem(503, "busy");
        shop.assert_order(&case, "confirmed", "paying").await;
        shop.assert_payment(&case, "unpaid").await;
        assert_eq!(shop.platform.trade(&case.pay_id).stage == Stage::Closed, is_done, "{how:?}");
        if n % 3 == 0 && !is_done {
            // It was still open: whoever pays now, has paid.
            shop.platform.next_notice(Sending::lost());
            shop.platform.pay(&case.pay_id).await;
            shop.cancel(&case.order_id).await.expect_problem(409, "order_not_cancellable");
            shop.settle().await;
            shop.assert_one(&case).await;
            continue;
        }
        shop.cancel(&case.order_id).await.expect(200);
        shop.settle().await;
        shop.assert_order(&case, "cancelled", "paying").await;
        shop.assert_payment(&case, "closed").await;
        assert_eq!((shop.platform.trade(&case.pay_id).stage, shop.ledger(&case)), (Stage::Closed, (0, 0)));
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_without_an_answer_is_made_once() {
    let shop = Shop::without_queries().await;
    let lies = ["ACQ.TRADE_NOT_EXIST", "ACQ.REASON_TRADE_REFUND_FEE_ERR"].map(AnswerFault::UnsignedError);
    for (n, (how, is_done)) in ways(&lies).enumerate() {
        let key = format!("order-{n}");
        let case = shop.another(if n % 4 < 2 { PAGE } else { CODE }, &key).await;
        shop.pay_one(&case).await;
        shop.platform.next_notice(Sending::lost());
        shop.platform.plan_fault(upset(Op::Refund, how, is_done));
        // Neither is it known when it is asked for.
        shop.platform.plan_fault(upset(Op::RefundQuery, how, is_done));
        shop.app.refund(&shop.zs, &key, &case.order_id).await.expect(202);
        shop.app.settle().await;
        assert_eq!(shop.ledger(&case).1, if is_done { 100_000 } else { 0 }, "{how:?}");
        shop.assert_payment(&case, "paid").await;
        assert_eq!(shop.pending_counts().await[1..], [1, 0]);
        for _ in 0..5 {
            shop.app.advance(Duration::from_secs(10)).await;
        }
        shop.assert_back(&case).await;
        assert_eq!(shop.pending_counts().await[1..], [0, 0]);
    }
    assert_eq!(shop.me().await.1, 100);
    shop.finish().await;
}

/// The four calls at once, as each waits as long as anybody does.
#[actix_web::test]
async fn an_answer_after_the_timeout_counts_as_no_answer() {
    let shop = Shop::without_queries().await;
    let orders = [shop.order("start-0").await, shop.order("start-1").await];
    let names = ["query", "close", "refund"];
    let mut cases = Vec::new();
    for (n, name) in names.iter().cycle().take(6).enumerate() {
        let case = shop.another(PAGE, &format!("{name}-{n}")).await;
        let how = if n < 3 { AnswerFault::Hangs } else { AnswerFault::Slow(TOO_LONG) };
        match *name {
            "query" => shop.platform.plan_fault(PlannedFault::next(Op::Query, how).of(&case.pay_id)),
            "close" => shop.platform.plan_fault(PlannedFault::next(Op::Close, how).of(&case.pay_id)),
            _ => shop.pay_one(&case).await,
        }
        cases.push(case);
    }
    for how in [AnswerFault::Hangs, AnswerFault::Slow(TOO_LONG)] {
        shop.platform.plan_fault(PlannedFault::next(Op::Create, how));
        shop.platform.plan_fault(PlannedFault::next(Op::Refund, how));
    }
    let starts = join_all(orders.iter().map(|order_id| shop.start(CODE, order_id, order_id)));
    let asks = join_all([&cases[0], &cases[3]].map(|case| shop.query(&case.pay_id)));
    let cancels = join_all([&cases[1], &cases[4]].map(|case| shop.cancel(&case.order_id)));
    let refunds = async {
        for case in [&cases[2], &cases[5]] {
            shop.app.refund(&shop.zs, &case.order_id, &case.order_id).await.expect(202);
        }
        shop.app.settle().await;
    };
    let (starts, asks, cancels, ()) = tokio::join!(starts, asks, cancels, refunds);
    for answer in starts.into_iter().chain(asks).chain(cancels) {
        answer.expect_problem(503, "busy");
    }
    for order_id in &orders {
        let again = shop.start(CODE, order_id, order_id).await.expect(201);
        assert_eq!(again.body["status"], "closed");
        let other = shop.start(CODE, &format!("{order_id}-other"), order_id).await.expect(201);
        shop.open_checkout(&other).await;
        shop.pay_one(&Case { order_id: order_id.clone(), pay_id: other.text_of("pay_id") }).await;
    }
    for case in [&cases[0], &cases[3]] {
        assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "unpaid");
        shop.pay_one(case).await;
    }
    for case in [&cases[1], &cases[4]] {
        assert_eq!(shop.platform.trade(&case.pay_id).stage, Stage::Closed);
        shop.assert_order(case, "confirmed", "paying").await;
        shop.cancel(&case.order_id).await.expect(200);
        shop.assert_payment(case, "closed").await;
    }
    shop.app.advance(Duration::from_secs(60)).await;
    for case in [&cases[2], &cases[5]] {
        shop.assert_back(case).await;
    }
    shop.settle().await;
    shop.finish().await;
}
