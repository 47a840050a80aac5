//! 63-bit time-ordered ids: 41 bits of milliseconds, 10 bits of node, 12 bits of sequence. In JSON they are strings.

use std::marker::PhantomData;
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::BigInt;
use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Invalid;
use super::clock::{Clock, Timestamp};
use super::parsed::parsed;

/// The id of a `T`: a positive 63-bit integer.
#[derive(AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Id<T: 'static>(i64, PhantomData<fn() -> T>);

/// Marker type of [`GoodsId`].
#[derive(Debug)]
pub enum Goods {}
/// Marker type of [`UserId`].
#[derive(Debug)]
pub enum User {}
/// Marker type of [`CouponId`].
#[derive(Debug)]
pub enum Coupon {}
/// Marker type of [`OrderId`].
#[derive(Debug)]
pub enum Order {}
/// Marker type of [`PayId`].
#[derive(Debug)]
pub enum Pay {}
/// Marker type of [`RefundId`].
#[derive(Debug)]
pub enum Refund {}
/// Marker type of [`ApiKeyId`].
#[derive(Debug)]
pub enum ApiKey {}
/// Marker type of [`WebhookId`].
#[derive(Debug)]
pub enum Webhook {}
/// Marker type of [`DeliveryId`].
#[derive(Debug)]
pub enum Delivery {}
/// Marker type of [`EntryId`].
#[derive(Debug)]
pub enum Entry {}

/// The id of a product.
pub type GoodsId = Id<Goods>;
/// The id of a user.
pub type UserId = Id<User>;
/// The id of a coupon.
pub type CouponId = Id<Coupon>;
/// The id of an order.
pub type OrderId = Id<Order>;
/// The id of a payment, sent to the platform as `out_trade_no`.
pub type PayId = Id<Pay>;
/// The id of a refund, sent to the platform as the merchant's refund number.
pub type RefundId = Id<Refund>;
/// The id of an API key. The key itself is a text.
pub type ApiKeyId = Id<ApiKey>;
/// The id of a webhook: an endpoint to which events are sent.
pub type WebhookId = Id<Webhook>;
/// The id of a delivery of an event to a webhook.
pub type DeliveryId = Id<Delivery>;
/// The id of a row that needs no other identity than a primary key (an adjustment, a delivery).
pub type EntryId = Id<Entry>;

impl<T> Id<T> {
    /// Creates an id from its stored integer.
    #[must_use]
    pub const fn new(value: i64) -> Self {
        Self(value, PhantomData)
    }

    /// The stored integer.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The node bits of the id. They are the generating node only if the id was made by an [`IdGenerator`]; in an id
    /// that was assigned externally they are arbitrary.
    #[must_use]
    pub fn node(self) -> NodeId {
        // The mask leaves ten bits, so the conversion cannot fail.
        NodeId(i32::try_from((self.0 >> SEQUENCE_BITS) & ((1 << NODE_BITS) - 1)).unwrap_or_default())
    }

    /// The stored integer, by reference.
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
        serializer.serialize_str(itoa::Buffer::new().format(self.0))
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

/// The number of this node in a deployment of several nodes: 0 to 1023.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeId(i32);

impl NodeId {
    /// The node number.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }

