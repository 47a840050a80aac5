//! Names of states.

/// Names of states, as on their marks.
#[derive(Debug)]
pub struct States {
    /// Order that is being placed.
    pub unconfirmed: &'static str,
    /// Order that is placed.
    pub confirmed: &'static str,
    /// Order that is cancelled.
    pub cancelled: &'static str,
    /// Order that was refused.
    pub invalid: &'static str,
    /// Order or payment that is refunded.
    pub refunded: &'static str,
    /// Order or payment that is not paid.
    pub unpaid: &'static str,
    /// Order whose payment is under way.
    pub paying: &'static str,
    /// Order or payment that is paid.
    pub paid: &'static str,
    /// Order that is not shipped.
    pub unshipped: &'static str,
    /// Order that is shipped.
    pub shipped: &'static str,
    /// Order that the customer has received.
    pub received: &'static str,
    /// Payment that is closed.
    pub closed: &'static str,
    /// Refund or message that is under way.
    pub pending: &'static str,
    /// Refund that is done.
    pub done: &'static str,
    /// Refund or charge that waits for an operator.
    pub parked: &'static str,
    /// Refund or charge that an operator has dismissed.
    pub dismissed: &'static str,
    /// Charge that goes back.
    pub returned: &'static str,
    /// Charge that was accepted.
    pub accepted: &'static str,
}

/// The words in English.
pub const ENGLISH: States = States {
    unconfirmed: "unconfirmed",
    confirmed: "confirmed",
    cancelled: "cancelled",
    invalid: "refused",
    refunded: "refunded",
    unpaid: "unpaid",
    paying: "paying",
    paid: "paid",
    unshipped: "unshipped",
    shipped: "shipped",
    received: "received",
    closed: "closed",
    pending: "pending",
    done: "done",
    parked: "waits for you",
    dismissed: "dismissed",
    returned: "returned",
    accepted: "accepted",
};

/// The words in Chinese.
pub const CHINESE: States = States {
    unconfirmed: "未确认",
    confirmed: "已确认",
    cancelled: "已取消",
    invalid: "已拒绝",
    refunded: "已退款",
    unpaid: "未支付",
    paying: "支付中",
    paid: "已支付",
    unshipped: "未发货",
    shipped: "已发货",
    received: "已收货",
    closed: "已关闭",
    pending: "处理中",
    done: "已完成",
    parked: "待处理",
    dismissed: "已忽略",
    returned: "已退回",
    accepted: "已接受",
};
