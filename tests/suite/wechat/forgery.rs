//! What is wrong with a callback of WeChat Pay: tables of it, what each is answered, and what is kept of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::platform::wechat::Wrong;
use crate::platform::{AnswerFault, Course, Op, PlannedFault, RefundState, Sending};
use crate::support::{Balances, Case, MINUTE};
use crate::wechat::platform::{SCAN, Shop};

const NONE: [&str; 0] = [];
/// After the first delivery.
const AGAIN: Duration = Duration::from_secs(15);

/// Orders of 1000.00 that were paid so far: their customer's points.
fn points(paid: usize) -> i64 {
    100 + 1000 * i64::try_from(paid).unwrap()
}

/// An order of 1000.00 in each of its states.
fn plain(balances: Balances, points: i64) -> Balances {
    let fen = |golden: i64| if golden == 0 { 0 } else { 100_000 };
    Balances {
        points,
        charged: fen(balances.charged),
        back: fen(balances.back),
        refunded: fen(balances.refunded),
        ..balances
    }
}

impl Shop {
    /// A payment whose first callback has this wrong with it: it is refused like this, for this reason where it is
    /// kept; what comes next is believed.
    async fn first_is_wrong(&self, n: usize, wrong: Wrong, status: u16, reason: Option<&str>) {
        let Case { order_id, pay_id } = self.another(SCAN, &format!("{wrong:?}-{n}")).await;
        let before = self.app.rows();
        self.platform.notices_of(&pay_id, Sending::wrong(wrong, 1));
        self.platform.pay(&pay_id).await;
        self.app.settle().await;
        let refused = self.platform.deliveries(&pay_id).pop().unwrap();
        let reply: Value = serde_json::from_str(&refused.reply).unwrap_or_else(|_| panic!("{wrong:?} {refused:?}"));
        assert_eq!((refused.status, &reply["code"]), (status, &json!("FAIL")), "{wrong:?}: {reply}");
        let waits = Balances { charged: 100_000, ..plain(Balances::unpaid(), points(n)) };
        assert_eq!(self.balances(&order_id, &pay_id).await, waits, "{wrong:?}");
        assert_eq!(self.parked().await, reason.as_slice(), "{wrong:?}");
        let mut expected = before;
        *expected.get_mut("pay.pay_notice").unwrap() += i64::from(reason.is_some());
        assert_eq!(self.app.rows(), expected, "{wrong:?}");
        let due = self.platform.next_due().unwrap();
        assert_eq!(due.since(self.platform.trade(&pay_id).paid.unwrap().at), AGAIN, "{wrong:?}");
        self.next_delivery().await;
        self.app.settle().await;
        assert_eq!(self.platform.reply_statuses(&pay_id), [status, 204], "{wrong:?}");
        assert_eq!(self.balances(&order_id, &pay_id).await, plain(Balances::paid(), points(n + 1)), "{wrong:?}");
        assert_eq!(self.parked().await, NONE, "{wrong:?}");
    }
}

#[actix_web::test]
async fn a_notice_without_a_valid_signature_or_encryption_is_refused_and_the_next_one_accepted() {
    let shop = Shop::open().await;
    for (n, (wrong, status)) in [
        (Wrong::Signature, 401),
        (Wrong::NoSignature, 401),
        (Wrong::EmptySignature, 401),
        (Wrong::SignTest, 401),
        (Wrong::OtherKey, 401),
        (Wrong::UnknownSerial, 401),
        (Wrong::OtherSerial, 401),
        (Wrong::NoSerial, 401),
        (Wrong::Sha1, 401),
        (Wrong::Timestamp, 401),
        (Wrong::Nonce, 401),
        (Wrong::Altered, 401),
        // Signed well: what is wrong may be our own key, and it is to come again.
        (Wrong::Aad, 503),
        (Wrong::ApiKey, 503),
        (Wrong::Algorithm, 422),
        (Wrong::OriginalType, 422),
    ]
    .into_iter()
    .enumerate()
    {
        shop.first_is_wrong(n, wrong, status, None).await;
    }
    shop.finish().await;
}

