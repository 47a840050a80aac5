//! Changes of Alipay's key while payments are open.

use crate::alipay::platform::{CODE, PAGE, Shop};
use crate::platform::{Alipay, AnswerFault, Op, PlannedFault};
use crate::support::{Case, MINUTE, NO_QUERIES, Reply};

/// Refunds a part of the order and cancels another one. The shop must accept Alipay's answers to all these calls.
async fn assert_answers_are_accepted(shop: &Shop, case: &Case) {
    shop.app.admin_refund(&shop.admin, &case.order_id, Some("300.00")).await.expect(202);
    shop.settle().await;
    assert_eq!(shop.ledger(case), (88_000, 30_000));
    let other = shop.another(CODE, "other").await;
    assert_eq!(shop.query(&other.pay_id).await.expect(200).body["status"], "unpaid");
    shop.cancel(&other.order_id).await.expect(200);
    assert_eq!(shop.pending_counts().await, [0, 0, 0]);
}

#[actix_web::test]
async fn a_change_of_keys_refuses_no_valid_message() {
    for mut alipay in [Alipay::start().await, Alipay::with_certificates().await] {
        alipay.announce_change();
        let shop = Shop::with(alipay, &NO_QUERIES).await;
        let case = shop.paying(PAGE).await;
        // The first delivery is lost, the second is signed with the new key.
        shop.platform.deliver_to("");
        shop.platform.pay(&case.pay_id).await;
        shop.platform.deliver_to(&shop.app.url());
        shop.platform.change_key();
        shop.platform.deliver_next().await;
        shop.settle().await;
        shop.assert_replies(&case, &[Reply::Other(0), Reply::Accepted]);
        shop.assert_paid(&case).await;
        assert_answers_are_accepted(&shop, &case).await;
        assert!(shop.parked().await.is_empty());
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_message_signed_before_the_change_of_keys_is_valid_after_it() {
    for mut alipay in [Alipay::start().await, Alipay::with_certificates().await] {
        alipay.announce_change();
        let shop = Shop::with(alipay, &NO_QUERIES).await;
        let case = shop.paid(CODE).await;
        let old = shop.platform.deliveries(&case.pay_id).remove(0);
        shop.platform.change_key();
        assert_eq!(shop.platform.replay(&old).await.reply, "success");
        assert_answers_are_accepted(&shop, &case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn an_unknown_key_is_accepted_only_after_it_is_in_the_file() {
    for alipay in [Alipay::start().await, Alipay::with_certificates().await] {
        alipay.change_key();
        let mut shop = Shop::with(alipay, &NO_QUERIES).await;
        let case = shop.paying(PAGE).await;
        shop.platform.pay(&case.pay_id).await;
        shop.assert_replies(&case, &[Reply::Refused]);
        shop.query(&case.pay_id).await.expect_problem(503, "busy");
        shop.app.assert_unpaid().await;
        assert_eq!(shop.ledger(&case), (88_000, 0));
        // The new key is added to the file that the settings name.
        shop.platform.announce_change();
        shop.restart().await;
        shop.platform.deliver_next().await;
        shop.settle().await;
        shop.assert_replies(&case, &[Reply::Refused, Reply::Accepted]);
        shop.assert_paid(&case).await;
        assert_answers_are_accepted(&shop, &case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn an_answer_that_names_an_unknown_certificate_counts_as_no_answer() {
    let shop = Shop::with(Alipay::with_certificates().await, &NO_QUERIES).await;
    let case = shop.paid(CODE).await;
    shop.platform.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::UnknownKey));
    shop.app.admin_refund(&shop.admin, &case.order_id, Some("300.00")).await.expect(202);
    shop.app.settle().await;
    assert_eq!((shop.ledger(&case), shop.pending_counts().await), ((88_000, 30_000), [0, 1, 0]));
    shop.app.advance(MINUTE).await;
    assert_eq!((shop.ledger(&case), shop.pending_counts().await), ((88_000, 30_000), [0, 0, 0]));
    shop.settle().await;
    shop.finish().await;
}
