//! Kinds of events in the timeline of an order, and their facts.

/// Names of kinds of events and of their facts.
#[derive(Debug)]
pub struct Events {
    /// Kind of an event.
    pub ordered: &'static str,
    /// Kind of an event.
    pub refused: &'static str,
    /// Kind of an event.
    pub failed: &'static str,
    /// Kind of an event.
    pub confirmed: &'static str,
    /// Kind of an event.
    pub paid: &'static str,
    /// Kind of an event.
    pub cancelled: &'static str,
    /// Kind of an event.
    pub given_up: &'static str,
    /// Kind of an event.
    pub expired: &'static str,
    /// Kind of an event.
    pub shipped: &'static str,
    /// Kind of an event.
    pub received: &'static str,
    /// Kind of an event.
    pub refund_requested: &'static str,
    /// Kind of an event.
    pub refunded_part: &'static str,
    /// Kind of an event.
    pub refunded: &'static str,
    /// Kind of an event.
    pub refund_refused: &'static str,
    /// Kind of an event.
    pub refunded_by_platform: &'static str,
    /// Kind of an event.
    pub goods_returned: &'static str,
    /// Kind of an event.
    pub repaid: &'static str,
    /// Kind of an event.
    pub stock_taken: &'static str,
    /// Kind of an event.
    pub stock_given_back: &'static str,
    /// Kind of an event.
    pub coupon_bound: &'static str,
    /// Kind of an event.
    pub coupon_freed: &'static str,
    /// Kind of an event.
    pub balance_taken: &'static str,
    /// Kind of an event.
    pub balance_given_back: &'static str,
    /// Kind of an event.
    pub points_added: &'static str,
    /// Kind of an event.
    pub points_taken_back: &'static str,
    /// Kind of an event.
    pub payment_started: &'static str,
    /// Kind of an event.
    pub payment_paid: &'static str,
    /// Kind of an event.
    pub payment_closed: &'static str,
    /// Kind of an event.
    pub payment_logged: &'static str,
    /// Kind of an event.
    pub notice: &'static str,
    /// Kind of an event.
    pub refund_started: &'static str,
    /// Kind of an event.
    pub refund_done: &'static str,
    /// Kind of an event.
    pub refund_parked: &'static str,
    /// Kind of an event.
    pub refund_dismissed: &'static str,
    /// Kind of an event.
    pub refund_by_platform: &'static str,
    /// Kind of an event.
    pub message: &'static str,
    /// Fact of an event.
    pub goods_amount: &'static str,
    /// Fact of an event.
    pub shipping_fee: &'static str,
    /// Fact of an event.
    pub order_amount: &'static str,
    /// Fact of an event.
    pub coupon_paid: &'static str,
    /// Fact of an event.
    pub money_paid: &'static str,
    /// Fact of an event.
    pub pay_amount: &'static str,
    /// Fact of an event.
    pub amount: &'static str,
    /// Fact of an event.
    pub pay_id: &'static str,
    /// Fact of an event.
    pub refund_id: &'static str,
    /// Fact of an event.
    pub goods_id: &'static str,
    /// Fact of an event.
    pub goods_number: &'static str,
    /// Fact of an event.
    pub coupon_id: &'static str,
    /// Fact of an event.
    pub points: &'static str,
    /// Fact of an event.
    pub provider: &'static str,
    /// Fact of an event.
    pub duration: &'static str,
    /// Fact of an event.
    pub carrier: &'static str,
    /// Fact of an event.
    pub tracking_no: &'static str,
    /// Fact of an event.
    pub refusal: &'static str,
    /// Fact of an event.
    pub remark: &'static str,
    /// Fact of an event.
    pub times: &'static str,
    /// Fact of an event.
    pub attempts: &'static str,
    /// Fact of an event.
    pub state: &'static str,
    /// Fact of an event.
    pub event_id: &'static str,
    /// Fact of an event.
    pub number: &'static str,
    /// Fact of an event.
    pub topic: &'static str,
    /// Fact of an event.
    pub tag: &'static str,
    /// Fact of an event.
    pub group: &'static str,
    /// The user who caused an event.
    pub by: &'static str,
    /// Words of an operator for the customer.
    pub to_customer: &'static str,
    /// Row of the drawing.
    pub track_order: &'static str,
    /// Row of the drawing.
    pub track_goods: &'static str,
    /// Row of the drawing.
    pub track_coupon: &'static str,
    /// Row of the drawing.
    pub track_user: &'static str,
    /// Row of the drawing.
    pub track_pay: &'static str,
    /// Row of the drawing.
    pub track_platform: &'static str,
    /// Row of the drawing.
    pub track_messages: &'static str,
}

