//! Random lives: orders, payments, callbacks that misbehave, cancellations, refunds, deliveries, jumps of the clock and
//! restarts in any order, beside a small model that follows the answers. Whatever comes, each order ends in a state
//! where stock, coupon, balance, points and the platform's own ledger agree with it.
//!
//! `TRADEPOST_MODEL_STEPS` and `TRADEPOST_MODEL_SEED` choose another run.

mod shop;

use std::time::Duration;

use crate::server::{Engine, engine};
use shop::Shop;

/// Steps between two looks at everything.
const STRETCH: usize = 250;
/// Steps of one shop.
const LIFE: usize = 5_000;

#[expect(clippy::disallowed_methods, reason = "which run it is to be")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}: {text:?}")))
}

/// Lives one share of all steps, in shops one after the other.
async fn live(share: u64, shares: u64) {
    let default = if engine() == Engine::Sqlite { 100_000 } else { 4_000 };
    let steps = usize::try_from(setting("TRADEPOST_MODEL_STEPS", default).div_ceil(shares)).unwrap();
    let seed = setting("TRADEPOST_MODEL_SEED", fastrand::u64(..)).wrapping_add(share);
    println!("TRADEPOST_MODEL_SEED={} share {share}", seed.wrapping_sub(share));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut left = steps;
    let mut tally = std::collections::BTreeMap::new();
    while left > 0 {
        let mut shop = Shop::open(random.fork()).await;
        let life = left.min(LIFE);
        for step in 1..=life {
            shop.step().await;
            if step % STRETCH == 0 || step == life {
                // Long enough for every callback that was delayed, and for every open payment to be asked for.
                for _ in 0..2 {
                    shop.app.advance(Duration::from_secs(61)).await;
                }
                shop.look().await;
            }
        }
        left -= life;
        for (what, count) in shop.close().await {
            *tally.entry(what).or_insert(0) += count;
        }
    }
    println!("{steps} steps: {tally:?}");
    if steps >= LIFE {
        for what in shop::SEEN {
            assert!(tally.contains_key(what), "{what} never happened: the run proves nothing about it");
        }
    }
}

#[actix_web::test]
async fn any_life_ends_with_books_that_agree_first_half() {
    live(0, 2).await;
}

#[actix_web::test]
async fn any_life_ends_with_books_that_agree_second_half() {
    live(1, 2).await;
}
