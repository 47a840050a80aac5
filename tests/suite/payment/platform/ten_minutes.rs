//! Ten minutes in which a platform does not work, with many open payments there.
//!
//! `TRADEPOST_TEST_OUTAGE` is the number of open payments (40 by default).

use std::time::{Duration, Instant};

use tradepost::domain::clock::Timestamp;

use super::outage::{ALL_OPS, CALLS_MAX, POLLS, PROMPT, SECOND};
use crate::on_each_platform;
use crate::platform::{AnswerFault, PlannedFault};
use crate::support::{Case, MINUTE, OrderBody, PAY_WITHIN, Platform, Shop, eventually};

/// Length of the outage in minutes.
const MINUTES: usize = 10;
/// From the beginning of the outage to the expiry of the first order.
const LEAD: Duration = Duration::from_secs(90);
/// Calls without an answer that are made before it is known that the platform does not answer: those that are made at
/// once, and the first of the probes.
const CALLS_TO_NOTICE: usize = CALLS_MAX + 8;
/// Calls that a payment needs once the platform is back: it is queried, and closed for its order and for itself.
const CALLS_PER_PAYMENT: usize = 4;
/// Interval of the polls; the value of `PAYMENTS__SWEEP_EVERY` in [`POLLS`].
const SWEEP_EVERY: Duration = Duration::from_millis(100);

on_each_platform!(
    ten_minutes_of_a_platform_that_hangs,
    ten_minutes_of_a_platform_that_answers_late,
    ten_minutes_of_a_platform_that_answers_nonsense,
    ten_minutes_of_a_platform_that_refuses,
);

#[expect(clippy::disallowed_methods, reason = "the settings of a run come from the environment")]
fn payments() -> usize {
    std::env::var("TRADEPOST_TEST_OUTAGE").map_or(40, |text| text.parse().expect("TRADEPOST_TEST_OUTAGE is a number"))
}

/// The figures of a run.
#[derive(Debug, Default)]
struct Figures {
    /// Clock time from the first call without an answer until the status named the platform.
    named_after: Duration,
    /// Longest time to make a refund at the other platform.
    refund: Duration,
    /// Longest time to cancel an order that had expired.
    expiry: Duration,
    /// Number of calls to the platform in each minute of the outage, and then until everything was made up for.
    calls: Vec<usize>,
    /// Largest number of calls at once during the outage and after it. Calls that hang are not counted.
    at_once: [usize; 2],
    /// Clock time from the end of the outage until all its orders were cancelled.
    caught_up_after: Duration,
}

/// A shop with open payments at its platform.
struct Run<P: Platform> {
    shop: Shop<P>,
    goods: String,
    /// Orders without a payment or with one at the other platform, with the times at which they have expired. One expires
    /// in each minute of the outage.
    expiring: Vec<(String, Timestamp)>,
    /// A paid order whose refund is requested during the outage.
    paid: Case,
}

impl<P: Platform> Run<P> {
    async fn open(count: usize) -> Self {
        let shop = Shop::<P>::with(P::start().await, &POLLS).await;
        let stock = i64::try_from(count + 100).unwrap();
        let goods = shop.app.goods(stock, "10.00").await;
        let paid = shop.another(P::PRODUCTS[0], "paid").await;
        shop.pay_and_settle(&paid.pay_id).await;
        let mut run = Self { shop, goods, expiring: Vec::new(), paid };
        for minute in 0..MINUTES {
            let order_id = run.order(&format!("expires-{minute}")).await;
            if minute % 2 == 0 {
                run.shop.app.pay(&run.shop.zs, &order_id, &order_id).await.expect(201);
            }
            // It was confirmed before this time.
            run.expiring.push((order_id, run.shop.app.clock.now().plus(PAY_WITHIN)));
            run.shop.advance(MINUTE).await;
        }
        for n in 0..count {
            let order_id = run.order(&format!("open-{n}")).await;
            let started = run.shop.start(P::PRODUCTS[0], &order_id, &order_id).await.expect(201);
            run.shop.open_checkout(&started).await;
        }
        run.advance_to(run.expiring[0].1.minus(LEAD));
        run.shop.settle().await;
        run
    }

    async fn order(&self, key: &str) -> String {
        let body = OrderBody::of(&self.goods, 1);
        self.shop.app.order(&self.shop.zs, key, &body).await.expect(201).text_of("order_id")
    }

    fn advance_to(&self, time: Timestamp) {
        let clock = &self.shop.app.clock;
        clock.advance(time.since(clock.now()));
    }

    /// Number of calls that the platform has received.
    fn calls(&self) -> usize {
        self.shop.platform.calls().len()
    }

    /// Waits until the status names the platform; returns the clock time since the first call without an answer.
    async fn until_named(&self) -> Duration {
        let (clock, calls) = (&self.shop.app.clock, self.calls());
        let mut first_call = None;
        for _ in 0..80 {
            let (verdict, state) = self.shop.health().await;
            first_call = first_call.or_else(|| (self.calls() > calls).then(|| clock.now()));
            if state != "up" {
                assert_eq!(verdict, "degraded");
                return clock.now().since(first_call.unwrap());
            }
            if first_call.is_some() {
                // The polls run in real time.
                actix_web::rt::time::sleep(2 * SWEEP_EVERY).await;
            }
            clock.advance(SECOND);
        }
        panic!("the status does not name the platform");
    }

