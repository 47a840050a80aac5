//! Words of many pages.

/// Words of many pages.
#[derive(Debug)]
pub struct Common {
    /// Link to the next page of a list.
    pub next: &'static str,
    /// Link to the first page of a list.
    pub first: &'static str,
    /// Filter that matches everything.
    pub all: &'static str,
    /// Button that applies filters.
    pub filter: &'static str,
    /// Link to a list as a file for spreadsheets.
    pub csv: &'static str,
    /// Shown in place of an empty list.
    pub empty: &'static str,
    /// Shown for a value that is missing.
    pub none: &'static str,
    /// Heading of a time.
    pub at: &'static str,
    /// Heading of a state.
    pub state: &'static str,
    /// Heading of an amount.
    pub amount: &'static str,
    /// Heading of the id of an order.
    pub order: &'static str,
    /// Heading of the id of a payment.
    pub payment: &'static str,
    /// Heading of the id of a refund.
    pub refund: &'static str,
    /// Heading of a customer.
    pub customer: &'static str,
    /// Heading of a payment platform.
    pub provider: &'static str,
    /// Label of the link that removes a filter.
    pub remove: &'static str,
    /// Note on the times of a page.
    pub utc: &'static str,
}

/// The words in English.
pub const ENGLISH: Common = Common {
    next: "Next page",
    first: "First page",
    all: "All",
    filter: "Filter",
    csv: "CSV",
    empty: "Nothing matches.",
    none: "none",
    at: "Time",
    state: "State",
    amount: "Amount",
    order: "Order",
    payment: "Payment",
    refund: "Refund",
    customer: "Customer",
    provider: "Platform",
    remove: "Remove this filter",
    utc: "All times are UTC.",
};

/// The words in Chinese.
pub const CHINESE: Common = Common {
    next: "下一页",
    first: "第一页",
    all: "全部",
    filter: "筛选",
    csv: "CSV",
    empty: "没有符合条件的记录。",
    none: "无",
    at: "时间",
    state: "状态",
    amount: "金额",
    order: "订单",
    payment: "支付",
    refund: "退款",
    customer: "顾客",
    provider: "支付平台",
    remove: "移除此筛选",
    utc: "所有时间均为 UTC 时间。",
};
