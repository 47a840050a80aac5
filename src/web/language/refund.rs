//! The list of refunds and the page of one refund.

/// Words of the pages of refunds.
#[derive(Debug)]
pub struct Refunds {
    /// Title of the list.
    pub title: &'static str,
    /// Title of the page of one refund, before the id.
    pub one: &'static str,
    /// Heading of a time.
    pub requested: &'static str,
    /// Heading of a time.
    pub done: &'static str,
    /// Name of a fact.
    pub reason: &'static str,
    /// Name of a fact.
    pub message: &'static str,
    /// Name of a fact.
    pub attempts: &'static str,
    /// Name of a fact.
    pub remark: &'static str,
    /// Name of a fact.
    pub by_platform: &'static str,
    /// Note on a parked refund.
    pub waits: &'static str,
    /// Link to the decision.
    pub decide: &'static str,
}

/// The words in English.
pub const ENGLISH: Refunds = Refunds {
    title: "Refunds",
    one: "Refund",
    requested: "Requested",
    done: "Done",
    reason: "Reason, for operators",
    message: "Words for the customer",
    attempts: "Attempts",
    remark: "Last answer of the platform",
    by_platform: "Made by the platform by itself",
    waits: "This refund waits for your decision.",
    decide: "Decide",
};

/// The words in Chinese.
pub const CHINESE: Refunds = Refunds {
    title: "退款",
    one: "退款",
    requested: "申请时间",
    done: "完成时间",
    reason: "原因（仅供内部）",
    message: "给顾客的话",
    attempts: "尝试次数",
    remark: "平台最近答复",
    by_platform: "平台主动发起",
    waits: "该退款等待您处理。",
    decide: "去处理",
};
