//! Notices that are repeated, lost or early, notices of a second payment, and notices with another amount.

use std::time::Duration;

use serde_json::json;

use crate::on_each_platform;
use crate::platform::{BuyerAction, Op, Payment, Sending, Stage};
use crate::support::{Balances, Case, MINUTE, PAY_WITHIN, Platform, Reply, Shop};

const HOUR: Duration = Duration::from_secs(60 * 60);
const TIMES: &str = "SELECT times AS n FROM pay_notice";

on_each_platform!(
    a_callback_before_the_answer_to_the_create_call_is_accepted,
    a_callback_with_an_ignored_reply_is_repeated_on_schedule_and_pays_once,
    a_charge_of_another_amount_is_parked_and_the_order_is_cancelled,
    a_coupon_of_the_platform_does_not_change_the_amount,
    a_lost_callback_is_found_by_a_query,
    a_repeated_callback_pays_once,
    a_second_trade_under_one_number_is_parked_with_its_reason,
    of_two_payments_of_one_order_the_first_counts_and_the_second_is_refunded,
    of_two_payments_of_one_order_at_once_one_counts_and_the_other_is_refunded,
);

async fn a_repeated_callback_pays_once<P: Platform>() {
    for sending in [Sending::copies(30), Sending::at_once(30)] {
        let shop = Shop::<P>::open().await;
        let case = shop.paying(P::PRODUCTS[0]).await;
        shop.platform.notices_of(&case.pay_id, sending);
        shop.pay_and_settle(&case.pay_id).await;
        shop.assert_replies(&case, &[Reply::Accepted; 30]);
        shop.assert_paid(&case).await;
        assert_eq!(shop.app.number("pay", TIMES), 30);
        // A repeated notice of a refund leads to one refund.
        shop.app.admin_refund(&shop.admin, &case.order_id, None).await.expect(202);
        shop.settle().await;
        shop.assert_replies(&case, &[Reply::Accepted; 60]);
        shop.assert_refunded(&case).await;
        shop.finish().await;
    }
}

async fn a_lost_callback_is_found_by_a_query<P: Platform>() {
    for product in P::PRODUCTS {
        let mut shop = Shop::<P>::open().await;
        let case = shop.paying(product).await;
        shop.platform.notices_of(&case.pay_id, Sending::lost());
        shop.platform.pay(&case.pay_id).await;
        shop.settle().await;
        let balances = shop.balances(&case.order_id, &case.pay_id).await;
        assert_eq!(balances, Balances { charged: 88_000, ..Balances::unpaid() });
        shop.restart().await;
        shop.advance(MINUTE).await;
        shop.assert_paid(&case).await;
        shop.assert_replies(&case, &[]);
        let found = "SELECT count(*) AS n FROM pay_notice WHERE event_id LIKE 'asked_%' AND verdict = 1";
        assert_eq!(shop.app.number("pay", found), 1);
        // A paid payment is not queried any more.
        for _ in 0..2 {
            assert_eq!((shop.call_count(Op::Query), shop.call_count(Op::Close)), (1, 0));
            shop.advance(HOUR).await;
        }
        shop.finish().await;
    }
}

async fn a_callback_before_the_answer_to_the_create_call_is_accepted<P: Platform>() {
    for product in P::CREATED_BY_CALL {
        let shop = Shop::<P>::without_queries().await;
        let order_id = shop.golden_order().await;
        shop.platform.during(Op::Create, BuyerAction::PaysAndNotifies);
        let started = shop.start(product, "pay", &order_id).await.expect(201);
        assert_eq!(started.body["status"], "paid", "the payment is stored before the platform is called");
        let case = Case { order_id, pay_id: started.text_of("pay_id") };
        shop.assert_replies(&case, &[Reply::Accepted]);
        shop.settle().await;
        shop.assert_paid(&case).await;
        shop.finish().await;
    }
}

async fn of_two_payments_of_one_order_the_first_counts_and_the_second_is_refunded<P: Platform>() {
    let [one, two] = P::PRODUCTS;
    for [first, second] in [[one, two], [two, one]] {
        let shop = Shop::<P>::without_queries().await;
        let later = shop.paying(first).await;
        let started = shop.start(second, "second", &later.order_id).await.expect(201);
        shop.open_checkout(&started).await;
        let earlier = Case { pay_id: started.text_of("pay_id"), ..later.clone() };
        shop.platform.pay(&earlier.pay_id).await;
        shop.platform.pay(&later.pay_id).await;
        shop.settle().await;
        shop.advance(MINUTE).await;
        assert_one_counts(&shop, &earlier, &later).await;
        shop.finish().await;
    }
}

async fn of_two_payments_of_one_order_at_once_one_counts_and_the_other_is_refunded<P: Platform>() {
    for is_notified in [true, false] {
        let shop = Shop::<P>::open().await;
        let one = shop.paying(P::PRODUCTS[0]).await;
        let started = shop.start(P::PRODUCTS[1], "second", &one.order_id).await.expect(201);
        shop.open_checkout(&started).await;
        let two = Case { pay_id: started.text_of("pay_id"), ..one.clone() };
        if !is_notified {
            [&one, &two].into_iter().for_each(|case| shop.platform.notices_of(&case.pay_id, Sending::lost()));
        }
        tokio::join!(shop.platform.pay(&two.pay_id), shop.platform.pay(&one.pay_id));
        for _ in 0..3 {
            shop.advance(MINUTE).await;
        }
        let (kept, refunded) = if shop.ledger(&one).1 == 0 { (&one, &two) } else { (&two, &one) };
        assert_one_counts(&shop, kept, refunded).await;
        shop.finish().await;
    }
}

