//! Keys that follow each other while payments are under way.

use std::time::Duration;

use crate::alipay::desk::{CODE, Case, DEAF, Desk, PAGE};
use crate::platform::{Alipay, How, Op, Upset};

const MINUTE: Duration = Duration::from_secs(60);

/// A refund and the end of another payment: Alipay answers to both, whichever key it uses.
async fn goes_on(desk: &Desk, case: &Case) {
    desk.app.give_back(&desk.admin, &case.order_id, Some("300.00")).await.expect(202);
    desk.settle().await;
    assert_eq!(desk.ledger(case), (88_000, 30_000));
    let other = desk.another(CODE, "other").await;
    assert_eq!(desk.ask(&other).await.expect(200).body["status"], "unpaid");
    desk.cancel(&other).await.expect(200);
    assert_eq!(desk.unsettled().await, [0, 0, 0]);
}

#[actix_web::test]
async fn a_change_of_keys_refuses_no_valid_message() {
    for mut alipay in [Alipay::start().await, Alipay::with_certificates().await] {
        alipay.announce_change();
        let desk = Desk::with(alipay, &DEAF).await;
        let case = desk.paying(PAGE).await;
        // The first delivery gets lost, the second is signed with the next key.
        desk.alipay.deliver_to("");
        desk.alipay.pay(&case.pay_id).await;
        desk.alipay.deliver_to(&desk.app.url());
        desk.alipay.change_key();
        desk.alipay.skip().await;
        desk.settle().await;
        desk.assert_replies(&case, &["0 ", "200 success"]);
        desk.assert_paid(&case).await;
        goes_on(&desk, &case).await;
        assert!(desk.parked().await.is_empty());
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_message_signed_before_the_change_of_keys_is_valid_after_it() {
    for mut alipay in [Alipay::start().await, Alipay::with_certificates().await] {
        alipay.announce_change();
        let desk = Desk::with(alipay, &DEAF).await;
        let case = desk.paid(CODE).await;
        let old = desk.alipay.deliveries(&case.pay_id).remove(0);
        desk.alipay.change_key();
        assert_eq!(desk.alipay.replay(&old).await.reply, "success");
        goes_on(&desk, &case).await;
        desk.finish().await;
    }
}

#[actix_web::test]
async fn an_unknown_key_is_accepted_only_after_it_is_in_the_file() {
    for alipay in [Alipay::start().await, Alipay::with_certificates().await] {
        alipay.change_key();
        let mut desk = Desk::with(alipay, &DEAF).await;
        let case = desk.paying(PAGE).await;
        desk.alipay.pay(&case.pay_id).await;
        desk.assert_replies(&case, &["200 fail"]);
        desk.ask(&case).await.expect_problem(503, "busy");
        desk.app.assert_unpaid().await;
        assert_eq!(desk.ledger(&case), (88_000, 0));
        // The file has the same name as before.
        desk.alipay.announce_change();
        desk.restart().await;
        desk.alipay.skip().await;
        desk.settle().await;
        desk.assert_replies(&case, &["200 fail", "200 success"]);
        desk.assert_paid(&case).await;
        goes_on(&desk, &case).await;
        desk.finish().await;
    }
}

#[actix_web::test]
async fn an_answer_that_names_an_unknown_certificate_counts_as_no_answer() {
    let desk = Desk::with(Alipay::with_certificates().await, &DEAF).await;
    let case = desk.paid(CODE).await;
    desk.alipay.upset(Upset::next(Op::Refund, How::UnknownKey));
    desk.app.give_back(&desk.admin, &case.order_id, Some("300.00")).await.expect(202);
    desk.app.settle().await;
    assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 30_000), [0, 1, 0]));
    desk.app.advance(MINUTE).await;
    assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 30_000), [0, 0, 0]));
    desk.settle().await;
    desk.finish().await;
}
