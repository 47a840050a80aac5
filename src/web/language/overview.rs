//! The first page of the console.

/// Words of the first page of the console.
#[derive(Debug)]
pub struct Overview {
    /// Title of the page.
    pub title: &'static str,
    /// Heading of the audit.
    pub books: &'static str,
    /// Between a number and its total.
    pub of: &'static str,
    /// Invariants that hold.
    pub hold: &'static str,
    /// Before the time of the last audit.
    pub checked: &'static str,
    /// No audit was run.
    pub not_checked: &'static str,
    /// Rows that violate an invariant.
    pub violated: &'static str,
    /// Heading of the money at risk.
    pub at_risk: &'static str,
    /// Kind of money at risk.
    pub open_payments: &'static str,
    /// Kind of money at risk.
    pub unbooked: &'static str,
    /// Kind of money at risk.
    pub refunds: &'static str,
    /// Kind of money at risk.
    pub parked: &'static str,
    /// Heading of the rate of orders.
    pub orders: &'static str,
    /// Unit of a rate.
    pub per_second: &'static str,
    /// Heading of the messages.
    pub messages: &'static str,
    /// Messages that are not delivered.
    pub on_their_way: &'static str,
    /// Before the age of the oldest message.
    pub oldest: &'static str,
    /// Dead letters.
    pub dead: &'static str,
    /// Heading of admission control.
    pub admission: &'static str,
    /// Requests that were refused.
    pub refused: &'static str,
    /// Heading of the graph.
    pub graph: &'static str,
    /// Heading of the work of operators.
    pub needs: &'static str,
    /// Work of operators.
    pub dead_messages: &'static str,
    /// Work of operators.
    pub parked_refunds: &'static str,
    /// Work of operators.
    pub parked_charges: &'static str,
    /// Work of operators.
    pub without_wakeup: &'static str,
    /// Work under way.
    pub unconfirmed: &'static str,
    /// Work under way.
    pub open: &'static str,
    /// Heading of the latest orders.
    pub latest: &'static str,
    /// A part did not reply.
    pub no_answer: &'static str,
}

/// The words in English.
pub const ENGLISH: Overview = Overview {
    title: "Overview",
    books: "Books",
    of: "of",
    hold: "invariants hold",
    checked: "checked",
    not_checked: "not checked since the start",
    violated: "rows violate",
    at_risk: "Money at risk",
    open_payments: "open payments",
    unbooked: "paid, not booked",
    refunds: "refunds under way",
    parked: "parked",
    orders: "Orders",
    per_second: "per second",
    messages: "Messages",
    on_their_way: "on their way",
    oldest: "oldest",
    dead: "dead",
    admission: "Admission",
    refused: "refused since the start",
    graph: "Live graph",
    needs: "Needs a person",
    dead_messages: "Dead messages",
    parked_refunds: "Parked refunds",
    parked_charges: "Charges that match no payment",
    without_wakeup: "Sagas without a wake-up",
    unconfirmed: "Unconfirmed orders",
    open: "Open payments",
    latest: "Latest orders",
    no_answer: "no answer",
};

/// The words in Chinese.
pub const CHINESE: Overview = Overview {
    title: "概览",
    books: "账目",
    of: "／",
    hold: "项不变式成立",
    checked: "检查于",
    not_checked: "启动后尚未检查",
    violated: "行违反",
    at_risk: "在途资金",
    open_payments: "笔待支付",
    unbooked: "笔已付未入账",
    refunds: "笔退款进行中",
    parked: "笔待处理",
    orders: "订单",
    per_second: "/ 秒",
    messages: "消息",
    on_their_way: "条待投递",
    oldest: "最旧",
    dead: "条死信",
    admission: "准入",
    refused: "次启动后被拒绝",
    graph: "实时关系图",
    needs: "需要人工处理",
    dead_messages: "死信",
    parked_refunds: "待处理退款",
    parked_charges: "无法匹配的收款",
    without_wakeup: "无人唤醒的流程",
    unconfirmed: "未确认订单",
    open: "待支付的款项",
    latest: "最新订单",
    no_answer: "无响应",
};
