//! The page of money and notifications that wait for an operator.

/// Words of the page of notices.
#[derive(Debug)]
pub struct Notices {
    /// Title of the page.
    pub title: &'static str,
    /// Heading of the money that waits.
    pub parked: &'static str,
    /// Heading of the notifications.
    pub rejected: &'static str,
    /// Kind of money.
    pub charge: &'static str,
    /// Kind of money.
    pub refund: &'static str,
    /// Heading of a column.
    pub kind: &'static str,
    /// Heading of a column.
    pub reason: &'static str,
    /// Heading of a time.
    pub known: &'static str,
    /// Name of a fact.
    pub trade_no: &'static str,
    /// Title of the page of one item, before the id.
    pub one: &'static str,
    /// Heading of the decisions.
    pub decide: &'static str,
    /// Decision on a charge.
    pub give_back: &'static str,
    /// Decision on a charge.
    pub accept: &'static str,
    /// Decision on a refund.
    pub accept_refund: &'static str,
    /// Decision on a charge.
    pub match_order: &'static str,
    /// Decision on money.
    pub dismiss: &'static str,
    /// Decision on a refund.
    pub retry: &'static str,
    /// Label of a field.
    pub order_id: &'static str,
}

/// The words in English.
pub const ENGLISH: Notices = Notices {
    title: "Notices",
    parked: "Money that waits for you",
    rejected: "Notifications that were not believed",
    charge: "charge",
    refund: "refund",
    kind: "Kind",
    reason: "Reason",
    known: "Known since",
    trade_no: "Number at the platform",
    one: "Money that waits",
    decide: "Your decision",
    give_back: "Give the charge back",
    accept: "Take it as its payment",
    accept_refund: "Take it as made by other means",
    match_order: "Match it to an order",
    dismiss: "Dismiss",
    retry: "Send the refund again",
    order_id: "Order id",
};

/// The words in Chinese.
pub const CHINESE: Notices = Notices {
    title: "通知",
    parked: "待处理款项",
    rejected: "未采信的通知",
    charge: "收款",
    refund: "退款",
    kind: "类型",
    reason: "原因",
    known: "发现时间",
    trade_no: "平台单号",
    one: "待处理款项",
    decide: "您的决定",
    give_back: "退回该收款",
    accept: "作为支付入账",
    accept_refund: "视为已通过其他方式退款",
    match_order: "匹配到订单",
    dismiss: "忽略",
    retry: "重新发起退款",
    order_id: "订单编号",
};
