//! The pages of customers.

/// Words of the pages of customers.
#[derive(Debug)]
pub struct Customers {
    /// Title of the list.
    pub title: &'static str,
    /// Title of the page of one customer, before the name.
    pub one: &'static str,
    /// Heading and filter.
    pub name: &'static str,
    /// Filter: the beginning of the name.
    pub prefix: &'static str,
    /// Heading of the balance.
    pub balance: &'static str,
    /// Heading of the points.
    pub points: &'static str,
    /// Name of a fact.
    pub mobile: &'static str,
    /// Heading of a time.
    pub registered: &'static str,
    /// Name of a fact.
    pub known_as: &'static str,
    /// Heading of a ledger.
    pub money_log: &'static str,
    /// Heading of a ledger.
    pub score_log: &'static str,
    /// Heading of a column.
    pub kind: &'static str,
    /// Heading of a column.
    pub change: &'static str,
    /// Last line of a ledger.
    pub sum: &'static str,
    /// Verdict on a ledger.
    pub adds_up: &'static str,
    /// Verdict on a ledger.
    pub differs: &'static str,
    /// Note on a long ledger.
    pub too_long: &'static str,
    /// Kind of an entry.
    pub paid: &'static str,
    /// Kind of an entry.
    pub refunded: &'static str,
    /// Kind of an entry.
    pub adjusted: &'static str,
    /// Name of an act.
    pub adjust: &'static str,
    /// Label of a field.
    pub delta: &'static str,
    /// Label of a field.
    pub reason: &'static str,
    /// Label of a field.
    pub message: &'static str,
    /// Effect of an adjustment.
    pub after: &'static str,
    /// Heading of the role.
    pub role: &'static str,
    /// The role of a customer.
    pub role_customer: &'static str,
    /// The role of an administrator.
    pub role_admin: &'static str,
    /// Heading of the state of an account.
    pub account: &'static str,
    /// The state of an account that may be used.
    pub enabled: &'static str,
    /// The state of a disabled account, before the time.
    pub disabled: &'static str,
    /// Name of a group of acts.
    pub change_account: &'static str,
    /// Name of an act.
    pub disable: &'static str,
    /// Name of an act.
    pub enable: &'static str,
    /// Name of an act.
    pub make_admin: &'static str,
    /// Name of an act.
    pub make_customer: &'static str,
    /// Name of an act.
    pub sign_out: &'static str,
    /// Heading of the time since which there is a second factor.
    pub second_factor: &'static str,
    /// Name of an act.
    pub remove_second_factor: &'static str,
    /// Effect of all changes of an account.
    pub sessions_end: &'static str,
    /// Link to the orders of a customer.
    pub orders: &'static str,
    /// Link to the coupons of a customer.
    pub coupons: &'static str,
}

/// The words in English.
pub const ENGLISH: Customers = Customers {
    title: "Customers",
    one: "Customer",
    name: "User name",
    prefix: "Name begins with",
    balance: "Balance",
    points: "Points",
    mobile: "Mobile number",
    registered: "Registered",
    known_as: "Known to the shop's server as",
    money_log: "Balance, entry by entry",
    score_log: "Points, entry by entry",
    kind: "Kind",
    change: "Change",
    sum: "All entries together",
    adds_up: "The entries add up to the present value.",
    differs: "The entries do not add up to the present value: run the audit.",
    too_long: "The ledger is longer than this page; its sum is part of the audit.",
    paid: "order",
    refunded: "refund",
    adjusted: "adjusted",
    adjust: "Adjust the balance",
    delta: "Amount, negative to deduct",
    reason: "Reason, for operators",
    message: "Words for the customer",
    after: "Balance afterwards",
    role: "Role",
    role_customer: "customer",
    role_admin: "administrator",
    account: "Account",
    enabled: "may sign in",
    disabled: "disabled since",
    change_account: "Change the account",
    disable: "Disable the account",
    enable: "Enable the account",
    make_admin: "Make the user an administrator",
    make_customer: "Take the role of an administrator away",
    sign_out: "End all sessions",
    second_factor: "Second factor since",
    remove_second_factor: "Remove the second factor",
    sessions_end: "All sessions of the user end.",
    orders: "Orders of this customer",
    coupons: "Coupons of this customer",
};

/// The words in Chinese.
pub const CHINESE: Customers = Customers {
    title: "顾客",
    one: "顾客",
    name: "用户名",
    prefix: "用户名开头",
    balance: "余额",
    points: "积分",
    mobile: "手机号",
    registered: "注册时间",
    known_as: "商家系统中的编号",
    money_log: "余额明细",
    score_log: "积分明细",
    kind: "类型",
    change: "变动",
    sum: "合计",
    adds_up: "明细合计与当前值一致。",
    differs: "明细合计与当前值不一致，请运行审计。",
    too_long: "明细过长，本页未全部显示，合计由审计核对。",
    paid: "订单",
    refunded: "退款",
    adjusted: "调整",
    adjust: "调整余额",
    delta: "金额（负数表示扣减）",
    reason: "原因（仅供内部）",
    message: "给顾客的话",
    after: "调整后余额",
    role: "角色",
    role_customer: "顾客",
    role_admin: "管理员",
    account: "账户",
    enabled: "可登录",
    disabled: "停用时间",
    change_account: "更改账户",
    disable: "停用账户",
    enable: "启用账户",
    make_admin: "设为管理员",
    make_customer: "取消管理员身份",
    sign_out: "结束所有会话",
    second_factor: "两步验证启用时间",
    remove_second_factor: "移除两步验证",
    sessions_end: "该用户的所有会话都将结束。",
    orders: "该顾客的订单",
    coupons: "该顾客的优惠券",
};
