//! Answers of Alipay's that do not come, not whole, or not from Alipay: whether it did what was asked is unknown then,
//! and asked for again under the same number, until it is known. Nobody is charged or refunded twice meanwhile.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::alipay::desk::{CODE, Case, Desk, PAGE};
use crate::platform::{How, Op, Sending, Stage, Upset};

/// What may come instead of an answer; nothing of it says what happened.
const HOWS: [How; 14] = [
    How::Breaks,
    How::BreaksOff,
    How::Status(500),
    How::Status(503),
    How::Status(302),
    How::Garbage,
    How::Html,
    How::Unsigned,
    How::BadSignature,
    How::OtherKey,
    How::Altered,
    How::Says("ACQ.SYSTEM_ERROR"),
    How::Says("20000"),
    How::SaysUnsigned("isp.unknow-error"),
];
/// Longer than anybody waits for an answer.
const TOO_LONG: Duration = Duration::from_secs(11);

/// All of those and these, each with and without its work being done.
fn ways(more: &[How]) -> impl Iterator<Item = (How, bool)> {
    let all: Vec<How> = HOWS.iter().chain(more).copied().collect();
    all.into_iter().flat_map(|how| [(how, true), (how, false)])
}

fn upset(op: Op, how: How, is_done: bool) -> Upset {
    let upset = Upset::next(op, how);
    if is_done { upset } else { upset.undone() }
}

impl Desk {
    /// Pays, and has the order paid once.
    async fn pay_one(&self, case: &Case) {
        self.alipay.pay(&case.pay_id).await;
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
        let trade = self.alipay.trade(&case.pay_id);
        assert_eq!((trade.charged(), trade.refunded(), trade.refunds.len()), (100_000, 100_000, 1));
    }
}

#[actix_web::test]
async fn a_create_call_without_an_answer_ends_in_one_payment() {
    let desk = Desk::deaf().await;
    for (n, (how, is_done)) in ways(&[How::SaysUnsigned("ACQ.APPLY_PC_MERCHANT_CODE_ERROR")]).enumerate() {
        let key = format!("order-{n}");
        let order_id = desk.order(&key).await;
        desk.alipay.upset(upset(Op::Create, how, is_done));
        desk.start(CODE, &key, &order_id).await.expect_problem(503, "busy");
        let again = desk.start(CODE, &key, &order_id).await.expect(201);
        let first = Case { order_id: order_id.clone(), pay_id: again.text_of("pay_id") };
        let mut case = first.clone();
        if is_done {
            // Nobody knows where it could be paid, and Alipay does not tell twice.
            assert_eq!((&again.body["status"], &again.body["checkout"]), (&json!("closed"), &Value::Null), "{how:?}");
            let other = desk.start(CODE, &format!("{key}-other"), &order_id).await.expect(201);
            assert_ne!(other.text_of("pay_id"), first.pay_id);
            desk.arrive(&other).await;
            case.pay_id = other.text_of("pay_id");
        } else {
            assert_eq!(again.body["status"], "unpaid", "{how:?}");
            desk.arrive(&again).await;
        }
        desk.pay_one(&case).await;
        assert_eq!(desk.ledger(&first).0, if is_done { 0 } else { 100_000 });
    }
    desk.finish().await;
}

#[actix_web::test]
async fn a_payment_whose_code_was_lost_stays_closed_for_its_key_and_may_be_paid_anew() {
    let desk = Desk::open().await;
    let order_id = desk.order("order").await;
    desk.alipay.upset(Upset::next(Op::Create, How::Breaks));
    desk.start(CODE, "first", &order_id).await.expect_problem(503, "busy");
    let calls = || desk.alipay.calls().len();
    for _ in 0..3 {
        let again = desk.start(CODE, "first", &order_id).await.expect(201);
        assert_eq!((&again.body["status"], &again.body["checkout"]), (&json!("closed"), &Value::Null));
        assert_eq!(calls(), 2, "what is closed is not asked for again");
    }
    let second = desk.start(CODE, "second", &order_id).await.expect(201);
    desk.arrive(&second).await;
    let case = Case { order_id, pay_id: second.text_of("pay_id") };
    desk.pay_one(&case).await;
    assert_eq!(desk.app.number("pay", "SELECT count(*) AS n FROM pay"), 2);
    desk.finish().await;
}

#[actix_web::test]
async fn a_query_without_an_answer_is_repeated() {
    let desk = Desk::deaf().await;
    for (n, (how, is_done)) in ways(&[How::SaysUnsigned("ACQ.TRADE_NOT_EXIST")]).enumerate() {
        let case = desk.another(if n % 4 < 2 { PAGE } else { CODE }, &format!("order-{n}")).await;
        desk.alipay.next_notice(Sending::lost());
        desk.alipay.pay(&case.pay_id).await;
        desk.alipay.upset(upset(Op::Query, how, is_done));
        desk.ask(&case).await.expect_problem(503, "busy");
        desk.assert_payment(&case, "unpaid").await;
        assert_eq!(desk.ask(&case).await.expect(200).body["status"], "paid", "{how:?}");
        desk.settle().await;
        desk.assert_one(&case).await;
    }
    desk.finish().await;
}

