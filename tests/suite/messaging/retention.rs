//! Retention of delivered messages: the outbox keeps them for the retention time, the inbox for twice that time.

use std::time::Duration;

use tradepost::actor::fault::Fault;

use crate::support::{OrderBody, TestApp};

const HOUR: Duration = Duration::from_secs(3600);
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

#[actix_web::test]
async fn old_messages_are_deleted_in_small_steps() {
    // Nothing else writes to the order's store.
    let settings = [("PAYMENTS__SWEEP_EVERY", "1h"), ("RELAY__POLL", "10ms"), ("RELAY__RETENTION", "1h")];
    let app = TestApp::with(&settings).await;
    let rows = |columns: &str| {
        let rows: Vec<String> = (0..2_100).map(|n| columns.replace('#', &format!("{n:04}"))).collect();
        rows.join(", ")
    };
    app.tamper(
        "order",
        &format!(
            "INSERT INTO mq_producer (id, group_name, msg_topic, msg_tag, msg_key, msg_body, msg_status, create_time, \
             due_time, attempts) VALUES {}",
            rows("('old-#', 'goods', 'order', 'cancel', '1', '{}', 1, 1, 7, 1)")
        ),
    );
    app.tamper(
        "goods",
        &format!(
            "INSERT INTO mq_consumer (msg_id, group_name, msg_tag, msg_key, msg_body, consumer_status, \
             consumer_times, consumer_timestamp) VALUES {}",
            rows("('old-#', 'goods', 'cancel', '1', '{}', 1, 1, 7)")
        ),
    );
    let sent = || app.number("order", "SELECT count(*) AS n FROM mq_producer");
    let received = || app.number("goods", "SELECT count(*) AS n FROM mq_consumer");
    // The second step fails: what the first one has deleted stays deleted, and the inbox keeps what the outbox keeps.
    app.faults.plan("order.apply", Fault::Error, 1, u32::MAX);
    app.clock.advance(2 * HOUR);
    app.until(|| app.faults.fired("order.apply") > 0).await;
    assert_eq!((sent(), received()), (1_600, 2_100));
    app.clear_fault("order.apply");
    app.clock.advance(HOUR);
    app.until(|| sent() + received() == 0).await;
    app.finish().await;
}
