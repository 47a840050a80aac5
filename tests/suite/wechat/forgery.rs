//! Faulty callbacks of WeChat Pay: for each fault the shop's answer, and whether the notice is parked.

use std::time::Duration;

use serde_json::{Value, json};

use crate::platform::wechat::Wrong;
use crate::platform::{AnswerFault, Course, Op, PlannedFault, RefundState, Sending};
use crate::support::{Balances, Case, MINUTE};
use crate::wechat::platform::{SCAN, Shop};

/// Time from the first delivery of a notice to the second.
const SECOND_DELIVERY_AFTER: Duration = Duration::from_secs(15);

/// Returns the customer's points after `paid` orders of 1000.00.
fn points(paid: usize) -> i64 {
    100 + 1000 * i64::try_from(paid).unwrap()
}

/// Converts the balances of the golden order to those of an order of 1000.00.
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
    /// Pays an order whose first callback has the fault `wrong`. Asserts that it is refused with `status` and parked
    /// with `reason`, if any, and that the second callback is accepted. `n` is the number of orders paid before.
    async fn assert_first_callback_is_refused(&self, n: usize, wrong: Wrong, status: u16, reason: Option<&str>) {
        let Case { order_id, pay_id } = self.another(SCAN, &format!("{wrong:?}-{n}")).await;
        let before = self.app.rows();
        self.platform.notices_of(&pay_id, Sending::wrong(wrong, 1));
        self.platform.pay(&pay_id).await;
        self.app.settle().await;
        let refused = self.platform.deliveries(&pay_id).pop().unwrap();
        let reply: Value = serde_json::from_str(&refused.reply).unwrap_or_else(|_| panic!("{wrong:?} {refused:?}"));
        assert_eq!((refused.status, &reply["code"]), (status, &json!("FAIL")), "{wrong:?}: {reply}");
        let pending = Balances { charged: 100_000, ..plain(Balances::unpaid(), points(n)) };
        assert_eq!(self.balances(&order_id, &pay_id).await, pending, "{wrong:?}");
        assert_eq!(self.parked().await, reason.as_slice(), "{wrong:?}");
        let mut expected = before;
        *expected.get_mut("pay.pay_notice").unwrap() += i64::from(reason.is_some());
        *expected.get_mut("pay.pay_parked").unwrap() += i64::from(reason.is_some());
        assert_eq!(self.app.rows(), expected, "{wrong:?}");
        let due = self.platform.next_due().unwrap();
        assert_eq!(due.since(self.platform.trade(&pay_id).paid.unwrap().at), SECOND_DELIVERY_AFTER, "{wrong:?}");
        self.next_delivery().await;
        self.app.settle().await;
        assert_eq!(self.platform.reply_statuses(&pay_id), [status, 204], "{wrong:?}");
        assert_eq!(self.balances(&order_id, &pay_id).await, plain(Balances::paid(), points(n + 1)), "{wrong:?}");
        // What named another payment is another notice, also under the same number.
        let parked = reason.filter(|_| matches!(wrong, Wrong::Order));
        assert_eq!(self.parked().await, parked.as_slice(), "{wrong:?}");
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
        // The signature is valid, so the fault may be the shop's own key. The platform must repeat the notice.
        (Wrong::Aad, 503),
        (Wrong::ApiKey, 503),
        (Wrong::Algorithm, 422),
        (Wrong::OriginalType, 422),
    ]
    .into_iter()
    .enumerate()
    {
        shop.assert_first_callback_is_refused(n, wrong, status, None).await;
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
    // The notice is not repeated. A query finds the payment.
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
        shop.assert_first_callback_is_refused(n, wrong, 422, Some(reason)).await;
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
        (Wrong::Refund, "the refund is not ours"),
        (Wrong::Order, "the payment is unknown"),
    ]
    .into_iter()
    .enumerate()
    {
        let Case { order_id, pay_id } = shop.another(SCAN, &format!("order-{n}")).await;
        shop.pay_and_settle(&pay_id).await;
        shop.platform.notices_of(&pay_id, Sending::wrong(wrong, 1));
        shop.platform.next_refund(Course::AT_ONCE);
        // The refund is made and its answer is lost. The notice of it is faulty.
        shop.platform.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::Breaks));
        shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
        shop.settle().await;
        assert_eq!(shop.platform.reply_statuses(&pay_id), [204, 422], "{wrong:?}");
        assert_eq!(shop.parked().await, [reason], "{wrong:?}");
        let paid = plain(Balances::paid(), 1_100);
        let pending = Balances { refunded: paid.charged, ..paid };
        assert_eq!(shop.balances(&order_id, &pay_id).await, pending, "{wrong:?}");
        shop.next_delivery().await;
        // What named another payment is another notice, also under the same number.
        let parked = usize::from(matches!(wrong, Wrong::Order));
        assert_eq!(
            (shop.platform.reply_statuses(&pay_id), shop.parked().await.len()),
            (vec![204, 422, 204], parked),
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
        shop.assert_first_callback_is_refused(n, wrong, 401, None).await;
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_faulty_notice_of_a_failed_refund_parks_nothing() {
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