    /// Makes a refund at the other platform; returns how long that takes.
    async fn refund_elsewhere(&self, key: &str) -> Duration {
        let (app, zs) = (&self.shop.app, &self.shop.zs);
        let order_id = self.order(key).await;
        let pay_id = app.pay(zs, key, &order_id).await.expect(201).text_of("pay_id");
        app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", serde_json::json!({})).await.expect(200);
        self.shop.until_order(&order_id, "pay_status", "paid", 60 * SECOND).await;
        let began = Instant::now();
        app.refund(zs, key, &order_id).await.expect(202);
        let is_refunded = || async { (self.shop.payment(&pay_id).await["status"] == "refunded").then_some(()) };
        eventually(60 * SECOND, "the refund", is_refunded).await;
        began.elapsed()
    }

    /// One minute of the outage, at whose beginning an order expires.
    async fn minute(&self, minute: usize, figures: &mut Figures) {
        let calls = self.calls();
        let (order_id, expired) = &self.expiring[minute];
        self.advance_to(*expired);
        let began = Instant::now();
        self.shop.until_order(order_id, "order_status", "cancelled", 60 * SECOND).await;
        figures.expiry = figures.expiry.max(began.elapsed());
        for step in 1..6 {
            self.advance_to(expired.plus(step * 10 * SECOND));
            assert_eq!(self.shop.health().await.0, "degraded");
            if step == 3 {
                figures.refund = figures.refund.max(self.refund_elsewhere(&format!("refund-{minute}")).await);
            }
        }
        figures.calls.push(self.calls() - calls);
    }

    /// The platform works again. All its payments are closed, their orders are cancelled, and the refund is made.
    async fn catch_up(&self, figures: &mut Figures) {
        let (clock, calls) = (&self.shop.app.clock, self.calls());
        self.shop.platform.clear_faults();
        for op in ALL_OPS {
            let late = PlannedFault::next(op, AnswerFault::Late(Duration::from_millis(20)));
            self.shop.platform.plan_fault(late.times(1_000_000));
        }
        figures.at_once[0] = self.shop.platform.take_most_requests();
        let is_back = clock.now();
        let query = "SELECT count(*) AS n FROM orders WHERE order_status = 1 AND pay_status <> 2";
        let are_all_over = || async {
            clock.advance(SECOND);
            let is_up = self.shop.health().await.1 == "up";
            let is_refunded = self.shop.payment(&self.paid.pay_id).await["status"] == "refunded";
            (is_up && is_refunded && self.shop.app.number("order", query) == 0).then_some(())
        };
        eventually(300 * SECOND, "everything is made up for", are_all_over).await;
        figures.caught_up_after = clock.now().since(is_back);
        figures.calls.push(self.calls() - calls);
        figures.at_once[1] = self.shop.platform.take_most_requests();
        self.shop.platform.clear_faults();
    }
}

/// Lets the platform fail like this for ten minutes. `is_answered` is whether each call still takes effect.
async fn ten_minutes<P: Platform>(how: AnswerFault, is_answered: bool) {
    let count = payments();
    let run = Run::<P>::open(count).await;
    let mut figures = Figures::default();
    if is_answered {
        for op in ALL_OPS {
            run.shop.platform.plan_fault(PlannedFault::next(op, how).times(1_000_000));
        }
    } else {
        run.shop.break_platform(how);
    }
    run.shop.platform.take_most_requests();
    figures.named_after = run.until_named().await;
    run.shop.app.admin_refund(&run.shop.admin, &run.paid.order_id, None).await.expect(202);
    for minute in 0..MINUTES {
        run.minute(minute, &mut figures).await;
    }
    run.catch_up(&mut figures).await;
    println!("{} {how:?} {count} payments: {figures:?}", P::PRODUCTS[0]);
    assert!(figures.named_after <= 10 * SECOND, "{figures:?}");
    assert!(figures.refund < PROMPT, "{figures:?}");
    assert!(figures.expiry < PROMPT, "{figures:?}");
    assert!(figures.at_once.iter().all(|calls| *calls <= CALLS_MAX), "{figures:?}");
    let (after, during) = figures.calls.split_last().unwrap();
    assert!(*after <= CALLS_PER_PAYMENT * count + CALLS_TO_NOTICE, "{figures:?}");
    if !is_answered {
        assert!(during.iter().sum::<usize>() <= CALLS_TO_NOTICE + MINUTES, "{figures:?}");
    }
    run.shop.settle().await;
    // The clock moves a minute in about a second here. A call that the network holds up for some seconds is too old when
    // it arrives, and the stand-in complains rightly, so its complaints say nothing about the shop.
    run.shop.app.finish().await;
}

async fn ten_minutes_of_a_platform_that_hangs<P: Platform>() {
    ten_minutes::<P>(AnswerFault::Hangs, false).await;
}

async fn ten_minutes_of_a_platform_that_answers_late<P: Platform>() {
    ten_minutes::<P>(AnswerFault::Late(9 * SECOND), true).await;
}

async fn ten_minutes_of_a_platform_that_answers_nonsense<P: Platform>() {
    ten_minutes::<P>(AnswerFault::Garbage, false).await;
}

async fn ten_minutes_of_a_platform_that_refuses<P: Platform>() {
    ten_minutes::<P>(AnswerFault::Breaks, false).await;
}
