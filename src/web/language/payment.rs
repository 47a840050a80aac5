//! The list of payments and the page of one payment.

/// Words of the pages of payments.
#[derive(Debug)]
pub struct Payments {
    /// Title of the list.
    pub title: &'static str,
    /// Title of the page of one payment, before the id.
    pub one: &'static str,
    /// Heading of a time.
    pub created: &'static str,
    /// Name of a fact.
    pub pay_before: &'static str,
    /// Name of a fact.
    pub checkout: &'static str,
    /// Text of a button.
    pub query: &'static str,
    /// Heading of the notifications.
    pub notices: &'static str,
    /// Heading of a column.
    pub event: &'static str,
    /// Heading of a column.
    pub verdict: &'static str,
    /// Verdict on a notification.
    pub believed: &'static str,
    /// Verdict on a notification.
    pub rejected: &'static str,
    /// Heading of a column.
    pub times: &'static str,
    /// Label of the body as it was received.
    pub raw: &'static str,
}

/// The words in English.
pub const ENGLISH: Payments = Payments {
    title: "Payments",
    one: "Payment",
    created: "Created",
    pay_before: "Open until",
    checkout: "Page of the customer",
    query: "Ask the platform",
    notices: "Notifications of the platform",
    event: "Event",
    verdict: "Verdict",
    believed: "believed",
    rejected: "not believed",
    times: "Times",
    raw: "As received",
};

/// The words in Chinese.
pub const CHINESE: Payments = Payments {
    title: "支付",
    one: "支付",
    created: "创建时间",
    pay_before: "有效期至",
    checkout: "顾客支付页",
    query: "查询平台",
    notices: "平台通知",
    event: "事件",
    verdict: "结论",
    believed: "采信",
    rejected: "不采信",
    times: "次数",
    raw: "原始内容",
};
