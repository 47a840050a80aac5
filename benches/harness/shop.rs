//! The shop the generator buys in: its users, goods and coupons have ids that follow from their numbers, so that nobody
//! needs to be told them.

use serde::{Deserialize, Serialize};

/// The first of each kind. Far from the ids of the old orders of `old_orders`, and from those the application makes.
pub const USER: u64 = 1_000_000_000;
pub const GOODS: u64 = 2_000_000_000;
pub const COUPON: u64 = 3_000_000_000;
/// Orders that wait for the callback of their payment, and these payments.
pub const ORDER: u64 = 6_000_000_000;
pub const PAY: u64 = 8_000_000_000;

/// One order comes from a user far from the last one's, so that no page of a database serves two orders by chance.
pub const USER_STEP: u64 = 6_181;

/// In minor units, as stored.
pub const PRICE: u64 = 1_990;
pub const SHIPPING: u64 = 1_000;
pub const COUPON_PRICE: u64 = 500;
pub const BALANCE_USED: u64 = 10;
/// There is always enough.
pub const STOCK: u64 = 100_000_000;
pub const BALANCE: u64 = 1_000_000_000;

/// How much there is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Shop {
    pub users: u64,
    pub goods: u64,
    /// One for each order that can be placed; a coupon is used once.
    pub coupons: u64,
    /// Payments that wait for their callback.
    pub payments: u64,
}

/// What an order is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    pub user: u64,
    pub goods: u64,
    pub coupon: u64,
}

impl Shop {
    /// The order with this number, its goods spread over all there are.
    pub const fn wish(&self, number: u64) -> Wish {
        Wish { user: USER + self.user_at(number), goods: GOODS + mixed(number) % self.goods, coupon: COUPON + number }
    }

    /// Which user has the coupon with this number.
    pub const fn user_at(&self, number: u64) -> u64 {
        number * USER_STEP % self.users
    }

    /// Goods of which there is little: they are sold out.
    pub const fn scarce(&self) -> u64 {
        GOODS + self.goods
    }

    /// The goods of the orders that wait for their callback.
    pub const fn awaited(&self) -> u64 {
        GOODS + self.goods + 1
    }
}

/// Neighbours far from each other, the same in every run.
const fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
