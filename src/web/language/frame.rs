//! Menu and header of the console.

/// Words of the menu and the header of the console.
#[derive(Debug)]
pub struct Frame {
    /// Name of the menu for readers of the screen.
    pub menu: &'static str,
    /// Link that skips the menu.
    pub skip: &'static str,
    /// Group of the menu: what the shop sells.
    pub trade: &'static str,
    /// Group of the menu: work of operators.
    pub operate: &'static str,
    /// Group of the menu: for engineers.
    pub develop: &'static str,
    /// Entry of the menu.
    pub overview: &'static str,
    /// Entry of the menu.
    pub orders: &'static str,
    /// Entry of the menu.
    pub payments: &'static str,
    /// Entry of the menu.
    pub refunds: &'static str,
    /// Entry of the menu.
    pub customers: &'static str,
    /// Entry of the menu.
    pub goods: &'static str,
    /// Entry of the menu.
    pub coupons: &'static str,
    /// Entry of the menu.
    pub actors: &'static str,
    /// Entry of the menu.
    pub messages: &'static str,
    /// Entry of the menu.
    pub sagas: &'static str,
    /// Entry of the menu.
    pub notices: &'static str,
    /// Entry of the menu.
    pub audit: &'static str,
    /// Entry of the menu.
    pub reconcile: &'static str,
    /// Entry of the menu.
    pub journal: &'static str,
    /// Entry of the menu.
    pub nodes: &'static str,
    /// Entry of the menu.
    pub api: &'static str,
    /// Entry of the menu.
    pub api_keys: &'static str,
    /// Entry of the menu.
    pub sandbox: &'static str,
    /// Entry of the menu.
    pub settings: &'static str,
    /// Hint in the search.
    pub search: &'static str,
    /// Label of the search.
    pub search_label: &'static str,
    /// All actors work.
    pub healthy: &'static str,
    /// An operator is needed.
    pub degraded: &'static str,
    /// An actor or its store does not work.
    pub unhealthy: &'static str,
    /// Before the number of this node.
    pub node: &'static str,
    /// Button that ends the session.
    pub sign_out: &'static str,
}

/// The words in English.
pub const ENGLISH: Frame = Frame {
    menu: "Menu",
    skip: "Skip to the content",
    trade: "Trade",
    operate: "Operate",
    develop: "Develop",
    overview: "Overview",
    orders: "Orders",
    payments: "Payments",
    refunds: "Refunds",
    customers: "Customers",
    goods: "Goods",
    coupons: "Coupons",
    actors: "Actors",
    messages: "Messages",
    sagas: "Sagas",
    notices: "Notices",
    audit: "Audit",
    reconcile: "Reconcile",
    journal: "Journal",
    nodes: "Nodes",
    api: "API",
    api_keys: "API keys",
    sandbox: "Sandbox",
    settings: "Settings",
    search: "Find an order, payment, customer … press /",
    search_label: "Search",
    healthy: "healthy",
    degraded: "needs attention",
    unhealthy: "unhealthy",
    node: "node",
    sign_out: "Sign out",
};

/// The words in Chinese.
pub const CHINESE: Frame = Frame {
    menu: "菜单",
    skip: "跳到正文",
    trade: "交易",
    operate: "运营",
    develop: "开发",
    overview: "概览",
    orders: "订单",
    payments: "支付",
    refunds: "退款",
    customers: "顾客",
    goods: "商品",
    coupons: "优惠券",
    actors: "执行单元",
    messages: "消息",
    sagas: "流程",
    notices: "通知",
    audit: "审计",
    reconcile: "对账",
    journal: "操作日志",
    nodes: "节点",
    api: "接口文档",
    api_keys: "API 密钥",
    sandbox: "沙箱",
    settings: "设置",
    search: "查找订单、支付、顾客…… 按 /",
    search_label: "搜索",
    healthy: "正常",
    degraded: "需要关注",
    unhealthy: "异常",
    node: "节点",
    sign_out: "退出登录",
};
