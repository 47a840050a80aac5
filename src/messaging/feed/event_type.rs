//! The types of the events that other systems can read: the contract with them. An event of a type never changes its
//! meaning; a change that readers would notice is a new version beside the old one.

/// The kind of an event, with the lines of a chain that it comes from.
#[derive(Debug, PartialEq, Eq)]
pub struct EventType {
    /// The name, with the version.
    pub name: &'static str,
    /// The owner whose chain has the lines.
    pub owner: &'static str,
    /// The starts of the lines: verb and name.
    pub lines: &'static [&'static str],
    /// The event in a sentence.
    pub about: &'static str,
}

/// The start of all names.
pub const PREFIX: &str = "shop.tradepost.";

/// The start of a line: an order was confirmed. Order, time.
pub const CONFIRMED: &str = "! order_confirmed";
/// The start of a line: an order was cancelled by its saga. Order, time.
pub const FAILED: &str = "! order_failed";
/// The start of a line: an order was paid. Order, time.
pub const PAID: &str = "! order_paid";
/// The start of a line: part of the amount of an order is back. Order, time, refund.
pub const REFUNDED_PART: &str = "! order_refunded_part";
/// The start of a line: an order was written. Order, and what else the ledger has.
pub const ORDERS: &str = "+ orders";
/// The start of a line: an act on an order. Act, order, and what else the ledger has.
pub const ACT: &str = "+ order_act";
/// The start of a line: an order took units, or gave them back. Order, goods, direction, units, time.
pub const STOCK_LOG: &str = "+ goods_number_log";
/// The start of a line: a refund gave units back. Refund, goods, order, units, time.
pub const STOCK_PART: &str = "+ goods_number_part";
/// The start of a line: an administrator changed a stock. Adjustment, goods, units, reason, time.
pub const STOCK_ADJUSTMENT: &str = "+ goods_adjustment";
/// The start of a line: a coupon was created. Coupon, price, user, time.
pub const COUPONS: &str = "+ coupon";
/// The start of a line: a coupon was bound to an order, or released. Order, direction, coupon, time.
pub const COUPON_LOG: &str = "+ coupon_log";

/// An order was placed. The data is [`OrderPlaced`](super::data::OrderPlaced).
pub const ORDER_PLACED: EventType = EventType {
    name: "shop.tradepost.order.placed.v1",
    owner: "order",
    lines: &[ORDERS],
    about: "An order was placed, and its stock, coupon and balance are being reserved.",
};

/// An order was confirmed. The data is [`OrderConfirmed`](super::data::OrderConfirmed).
pub const ORDER_CONFIRMED: EventType = EventType {
    name: "shop.tradepost.order.confirmed.v1",
    owner: "order",
    lines: &[CONFIRMED],
    about: "All that an order needs is reserved. It waits for its payment, if there is anything to pay.",
};

/// An order was cancelled. The data is [`OrderCancelled`](super::data::OrderCancelled).
pub const ORDER_CANCELLED: EventType = EventType {
    name: "shop.tradepost.order.cancelled.v1",
    owner: "order",
    lines: &[FAILED, ACT],
    about: "An order was cancelled before it was paid, for one of three causes.",
};

/// An order was paid. The data is [`OrderPaid`](super::data::OrderPaid).
pub const ORDER_PAID: EventType =
    EventType { name: "shop.tradepost.order.paid.v1", owner: "order", lines: &[PAID], about: "An order is paid." };

/// An order was shipped. The data is [`OrderShipped`](super::data::OrderShipped).
pub const ORDER_SHIPPED: EventType = EventType {
    name: "shop.tradepost.order.shipped.v1",
    owner: "order",
    lines: &[ACT],
    about: "An order was given to its carrier.",
};

/// An order was received. The data is [`OrderReceived`](super::data::OrderReceived).
pub const ORDER_RECEIVED: EventType = EventType {
    name: "shop.tradepost.order.received.v1",
    owner: "order",
    lines: &[ACT],
    about: "The customer has received an order.",
};

/// Part of an order was refunded. The data is [`OrderRefundedPart`](super::data::OrderRefundedPart).
pub const ORDER_REFUNDED_PART: EventType = EventType {
    name: "shop.tradepost.order.refunded_part.v1",
    owner: "order",
    lines: &[REFUNDED_PART],
    about: "Part of what was paid for an order is back.",
};

/// An order was refunded. The data is [`OrderRefunded`](super::data::OrderRefunded).
pub const ORDER_REFUNDED: EventType = EventType {
    name: "shop.tradepost.order.refunded.v1",
    owner: "order",
    lines: &[ACT],
    about: "All that was paid for an order is back.",
};

/// A stock was changed. The data is [`StockChanged`](super::data::StockChanged).
pub const STOCK_CHANGED: EventType = EventType {
    name: "shop.tradepost.stock.changed.v1",
    owner: "goods",
    lines: &[STOCK_LOG, STOCK_PART, STOCK_ADJUSTMENT],
    about: "The units of a product in stock have changed.",
};

/// A coupon was changed. The data is [`CouponChanged`](super::data::CouponChanged).
pub const COUPON_CHANGED: EventType = EventType {
    name: "shop.tradepost.coupon.changed.v1",
    owner: "coupon",
    lines: &[COUPONS, COUPON_LOG],
    about: "A coupon was created, used by an order, or released by it.",
};

/// All types.
pub const ALL: [&EventType; 10] = [
    &ORDER_PLACED,
    &ORDER_CONFIRMED,
    &ORDER_CANCELLED,
    &ORDER_PAID,
    &ORDER_SHIPPED,
    &ORDER_RECEIVED,
    &ORDER_REFUNDED_PART,
    &ORDER_REFUNDED,
    &STOCK_CHANGED,
    &COUPON_CHANGED,
];

impl EventType {
    /// The name without the part that all names share, such as `order.paid.v1`.
    #[must_use]
    pub fn short_name(&self) -> &'static str {
        self.name.strip_prefix(PREFIX).unwrap_or(self.name)
    }

    /// The type with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|known| known.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::db::ledger::ledgers_of;

    #[test]
    fn every_type_has_a_name_of_its_own_with_a_version() {
        let names: BTreeSet<&str> = ALL.iter().map(|known| known.name).collect();
        assert_eq!(names.len(), ALL.len());
        for known in ALL {
            assert!(known.name.starts_with(PREFIX) && known.name.ends_with(".v1"), "{}", known.name);
            assert_eq!(EventType::find(known.name), Some(known));
        }
        assert_eq!((ORDER_PAID.short_name(), EventType::find("order.paid.v1")), ("order.paid.v1", None));
    }

    #[test]
    fn every_row_that_an_event_comes_from_is_in_a_ledger_of_its_owner() {
        for known in ALL {
            for name in known.lines.iter().filter_map(|line| line.strip_prefix("+ ")) {
                assert!(ledgers_of(known.owner).iter().any(|ledger| ledger.name == name), "{}: {name}", known.name);
            }
        }
    }
}
