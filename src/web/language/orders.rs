//! The list of orders.

/// Words of the list of orders.
#[derive(Debug)]
pub struct Orders {
    /// Title of the page.
    pub title: &'static str,
    /// Name of a filter.
    pub order_status: &'static str,
    /// Name of a filter.
    pub pay_status: &'static str,
    /// Name of a filter.
    pub shipping_status: &'static str,
    /// Heading and filter: the recipient.
    pub consignee: &'static str,
    /// Heading of the amount to pay on a platform.
    pub to_pay: &'static str,
    /// Heading of the time of the request.
    pub placed: &'static str,
    /// Filter: id of the customer.
    pub user_id: &'static str,
    /// Filter: id of a product.
    pub goods_id: &'static str,
    /// Filter: first moment.
    pub from: &'static str,
    /// Filter: moment before which an order was placed.
    pub before: &'static str,
    /// Filter: smallest amount.
    pub amount_min: &'static str,
    /// Filter: largest amount.
    pub amount_max: &'static str,
}

/// The words in English.
pub const ENGLISH: Orders = Orders {
    title: "Orders",
    order_status: "Order",
    pay_status: "Payment",
    shipping_status: "Delivery",
    consignee: "Consignee",
    to_pay: "To pay",
    placed: "Placed",
    user_id: "Customer id",
    goods_id: "Goods id",
    from: "Placed from",
    before: "Placed before",
    amount_min: "Amount from",
    amount_max: "Amount up to",
};

/// The words in Chinese.
pub const CHINESE: Orders = Orders {
    title: "订单",
    order_status: "订单",
    pay_status: "支付",
    shipping_status: "配送",
    consignee: "收件人",
    to_pay: "应付",
    placed: "下单时间",
    user_id: "顾客编号",
    goods_id: "商品编号",
    from: "下单时间从",
    before: "下单时间早于",
    amount_min: "金额下限",
    amount_max: "金额上限",
};
