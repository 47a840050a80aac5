//! Model-based test: random sequences of orders, payments, faulty callbacks, charges of another amount, decisions about
//! them, cancellations, refunds, shipments, clock jumps, restarts, and platforms that do not answer or are removed. A
//! small model follows the answers. Stock, coupons, balances, points and the platform's ledger
//! must agree with the state of each order in the model.
//!
//! `TRADEPOST_MODEL_STEPS` sets the number of steps and `TRADEPOST_MODEL_SEED` the seed of the random generator.

mod check;
mod parked;
mod shop;
mod trouble;

use std::time::Duration;

use crate::server::{Engine, engine};
pub use shop::Shop;

/// Steps between two checks of the whole shop.
const CHECK_EVERY: usize = 250;
/// Steps in one shop, before the test opens a new one.
const STEPS_PER_SHOP: usize = 5_000;

#[expect(clippy::disallowed_methods, reason = "the settings of a run come from the environment")]
/// Reads a number from the environment variable `name`.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}: {text:?}")))
}

/// Runs one of `shares` equal shares of all steps, in consecutive shops.
async fn run_share(share: u64, shares: u64) {
    let default = if engine() == Engine::Sqlite { 20_000 } else { 4_000 };
    let steps = usize::try_from(setting("TRADEPOST_MODEL_STEPS", default).div_ceil(shares)).unwrap();
    let seed = setting("TRADEPOST_MODEL_SEED", fastrand::u64(..)).wrapping_add(share);
    println!("TRADEPOST_MODEL_SEED={} share {share}", seed.wrapping_sub(share));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut left = steps;
    let mut tally = std::collections::BTreeMap::new();
    while left > 0 {
        let mut shop = Shop::open(random.fork()).await;
        let steps_here = left.min(STEPS_PER_SHOP);
        for step in 1..=steps_here {
            shop.step().await;
            if step % CHECK_EVERY == 0 || step == steps_here {
                shop.end_all_trouble().await;
                // Long enough for every delayed callback to arrive and for every open payment to be queried.
                for _ in 0..2 {
                    shop.app.advance(Duration::from_secs(61)).await;
                }
                shop.check().await;
            }
        }
        left -= steps_here;
        for (what, count) in shop.close().await {
            *tally.entry(what).or_insert(0) += count;
        }
    }
    println!("{steps} steps: {tally:?}");
    if steps >= STEPS_PER_SHOP {
        for what in shop::OUTCOMES {
            assert!(tally.contains_key(what), "\"{what}\" never happened, so the run does not cover it");
        }
    }
}

#[actix_web::test]
async fn random_operations_leave_all_stores_consistent_first_half() {
    run_share(0, 2).await;
}

#[actix_web::test]
async fn random_operations_leave_all_stores_consistent_second_half() {
    run_share(1, 2).await;
}
