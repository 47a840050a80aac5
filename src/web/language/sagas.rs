//! The page of the sagas.

/// Words of the page of the sagas.
#[derive(Debug)]
pub struct Sagas {
    /// Title of the page.
    pub title: &'static str,
    /// Note on the page.
    pub about: &'static str,
    /// Heading of a column.
    pub waits_for: &'static str,
    /// Heading: steps that were sent again.
    pub retries: &'static str,
    /// Heading of a column.
    pub wakeup: &'static str,
    /// Heading of a column.
    pub deadline: &'static str,
    /// Heading of a column.
    pub placed: &'static str,
    /// Reply that a saga waits for.
    pub pre_order: &'static str,
    /// Reply that a saga waits for.
    pub stock: &'static str,
    /// Reply that a saga waits for.
    pub coupon: &'static str,
    /// Reply that a saga waits for.
    pub balance: &'static str,
    /// Reply that a saga waits for.
    pub confirmation: &'static str,
    /// Reply that a saga waits for.
    pub cancellation: &'static str,
    /// No saga of this process drives the order.
    pub elsewhere: &'static str,
    /// Number of running sagas.
    pub in_flight: &'static str,
    /// Number of unconfirmed orders.
    pub unconfirmed: &'static str,
    /// Number of lost orders.
    pub without_wakeup: &'static str,
}

/// The words in English.
pub const ENGLISH: Sagas = Sagas {
    title: "Sagas",
    about: "Orders that are not confirmed yet. Each is confirmed, or cancelled at its deadline.",
    waits_for: "Waits for",
    retries: "Steps sent again",
    wakeup: "Next wake-up",
    deadline: "Deadline",
    placed: "Placed",
    pre_order: "pricing",
    stock: "stock",
    coupon: "coupon",
    balance: "balance",
    confirmation: "confirmation",
    cancellation: "cancellation",
    elsewhere: "another node, or the next look",
    in_flight: "running here",
    unconfirmed: "unconfirmed in the store",
    without_wakeup: "without a wake-up",
};

/// The words in Chinese.
pub const CHINESE: Sagas = Sagas {
    title: "流程",
    about: "尚未确认的订单。每个订单要么被确认，要么在截止时间被取消。",
    waits_for: "等待",
    retries: "重发次数",
    wakeup: "下次唤醒",
    deadline: "截止时间",
    placed: "下单时间",
    pre_order: "计价",
    stock: "库存",
    coupon: "优惠券",
    balance: "余额",
    confirmation: "确认",
    cancellation: "取消",
    elsewhere: "其他节点或下次检查",
    in_flight: "本节点运行中",
    unconfirmed: "存储中未确认",
    without_wakeup: "无人唤醒",
};