#[actix_web::test]
async fn an_unknown_event_is_accepted_without_effect() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    let before = shop.app.rows();
    shop.platform.notices_of(&pay_id, Sending::wrong(Wrong::Event, 1));
    shop.platform.pay(&pay_id).await;
    assert_eq!((shop.platform.reply_statuses(&pay_id), shop.app.rows()), (vec![204], before));
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances { charged: 88_000, ..Balances::unpaid() });
    // Nothing will come again: it is asked for.
    shop.advance(MINUTE).await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.finish().await;
}

#[actix_web::test]
async fn a_signed_notice_that_does_not_match_the_payment_is_parked_with_its_reason() {
    let shop = Shop::open().await;
    for (n, (wrong, reason)) in [
        (Wrong::Amount, "the amount differs"),
        (Wrong::Currency, "the currency differs"),
        (Wrong::App, "the application differs"),
        (Wrong::Merchant, "the merchant differs"),
        (Wrong::Order, "the payment is unknown"),
    ]
    .into_iter()
    .enumerate()
    {
        shop.first_is_wrong(n, wrong, 422, Some(reason)).await;
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_signed_notice_that_does_not_match_the_refund_is_parked_with_its_reason() {
    let shop = Shop::open().await;
    for (n, (wrong, reason)) in [
        (Wrong::Amount, "the amount of the refund differs"),
        (Wrong::Currency, "the currency differs"),
        (Wrong::Merchant, "the merchant differs"),
        (Wrong::Order, "the payment is unknown"),
        (Wrong::Refund, "the refund is not ours"),
    ]
    .into_iter()
    .enumerate()
    {
        let Case { order_id, pay_id } = shop.another(SCAN, &format!("order-{n}")).await;
        shop.pay_and_settle(&pay_id).await;
        shop.platform.notices_of(&pay_id, Sending::wrong(wrong, 1));
        shop.platform.next_refund(Course::AT_ONCE);
        // It is done and its answer is lost; the notice has it wrong.
        shop.platform.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::Breaks));
        shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
        shop.settle().await;
        assert_eq!(shop.platform.reply_statuses(&pay_id), [204, 422], "{wrong:?}");
        assert_eq!(shop.parked().await, [reason], "{wrong:?}");
        let waits = Balances { payment: "paid".to_owned(), back: 0, ..plain(Balances::refunded(), 100) };
        assert_eq!(shop.balances(&order_id, &pay_id).await, waits, "{wrong:?}");
        shop.next_delivery().await;
        assert_eq!(
            (shop.platform.reply_statuses(&pay_id), shop.parked().await.len()),
            (vec![204, 422, 204], 0),
            "{wrong:?}"
        );
        shop.settle().await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, plain(Balances::refunded(), 100), "{wrong:?}");
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_notice_with_a_stale_or_future_timestamp_is_refused_and_the_next_one_accepted() {
    let shop = Shop::open().await;
    for (n, wrong) in [Wrong::Stale, Wrong::Future].into_iter().enumerate() {
        shop.first_is_wrong(n, wrong, 401, None).await;
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_that_failed_and_is_told_wrong_parks_nothing() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    shop.platform.notices_of(&pay_id, Sending::wrong(Wrong::Amount, 1));
    shop.platform.next_refund(Course::later(MINUTE, RefundState::Abnormal));
    shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
    shop.settle().await;
    shop.app.clock.advance(MINUTE);
    shop.platform.tick().await;
    assert_eq!((shop.platform.reply_statuses(&pay_id), shop.pending_counts().await), (vec![204, 422], [0, 1, 0]));
    shop.next_delivery().await;
    assert_eq!((shop.platform.reply_statuses(&pay_id), shop.pending_counts().await), (vec![204, 422, 204], [0, 0, 1]));
    shop.finish().await;
}