/// Checks that both were charged, that the order is paid by `kept`, and that `refunded` was refunded.
async fn assert_one_counts<P: Platform>(shop: &Shop<P>, kept: &Case, refunded: &Case) {
    // The log of payments has both, because both were charged.
    assert_eq!(shop.balances(&kept.order_id, &kept.pay_id).await, Balances::paid());
    let balances = Balances { order: Balances::paid().order, points: 980, ..Balances::refunded() };
    assert_eq!(shop.balances(&refunded.order_id, &refunded.pay_id).await, balances);
    let order = shop.app.get(&format!("/v1/orders/{}", kept.order_id), &shop.zs).await.expect(200).body;
    assert_eq!((&order["pay_status"], &order["pay_id"]), (&json!("paid"), &json!(kept.pay_id)));
    assert_eq!((shop.pending_counts().await, shop.parked().await.len()), ([0, 0, 0], 0));
}

async fn a_second_trade_under_one_number_is_parked_with_its_reason<P: Platform>() {
    let shop = Shop::<P>::without_queries().await;
    let case = shop.paid(P::PRODUCTS[0]).await;
    shop.platform.pay_again(&case.pay_id).await;
    shop.app.settle().await;
    shop.assert_replies(&case, &[Reply::Accepted, Reply::Refused]);
    assert_eq!(shop.parked().await, ["the payment is paid by another trade"]);
    shop.app.assert_paid_once(&shop.zs, &case.order_id).await;
    // The platform has two trades under one number. Only an operator can correct that.
    let balances = shop.balances(&case.order_id, &case.pay_id).await;
    assert_eq!(balances, Balances { charged: 176_000, ..Balances::paid() });
    shop.finish().await;
}

async fn a_callback_with_an_ignored_reply_is_repeated_on_schedule_and_pays_once<P: Platform>() {
    let (times, within) = P::REPEATS;
    for (heard, product) in P::NOT_ACCEPTED.iter().zip(P::PRODUCTS.into_iter().cycle()) {
        let mut shop = Shop::<P>::without_queries().await;
        let case = shop.paying(product).await;
        shop.platform.notices_of(&case.pay_id, Sending::perceived_as(*heard, 99));
        shop.platform.pay(&case.pay_id).await;
        let paid_at = shop.platform.trade(&case.pay_id).paid.unwrap().at;
        let mut last_after = Duration::ZERO;
        while let Some(due) = shop.platform.next_due() {
            last_after = due.since(paid_at);
            shop.next_delivery().await;
        }
        assert_eq!(last_after, within, "{heard:?}");
        assert_eq!(shop.replies(&case), vec![Reply::Accepted; times], "{heard:?}");
        shop.sign_in().await;
        shop.settle().await;
        shop.assert_paid(&case).await;
        assert_eq!(usize::try_from(shop.app.number("pay", TIMES)).unwrap(), times);
        shop.finish().await;
    }
}

async fn a_coupon_of_the_platform_does_not_change_the_amount<P: Platform>() {
    let cases = P::PRODUCTS.into_iter().flat_map(|product| [true, false].map(|is_notified| (product, is_notified)));
    for (product, is_notified) in cases {
        for parts in [&[None][..], &[Some("300.00"), Some("580.00")]] {
            let shop = Shop::<P>::open().await;
            let case = shop.paying(product).await;
            if !is_notified {
                shop.platform.next_notice(Sending::lost());
            }
            shop.platform.pay_with(&case.pay_id, Payment::with_coupon(8_000)).await;
            if !is_notified {
                assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "paid");
            }
            shop.settle().await;
            shop.assert_paid(&case).await;
            assert_eq!(shop.platform.trade(&case.pay_id).stage, Stage::Paid);
            // The whole amount is refunded, with the part that the platform paid.
            for amount in parts {
                shop.app.admin_refund(&shop.admin, &case.order_id, *amount).await.expect(202);
                shop.settle().await;
                shop.advance(MINUTE).await;
            }
            shop.assert_refunded(&case).await;
            assert!(shop.parked().await.is_empty());
            shop.finish().await;
        }
    }
}

async fn a_charge_of_another_amount_is_parked_and_the_order_is_cancelled<P: Platform>() {
    let charges = [(87_999, true), (88_001, true), (1, true), (1, false)];
    for (product, (charged, is_notified)) in
        P::PRODUCTS.into_iter().flat_map(|product| charges.map(|charge| (product, charge)))
    {
        let shop = Shop::<P>::open().await;
        let case = shop.paying(product).await;
        if !is_notified {
            shop.platform.notices_of(&case.pay_id, Sending::lost());
        }
        shop.platform.pay_with(&case.pay_id, Payment::of(charged)).await;
        shop.app.settle().await;
        shop.app.assert_unpaid().await;
        let notices = usize::from(is_notified);
        assert_eq!(shop.parked().await, vec!["the amount differs"; notices]);
        shop.advance(MINUTE).await;
        let balances = shop.balances(&case.order_id, &case.pay_id).await;
        // The charge has used the payment up. Another one can pay the order.
        let order = ("confirmed".to_owned(), "unpaid".to_owned());
        assert_eq!(balances, Balances { order, payment: "closed".to_owned(), charged, ..Balances::unpaid() });
        shop.advance(PAY_WITHIN).await;
        let balances = shop.balances(&case.order_id, &case.pay_id).await;
        assert_eq!(balances, Balances { charged, ..Balances::cancelled() });
        // The notice and the answer to the query are both parked, so an operator sees the money.
        assert_eq!(shop.parked().await, vec!["the amount differs"; notices + 1]);
        shop.finish().await;
    }
}
