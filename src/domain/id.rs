//! 63-bit time-ordered ids: 41 bits of milliseconds, 10 bits of node, 12 bits of sequence. In JSON they are strings.

use std::marker::PhantomData;
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::BigInt;
use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Invalid;
use super::clock::Clock;

/// The id of a `T`: a positive integer that fits 63 bits.
#[derive(AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Id<T: 'static>(i64, PhantomData<fn() -> T>);

/// What a [`GoodsId`] names.
#[derive(Debug)]
pub enum Goods {}
/// What a [`UserId`] names.
#[derive(Debug)]
pub enum User {}
/// What a [`CouponId`] names.
#[derive(Debug)]
pub enum Coupon {}
/// What an [`OrderId`] names.
#[derive(Debug)]
pub enum Order {}
/// What a [`PayId`] names.
#[derive(Debug)]
pub enum Pay {}
/// What a [`RefundId`] names.
#[derive(Debug)]
pub enum Refund {}
/// What an [`EntryId`] names.
#[derive(Debug)]
pub enum Entry {}

/// Names goods.
pub type GoodsId = Id<Goods>;
/// Names a user.
pub type UserId = Id<User>;
/// Names a coupon.
pub type CouponId = Id<Coupon>;
/// Names an order.
pub type OrderId = Id<Order>;
/// Names a payment; it is the platform's `out_trade_no`.
pub type PayId = Id<Pay>;
/// Names a refund; it is the number the platform is told.
pub type RefundId = Id<Refund>;
/// Names a row that only has a number so that it has a key (an adjustment, a delivery).
pub type EntryId = Id<Entry>;

impl<T> Id<T> {
    /// An id from a stored integer.
    #[must_use]
    pub const fn new(value: i64) -> Self {
        Self(value, PhantomData)
    }

    /// The integer that is stored.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The node that made it, where an [`IdGenerator`] did: ids that were given from outside have some number there too.
    #[must_use]
    pub fn node(self) -> NodeId {
        // Ten bits are left: they fit.
        NodeId(i32::try_from((self.0 >> SEQUENCE_BITS) & ((1 << NODE_BITS) - 1)).unwrap_or_default())
    }

    /// The stored integer, borrowed.
    #[must_use]
    pub const fn as_integer(&self) -> &i64 {
        &self.0
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> std::hash::Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> std::fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
impl<T> std::fmt::Display for Id<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> FromStr for Id<T> {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        match text.parse() {
            Ok(value) if digits => Ok(Self::new(value)),
            _ => Err(Invalid("must be an id: a string of digits")),
        }
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Which node of several this process is: 0 to 1023.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(i32);

impl NodeId {
    /// The number that is stored.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl TryFrom<i32> for NodeId {
    type Error = Invalid;

    fn try_from(value: i32) -> Result<Self, Invalid> {
        if (0..1024).contains(&value) { Ok(Self(value)) } else { Err(Invalid("must be 0 to 1023")) }
    }
}

const EPOCH_MS: i64 = 1_704_067_200_000; // 2024-01-01T00:00:00Z
const SEQUENCE_BITS: u32 = 12;
const NODE_BITS: u32 = 10;

/// Makes ids that no other node makes, each larger than the one before, also when the clock steps back.
#[derive(Debug)]
pub struct IdGenerator {
    clock: Clock,
    node: NodeId,
    /// Milliseconds and sequence of the last id, in one number: a full sequence borrows from the next millisecond.
    last: Mutex<i64>,
}

impl IdGenerator {
    /// A generator for one node.
    #[must_use]
    pub fn new(clock: Clock, node: NodeId) -> Self {
        Self { clock, node, last: Mutex::new(0) }
    }

    /// The node whose ids these are.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// The next id.
    pub fn next<T>(&self) -> Id<T> {
        let floor = (self.clock.now().0 - EPOCH_MS) << SEQUENCE_BITS;
        let ticket = {
            let mut last = self.last.lock();
            *last = floor.max(*last + 1);
            *last
        };
        let (ms, sequence) = (ticket >> SEQUENCE_BITS, ticket & ((1 << SEQUENCE_BITS) - 1));
        Id::new((((ms << NODE_BITS) | i64::from(self.node.0)) << SEQUENCE_BITS) | sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_and_never_repeat_even_when_a_millisecond_is_full() {
        let ids = IdGenerator::new(Clock::default(), NodeId(7));
        let made: Vec<OrderId> = (0..20_000).map(|_| ids.next()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn two_nodes_never_make_the_same_id() {
        let clock = Clock::default();
        let one = IdGenerator::new(clock.clone(), NodeId(1));
        let two = IdGenerator::new(clock, NodeId(2));
        let made: std::collections::HashSet<i64> =
            (0..5_000).flat_map(|_| [one.next::<Order>().get(), two.next::<Order>().get()]).collect();
        assert_eq!(made.len(), 10_000);
    }

    #[test]
    fn an_id_tells_who_made_it_also_when_a_millisecond_is_full() {
        for node in [0, 1, 512, 1023] {
            let ids = IdGenerator::new(Clock::default(), NodeId(node));
            assert!((0..5_000).all(|_| ids.next::<Order>().node() == ids.node()), "{node}");
        }
    }

    #[test]
    fn an_id_is_digits_only() {
        assert_eq!("345959443973935104".parse::<GoodsId>(), Ok(Id::new(345_959_443_973_935_104)));
        for bad in ["", "0", "007", "-1", "+1", "1.0", "1e3", " 1", "٣", "9223372036854775808", "abc"] {
            assert!(bad.parse::<GoodsId>().is_err(), "{bad:?} was taken");
        }
    }
}