    /// The number for a command that runs beside the server of this node, so that the two never make the same id.
    #[must_use]
    pub const fn of_command(self) -> Self {
        Self(self.0 ^ (1 << (NODE_BITS - 1)))
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

/// Ids from the second half of the range, from the end of 2058 on, were assigned externally. Continuing after them could
/// exhaust the range.
const FLOOR_END: i64 = 1 << 62;

/// The time that the stored id `id` contains; `None` if no [`IdGenerator`] has made it.
#[must_use]
pub fn time_of(id: i64) -> Option<Timestamp> {
    let is_generated = (0..FLOOR_END).contains(&id);
    is_generated.then(|| Timestamp((id >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS))
}

/// Generates ids that are unique across nodes. The ids of one generator increase strictly, even if the clock steps
/// back.
#[derive(Debug)]
pub struct IdGenerator {
    clock: Clock,
    node: NodeId,
    /// Milliseconds and sequence of the last id in one integer: if the sequence overflows, it carries into the
    /// milliseconds.
    last: Mutex<i64>,
}

impl IdGenerator {
    /// Creates a generator for `node`. No other running process may use the same node number.
    #[must_use]
    pub fn new(clock: Clock, node: NodeId) -> Self {
        Self { clock, node, last: Mutex::new(0) }
    }

    /// The node that this generator writes into its ids.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// Makes all following ids larger than the stored id `largest`. After a restart with a clock that was set back, ids
    /// would otherwise be generated twice.
    pub fn continue_after(&self, largest: i64) {
        if (0..FLOOR_END).contains(&largest) {
            let ms = largest >> (NODE_BITS + SEQUENCE_BITS);
            let mut last = self.last.lock();
            // The largest sequence of that millisecond, because another node may have generated the id.
            *last = (*last).max((ms << SEQUENCE_BITS) | ((1 << SEQUENCE_BITS) - 1));
        }
    }

    /// Generates the next id.
    pub fn next<T>(&self) -> Id<T> {
        let floor = (self.clock.now().0 - EPOCH_MS) << SEQUENCE_BITS;
        let counter = {
            let mut last = self.last.lock();
            *last = floor.max(*last + 1);
            *last
        };
        let (ms, sequence) = (counter >> SEQUENCE_BITS, counter & ((1 << SEQUENCE_BITS) - 1));
        Id::new((((ms << NODE_BITS) | i64::from(self.node.0)) << SEQUENCE_BITS) | sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_increase_strictly_even_when_the_sequence_overflows() {
        let ids = IdGenerator::new(Clock::default(), NodeId(7));
        let generated: Vec<OrderId> = (0..20_000).map(|_| ids.next()).collect();
        assert!(generated.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn an_id_contains_the_time_at_which_it_was_made() {
        let clock = Clock::default();
        let (before, id) = (clock.now(), IdGenerator::new(clock.clone(), NodeId(3)).next::<Order>());
        let time = time_of(id.get()).unwrap();
        assert!(before <= time && time <= clock.now(), "{time}");
        assert_eq!(time_of(-1), None);
    }

    #[test]
    fn two_nodes_never_generate_the_same_id() {
        let clock = Clock::default();
        let one = IdGenerator::new(clock.clone(), NodeId(1));
        let two = IdGenerator::new(clock, NodeId(2));
        let generated: std::collections::HashSet<i64> =
            (0..5_000).flat_map(|_| [one.next::<Order>().get(), two.next::<Order>().get()]).collect();
        assert_eq!(generated.len(), 10_000);
    }

    #[test]
    fn an_id_contains_its_node_even_when_the_sequence_overflows() {
        for node in [0, 1, 512, 1023] {
            let ids = IdGenerator::new(Clock::default(), NodeId(node));
            assert!((0..5_000).all(|_| ids.next::<Order>().node() == ids.node()), "{node}");
        }
    }

    #[test]
    fn ids_continue_after_the_largest_stored_one_even_if_the_clock_was_set_back() {
        let clock = Clock::default();
        clock.advance(std::time::Duration::from_secs(3_600));
        for node in [0, 512, 1023] {
            let stored = IdGenerator::new(clock.clone(), NodeId(1023)).next::<Order>();
            let ids = IdGenerator::new(Clock::default(), NodeId(node));
            ids.continue_after(stored.get());
            assert!(ids.next::<Order>() > stored, "{node}");
            assert_eq!(ids.next::<Order>().node(), ids.node());
        }
    }

    #[test]
    fn ids_do_not_continue_after_one_that_no_generator_made() {
        let ids = IdGenerator::new(Clock::default(), NodeId(0));
        for foreign in [i64::MAX, FLOOR_END, -1, i64::MIN] {
            ids.continue_after(foreign);
            assert!(ids.next::<Order>().get() < FLOOR_END, "{foreign}");
        }
    }

    #[test]
    fn an_id_is_parsed_from_digits_only() {
        assert_eq!("345959443973935104".parse::<GoodsId>(), Ok(Id::new(345_959_443_973_935_104)));
        for bad in ["", "0", "007", "-1", "+1", "1.0", "1e3", " 1", "٣", "9223372036854775808", "abc"] {
            assert!(bad.parse::<GoodsId>().is_err(), "{bad:?} was accepted");
        }
    }
}
