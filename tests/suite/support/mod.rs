//! What every test stands on.

mod answer;
mod app;
pub mod ledger;
mod poll;
mod probe;
mod shop;
mod trade;

pub use answer::Answer;
pub use app::TestApp;
pub use poll::eventually;
pub use shop::{Wish, amount};
pub use trade::SLOW;

/// The goods of the golden case.
pub const GOODS: &str = "345959443973935104";
/// The user of the golden case.
pub const USER: &str = "345963634385633280";
/// The coupon of the golden case.
pub const COUPON: &str = "345988230098857984";
