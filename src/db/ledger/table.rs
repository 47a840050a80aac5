//! The ledgers of each owner.

/// A ledger: a table, or the rows of a table that have reached a final state.
#[derive(Debug, Clone, Copy)]
pub struct Ledger {
    /// Its name in the lines of a chain.
    pub name: &'static str,
    /// The rows, as SQL that follows FROM.
    pub rows: &'static str,
}

const fn table(name: &'static str) -> Ledger {
    Ledger { name, rows: name }
}

const COUPON: &[Ledger] = &[table("coupon"), table("coupon_log"), table("admin_act")];
const GOODS: &[Ledger] = &[
    table("goods"),
    table("goods_adjustment"),
    table("goods_number_log"),
    table("goods_number_part"),
    table("admin_act"),
];
const USER: &[Ledger] = &[
    table("users"),
    table("user_adjustment"),
    table("user_money_log"),
    table("user_reference"),
    table("user_score_log"),
    table("user_score_part"),
    table("api_key"),
    table("admin_act"),
];
const ORDER: &[Ledger] =
    &[table("orders"), table("order_goods"), table("order_act"), table("order_refund"), table("order_refund_goods")];
const PAY: &[Ledger] = &[
    table("pay"),
    Ledger { name: "paid", rows: "pay WHERE is_paid = 2" },
    table("pay_act"),
    table("pay_log"),
    Ledger { name: "pay_notice", rows: "pay_notice WHERE verdict = 1" },
    table("pay_refund"),
    Ledger { name: "refunded", rows: "pay_refund WHERE status = 1" },
];

/// The ledgers of an owner; empty for an owner that has none.
#[must_use]
pub fn ledgers_of(owner: &str) -> &'static [Ledger] {
    match owner {
        "coupon" => COUPON,
        "goods" => GOODS,
        "user" => USER,
        "order" => ORDER,
        "pay" => PAY,
        _ => &[],
    }
}
