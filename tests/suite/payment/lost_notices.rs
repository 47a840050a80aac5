//! Payments whose notices are all lost, closed here at random moments and paid at their platform at random moments until
//! they expire there. Each ends paid or refunded.
//!
//! `TRADEPOST_TEST_LOST_NOTICES` is the number of payments per platform (40 by default) and
//! `TRADEPOST_TEST_LOST_NOTICES_SEED` the seed of the random generator.

use std::time::Duration;

use crate::on_each_platform;
use crate::platform::Sending;
use crate::support::{Answer, Case, MINUTE, OrderBody, PAY_WITHIN, Platform, Shop};

on_each_platform!(each_payment_with_lost_notices_ends_paid_or_refunded);

#[expect(clippy::disallowed_methods, reason = "the settings of a run come from the environment")]
/// Reads a number from the environment variable `name`.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}: {text:?}")))
}

/// An event of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// The customer opens the checkout page.
    Open,
    /// The customer cancels the order.
    Cancel,
    /// The customer pays.
    Pay,
}

/// The time in which a page must be opened, because its signature becomes too old.
const OPEN_WITHIN: Duration = MINUTE;

/// The steps of one payment, each with its second. A trade that `exists_once_opened` is opened first.
fn steps(random: &mut fastrand::Rng, exists_once_opened: bool) -> Vec<(u64, Step)> {
    let opens = if exists_once_opened { random.u64(0..OPEN_WITHIN.as_secs()) } else { 0 };
    let pays = random.u64(opens..PAY_WITHIN.as_secs());
    let cancels = random.u64(0..PAY_WITHIN.as_secs());
    let mut steps = match random.u8(0..4) {
        // The shop closes the payment at its expiry.
        0 => vec![(pays, Step::Pay)],
        1 => vec![(cancels, Step::Cancel)],
        _ => vec![(pays, Step::Pay), (cancels, Step::Cancel)],
    };
    steps.extend(exists_once_opened.then_some((opens, Step::Open)));
    steps
}

/// A started payment, whose customer has not opened the checkout yet.
struct Started {
    case: Case,
    answer: Answer,
    product: &'static str,
}

async fn start<P: Platform>(shop: &Shop<P>, goods_id: &str, index: usize) -> Started {
    let product = P::PRODUCTS[index % 2];
    let order = shop.app.order(&shop.zs, &format!("order-{index}"), &OrderBody::of(goods_id, 1)).await.expect(201);
    let order_id = order.text_of("order_id");
    let answer = shop.start(product, &format!("pay-{index}"), &order_id).await.expect(201);
    let case = Case { order_id, pay_id: answer.text_of("pay_id") };
    shop.platform.notices_of(&case.pay_id, Sending::lost());
    Started { case, answer, product }
}

async fn each_payment_with_lost_notices_ends_paid_or_refunded<P: Platform>() {
    let count = usize::try_from(setting("TRADEPOST_TEST_LOST_NOTICES", 40)).unwrap();
    let seed = setting("TRADEPOST_TEST_LOST_NOTICES_SEED", fastrand::u64(..1_000_000_000));
    println!("TRADEPOST_TEST_LOST_NOTICES_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let shop = Shop::<P>::with(P::start().await, &[("PAYMENTS__ASK__LONGEST", "5m")]).await;
    let goods_id = shop.app.goods(i64::try_from(count).unwrap(), "50.00").await;
    let mut payments = Vec::new();
    for index in 0..count {
        payments.push(start(&shop, &goods_id, index).await);
    }
    let mut plan: Vec<(u64, Step, usize)> = Vec::new();
    for (index, payment) in payments.iter().enumerate() {
        let exists_once_opened = !P::CREATED_BY_CALL.contains(&payment.product);
        plan.extend(steps(&mut random, exists_once_opened).into_iter().map(|(at, step)| (at, step, index)));
    }
    plan.sort_unstable();
    let mut now = 0;
    for (at, step, index) in plan {
        shop.advance(Duration::from_secs(at - now)).await;
        now = at;
        let Started { case, answer, .. } = &payments[index];
        match step {
            Step::Cancel => assert!([200, 409].contains(&shop.cancel(&case.order_id).await.status)),
            Step::Open => shop.open_checkout(answer).await,
            // The platform refuses the money of a payment that was closed there.
            Step::Pay => drop(shop.platform.try_pay(&case.pay_id).await),
        }
    }
    shop.advance(PAY_WITHIN + MINUTE * 11).await;
    let mut charged_and_cancelled = 0;
    for Started { case, .. } in &payments {
        let order = shop.app.get(&format!("/v1/orders/{}", case.order_id), &shop.zs).await.expect(200).body;
        let (charged, refunded) =
            if shop.platform.trades(&case.pay_id).is_empty() { (0, 0) } else { shop.ledger(case) };
        let status = shop.payment(&case.pay_id).await["status"].clone();
        let ended = (status.as_str().unwrap(), order["order_status"].as_str().unwrap(), charged - refunded);
        match charged {
            0 => assert_eq!(ended, ("closed", "cancelled", 0), "{case:?}"),
            _ if ended.1 == "cancelled" => {
                charged_and_cancelled += 1;
                assert_eq!(ended, ("refunded", "cancelled", 0), "{case:?}");
            }
            _ => assert_eq!(ended, ("paid", "confirmed", charged), "{case:?}"),
        }
    }
    println!("{charged_and_cancelled} of {count} were closed here, paid there and refunded");
    assert_eq!(shop.app.number("pay", "SELECT count(*) AS n FROM pay_ask"), 0);
    shop.finish().await;
}
