//! The page of one order.

/// Words of the page of one order.
#[derive(Debug)]
pub struct Order {
    /// Title of the page, before the id.
    pub title: &'static str,
    /// Name of an act.
    pub ship: &'static str,
    /// Name of a fact.
    pub consignee: &'static str,
    /// Name of a fact.
    pub address: &'static str,
    /// Name of a fact.
    pub carrier: &'static str,
    /// Name of a fact.
    pub tracking_no: &'static str,
}

/// The words in English.
pub const ENGLISH: Order = Order {
    title: "Order",
    ship: "Ship order",
    consignee: "Consignee",
    address: "Address",
    carrier: "Carrier",
    tracking_no: "Tracking number",
};

/// The words in Chinese.
pub const CHINESE: Order = Order {
    title: "订单",
    ship: "订单发货",
    consignee: "收件人",
    address: "地址",
    carrier: "承运公司",
    tracking_no: "运单号",
};