/// The words in English.
pub const ENGLISH: Events = Events {
    ordered: "ordered",
    refused: "refused",
    failed: "cancelled by the shop",
    confirmed: "confirmed",
    paid: "paid",
    cancelled: "cancelled",
    given_up: "payment given up",
    expired: "not paid in time",
    shipped: "shipped",
    received: "received",
    refund_requested: "refund requested",
    refunded_part: "part refund requested",
    refunded: "refunded",
    refund_refused: "refund refused",
    refunded_by_platform: "refunded by the platform",
    goods_returned: "goods returned",
    repaid: "payment goes back",
    stock_taken: "stock taken",
    stock_given_back: "stock released",
    coupon_bound: "coupon used",
    coupon_freed: "coupon released",
    balance_taken: "paid from the balance",
    balance_given_back: "back to the balance",
    points_added: "points added",
    points_taken_back: "points taken back",
    payment_started: "payment started",
    payment_paid: "payment paid",
    payment_closed: "payment closed",
    payment_logged: "payment logged",
    notice: "notification",
    refund_started: "refund started",
    refund_done: "refund done",
    refund_parked: "refund waits",
    refund_dismissed: "refund dismissed",
    refund_by_platform: "refund of the platform booked",
    message: "message",
    goods_amount: "goods",
    shipping_fee: "shipping",
    order_amount: "total",
    coupon_paid: "coupon",
    money_paid: "balance",
    pay_amount: "to pay",
    amount: "amount",
    pay_id: "payment",
    refund_id: "refund",
    goods_id: "goods",
    goods_number: "units",
    coupon_id: "coupon",
    points: "points",
    provider: "platform",
    duration: "after",
    carrier: "carrier",
    tracking_no: "tracking number",
    refusal: "reason",
    remark: "remark",
    times: "times",
    attempts: "attempts",
    state: "state",
    event_id: "event",
    number: "number",
    topic: "topic",
    tag: "tag",
    group: "to",
    by: "by",
    to_customer: "to the customer",
    track_order: "Order",
    track_goods: "Goods",
    track_coupon: "Coupon",
    track_user: "User",
    track_pay: "Pay",
    track_platform: "Platform",
    track_messages: "Messages",
};

/// The words in Chinese.
pub const CHINESE: Events = Events {
    ordered: "已下单",
    refused: "已拒绝",
    failed: "系统取消",
    confirmed: "已确认",
    paid: "已支付",
    cancelled: "已取消",
    given_up: "放弃支付",
    expired: "逾期未支付",
    shipped: "已发货",
    received: "已收货",
    refund_requested: "申请全额退款",
    refunded_part: "申请部分退款",
    refunded: "已退款",
    refund_refused: "退款被拒绝",
    refunded_by_platform: "平台主动退款",
    goods_returned: "商品退回",
    repaid: "款项退回",
    stock_taken: "占用库存",
    stock_given_back: "释放库存",
    coupon_bound: "使用优惠券",
    coupon_freed: "退还优惠券",
    balance_taken: "余额支付",
    balance_given_back: "退回余额",
    points_added: "增加积分",
    points_taken_back: "扣回积分",
    payment_started: "发起支付",
    payment_paid: "支付成功",
    payment_closed: "支付关闭",
    payment_logged: "支付记账",
    notice: "平台通知",
    refund_started: "发起退款",
    refund_done: "退款成功",
    refund_parked: "退款待处理",
    refund_dismissed: "退款已忽略",
    refund_by_platform: "平台退款入账",
    message: "消息",
    goods_amount: "商品",
    shipping_fee: "运费",
    order_amount: "合计",
    coupon_paid: "优惠券",
    money_paid: "余额",
    pay_amount: "应付",
    amount: "金额",
    pay_id: "支付",
    refund_id: "退款",
    goods_id: "商品",
    goods_number: "数量",
    coupon_id: "优惠券",
    points: "积分",
    provider: "平台",
    duration: "耗时",
    carrier: "承运公司",
    tracking_no: "运单号",
    refusal: "原因",
    remark: "备注",
    times: "次数",
    attempts: "尝试次数",
    state: "状态",
    event_id: "事件",
    number: "编号",
    topic: "主题",
    tag: "标签",
    group: "发往",
    by: "操作者",
    to_customer: "致顾客",
    track_order: "订单",
    track_goods: "商品",
    track_coupon: "优惠券",
    track_user: "用户",
    track_pay: "支付",
    track_platform: "平台",
    track_messages: "消息",
};
