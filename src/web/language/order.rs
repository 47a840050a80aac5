//! The page of one order.

/// Words of the page of one order.
#[derive(Debug)]
pub struct Order {
    /// Title of the page, before the id.
    pub title: &'static str,
    /// Heading of the drawing.
    pub what_happened: &'static str,
    /// Description of the drawing for readers of the screen.
    pub drawing: &'static str,
    /// Heading of the timeline.
    pub timeline: &'static str,
    /// Heading of the amounts.
    pub money: &'static str,
    /// Name of an amount.
    pub goods_amount: &'static str,
    /// Name of an amount.
    pub shipping_fee: &'static str,
    /// Name of an amount.
    pub coupon_paid: &'static str,
    /// Name of an amount.
    pub money_paid: &'static str,
    /// Name of an amount.
    pub to_pay: &'static str,
    /// Name of an amount.
    pub refunded: &'static str,
    /// Heading of the lines.
    pub lines: &'static str,
    /// Heading of a column.
    pub goods: &'static str,
    /// Heading of a column.
    pub units: &'static str,
    /// Heading of a column.
    pub price: &'static str,
    /// Heading of the delivery.
    pub delivery: &'static str,
    /// Heading of the payments.
    pub payments: &'static str,
    /// Heading of the refunds.
    pub refunds: &'static str,
    /// Heading of the operator log.
    pub acts: &'static str,
    /// Heading of a column.
    pub act: &'static str,
    /// Heading of a column.
    pub detail: &'static str,
    /// Heading of a column.
    pub by: &'static str,
    /// Name of an act.
    pub ship: &'static str,
    /// Name of an act.
    pub refund: &'static str,
    /// Name of an act.
    pub cancel: &'static str,
    /// Name of a fact.
    pub consignee: &'static str,
    /// Name of a fact.
    pub address: &'static str,
    /// Name of a fact.
    pub carrier: &'static str,
    /// Name of a fact.
    pub tracking_no: &'static str,
    /// Name of a fact.
    pub pay_before: &'static str,
    /// Label of a field.
    pub reason: &'static str,
    /// Label of a field.
    pub message: &'static str,
    /// Label of a field.
    pub refund_amount: &'static str,
    /// Label of fields.
    pub back_into_stock: &'static str,
    /// Label of a box.
    pub without_platform: &'static str,
    /// Text of the button to a preview.
    pub preview: &'static str,
    /// Effect of a refund.
    pub refund_platform: &'static str,
    /// Effect of a refund.
    pub refund_balance: &'static str,
    /// Effect of a refund.
    pub refund_points: &'static str,
    /// Effect of a refund.
    pub refund_coupon: &'static str,
    /// Effect of a refund.
    pub refund_stock: &'static str,
    /// Effect of a refund.
    pub refund_left: &'static str,
    /// Effect of a cancellation.
    pub cancel_effect: &'static str,
    /// Effect that takes place.
    pub yes: &'static str,
    /// Effect that does not take place.
    pub no: &'static str,
}

/// The words in English.
pub const ENGLISH: Order = Order {
    title: "Order",
    what_happened: "What happened",
    drawing: "The events of this order by owner and time; the list below has them all.",
    timeline: "Timeline",
    money: "Money",
    goods_amount: "Goods",
    shipping_fee: "Shipping",
    coupon_paid: "Coupon",
    money_paid: "Balance",
    to_pay: "To pay",
    refunded: "Refunded",
    lines: "Goods",
    goods: "Goods",
    units: "Units",
    price: "Price",
    delivery: "Delivery",
    payments: "Payments",
    refunds: "Refunds",
    acts: "What operators did",
    act: "Act",
    detail: "Detail",
    by: "By",
    ship: "Ship",
    refund: "Refund",
    cancel: "Cancel",
    consignee: "Consignee",
    address: "Address",
    carrier: "Carrier",
    tracking_no: "Tracking number",
    pay_before: "To be paid before",
    reason: "Reason, for operators",
    message: "Words for the customer",
    refund_amount: "Amount; empty for all that is left",
    back_into_stock: "Units that go back into stock",
    without_platform: "Give up a payment whose platform does not answer",
    preview: "Preview",
    refund_platform: "Back through the platform",
    refund_balance: "Back to the balance",
    refund_points: "Points taken back",
    refund_coupon: "The coupon can be used again",
    refund_stock: "Back into stock",
    refund_left: "Left to refund afterwards",
    cancel_effect: "Open payments are closed at their platforms. Stock, coupon and balance are released.",
    yes: "yes",
    no: "no",
};

/// The words in Chinese.
pub const CHINESE: Order = Order {
    title: "订单",
    what_happened: "经过",
    drawing: "本订单各环节的事件时间图，下方列表包含全部事件。",
    timeline: "时间线",
    money: "金额",
    goods_amount: "商品金额",
    shipping_fee: "运费",
    coupon_paid: "优惠券",
    money_paid: "余额",
    to_pay: "应付",
    refunded: "已退款",
    lines: "商品",
    goods: "商品",
    units: "数量",
    price: "单价",
    delivery: "配送",
    payments: "支付",
    refunds: "退款",
    acts: "操作记录",
    act: "操作",
    detail: "详情",
    by: "操作者",
    ship: "发货",
    refund: "退款",
    cancel: "取消订单",
    consignee: "收件人",
    address: "地址",
    carrier: "承运公司",
    tracking_no: "运单号",
    pay_before: "支付截止",
    reason: "原因（仅供内部）",
    message: "给顾客的话",
    refund_amount: "金额（留空则全部退还）",
    back_into_stock: "退回库存的数量",
    without_platform: "平台无响应时放弃支付",
    preview: "预览",
    refund_platform: "原路退回",
    refund_balance: "退回余额",
    refund_points: "扣回积分",
    refund_coupon: "优惠券可再次使用",
    refund_stock: "退回库存",
    refund_left: "退款后剩余可退",
    cancel_effect: "将在支付平台关闭未完成的支付，并释放库存、优惠券和余额。",
    yes: "是",
    no: "否",
};
