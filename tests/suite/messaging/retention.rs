//! Retention of delivered messages: the outbox keeps them for the retention time, the inbox for twice that time.

use std::time::Duration;

use crate::support::{OrderBody, TestApp};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[actix_web::test]
async fn delivered_messages_are_deleted_from_the_outbox_first_and_later_from_the_inboxes() {
    let settings = [("ORDERS__DEADLINE", "0s"), ("RELAY__POLL", "10ms"), ("RELAY__RETENTION", "48h")];
    let app = TestApp::with(&settings).await;
    app.order(&app.zs().await, "key", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    app.settle().await;
    let sent = || app.number("order", "SELECT count(*) AS n FROM mq_producer");
    let received = || {
        let inboxes = ["goods", "coupon", "user"];
        inboxes.iter().map(|owner| app.number(owner, "SELECT count(*) AS n FROM mq_consumer")).sum::<i64>()
    };
    assert_eq!((sent(), received()), (3, 3));

    app.advance(3 * DAY).await;
    app.until(|| sent() == 0).await;
    assert_eq!(received(), 3);
    app.advance(2 * DAY).await;
    app.until(|| received() == 0).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_message_that_is_not_delivered_is_never_deleted() {
    let settings = [("ORDERS__DEADLINE", "0s"), ("RELAY__POLL", "10ms"), ("RELAY__RETENTION", "1h")];
    let app = TestApp::with(&settings).await;
    let zs = app.zs().await;
    app.order(&zs, "delivered", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    app.settle().await;
    app.fail_at("relay.deliver");
    app.order(&zs, "undelivered", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    app.clock.advance(3 * DAY);
    let count_with_status =
        |status| app.number("order", &format!("SELECT count(*) AS n FROM mq_producer WHERE msg_status = {status}"));
    app.until(|| count_with_status(1) == 0).await;
    assert_eq!(count_with_status(0), 3);
    app.clear_fault("relay.deliver");
    app.advance(DAY).await;
    app.finish().await;
}