#[actix_web::test]
async fn a_close_call_without_an_answer_leaves_the_order_open_until_the_outcome_is_known() {
    let desk = Desk::deaf().await;
    let lies = ["ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_HAS_CLOSE", "ACQ.TRADE_STATUS_ERROR"].map(How::SaysUnsigned);
    for (n, (how, is_done)) in ways(&lies).enumerate() {
        let case = desk.another(if n % 4 < 2 { PAGE } else { CODE }, &format!("order-{n}")).await;
        desk.alipay.upset(upset(Op::Close, how, is_done));
        desk.cancel(&case).await.expect_problem(503, "busy");
        desk.assert_order(&case, "confirmed", "paying").await;
        desk.assert_payment(&case, "unpaid").await;
        assert_eq!(desk.alipay.trade(&case.pay_id).stage == Stage::Closed, is_done, "{how:?}");
        if n % 3 == 0 && !is_done {
            // It was still open: whoever pays now, has paid.
            desk.alipay.next_notice(Sending::lost());
            desk.alipay.pay(&case.pay_id).await;
            desk.cancel(&case).await.expect_problem(409, "order_not_cancellable");
            desk.settle().await;
            desk.assert_one(&case).await;
            continue;
        }
        desk.cancel(&case).await.expect(200);
        desk.settle().await;
        desk.assert_order(&case, "cancelled", "paying").await;
        desk.assert_payment(&case, "closed").await;
        assert_eq!((desk.alipay.trade(&case.pay_id).stage, desk.ledger(&case)), (Stage::Closed, (0, 0)));
    }
    desk.finish().await;
}

#[actix_web::test]
async fn a_refund_without_an_answer_is_made_once() {
    let desk = Desk::deaf().await;
    let lies = ["ACQ.TRADE_NOT_EXIST", "ACQ.REASON_TRADE_REFUND_FEE_ERR"].map(How::SaysUnsigned);
    for (n, (how, is_done)) in ways(&lies).enumerate() {
        let key = format!("order-{n}");
        let case = desk.another(if n % 4 < 2 { PAGE } else { CODE }, &key).await;
        desk.pay_one(&case).await;
        desk.alipay.next_notice(Sending::lost());
        desk.alipay.upset(upset(Op::Refund, how, is_done));
        // Neither is it known when it is asked for.
        desk.alipay.upset(upset(Op::RefundQuery, how, is_done));
        desk.app.refund(&desk.zs, &key, &case.order_id).await.expect(202);
        desk.app.settle().await;
        assert_eq!(desk.ledger(&case).1, if is_done { 100_000 } else { 0 }, "{how:?}");
        desk.assert_payment(&case, "paid").await;
        assert_eq!(desk.unsettled().await[1..], [1, 0]);
        for _ in 0..5 {
            desk.app.advance(Duration::from_secs(10)).await;
        }
        desk.assert_back(&case).await;
        assert_eq!(desk.unsettled().await[1..], [0, 0]);
    }
    assert_eq!(desk.me().await.1, 100);
    desk.finish().await;
}

/// The four calls at once, as each waits as long as anybody does.
#[actix_web::test]
async fn an_answer_after_the_timeout_counts_as_no_answer() {
    let desk = Desk::deaf().await;
    let orders = [desk.order("start-0").await, desk.order("start-1").await];
    let names = ["query", "close", "refund"];
    let mut cases = Vec::new();
    for (n, name) in names.iter().cycle().take(6).enumerate() {
        let case = desk.another(PAGE, &format!("{name}-{n}")).await;
        let how = if n < 3 { How::Hangs } else { How::Slow(TOO_LONG) };
        match *name {
            "query" => desk.alipay.upset(Upset::next(Op::Query, how).of(&case.pay_id)),
            "close" => desk.alipay.upset(Upset::next(Op::Close, how).of(&case.pay_id)),
            _ => desk.pay_one(&case).await,
        }
        cases.push(case);
    }
    for how in [How::Hangs, How::Slow(TOO_LONG)] {
        desk.alipay.upset(Upset::next(Op::Create, how));
        desk.alipay.upset(Upset::next(Op::Refund, how));
    }
    let starts = join_all(orders.iter().map(|order_id| desk.start(CODE, order_id, order_id)));
    let asks = join_all([&cases[0], &cases[3]].map(|case| desk.ask(case)));
    let cancels = join_all([&cases[1], &cases[4]].map(|case| desk.cancel(case)));
    let refunds = async {
        for case in [&cases[2], &cases[5]] {
            desk.app.refund(&desk.zs, &case.order_id, &case.order_id).await.expect(202);
        }
        desk.app.settle().await;
    };
    let (starts, asks, cancels, ()) = tokio::join!(starts, asks, cancels, refunds);
    for answer in starts.into_iter().chain(asks).chain(cancels) {
        answer.expect_problem(503, "busy");
    }
    for order_id in &orders {
        let again = desk.start(CODE, order_id, order_id).await.expect(201);
        assert_eq!(again.body["status"], "closed");
        let other = desk.start(CODE, &format!("{order_id}-other"), order_id).await.expect(201);
        desk.arrive(&other).await;
        desk.pay_one(&Case { order_id: order_id.clone(), pay_id: other.text_of("pay_id") }).await;
    }
    for case in [&cases[0], &cases[3]] {
        assert_eq!(desk.ask(case).await.expect(200).body["status"], "unpaid");
        desk.pay_one(case).await;
    }
    for case in [&cases[1], &cases[4]] {
        assert_eq!(desk.alipay.trade(&case.pay_id).stage, Stage::Closed);
        desk.assert_order(case, "confirmed", "paying").await;
        desk.cancel(case).await.expect(200);
        desk.assert_payment(case, "closed").await;
    }
    desk.app.advance(Duration::from_secs(60)).await;
    for case in [&cases[2], &cases[5]] {
        desk.assert_back(case).await;
    }
    desk.settle().await;
    desk.finish().await;
}
