//! The orders of a customer: history, one order, and what can be done with it.

use crate::domain::event::What;
use crate::domain::money::Money;

/// Words of the pages of a customer's orders.
#[derive(Debug)]
pub struct Purchase {
    /// Title of the history.
    pub orders: &'static str,
    /// Shown if there are none.
    pub no_orders: &'static str,
    /// Title of one order.
    pub order: &'static str,
    /// Heading of the time of the order.
    pub placed: &'static str,
    /// Sentence about an order that is being placed.
    pub unconfirmed: &'static str,
    /// Sentence about an order that waits for its payment.
    pub unpaid: &'static str,
    /// Sentence about an order whose payment was started.
    pub being_paid: &'static str,
    /// Sentence about a paid order.
    pub paid: &'static str,
    /// Sentence about an order on its way.
    pub shipped: &'static str,
    /// Sentence about an order that has arrived.
    pub received: &'static str,
    /// Sentence about a cancelled order.
    pub cancelled: &'static str,
    /// Sentence about a refused order.
    pub refused: &'static str,
    /// Sentence about a refunded order.
    pub refunded: &'static str,
    /// Button that starts a payment; the name of the platform follows.
    pub pay_with: fn(&str) -> String,
    /// Link to a payment that was started.
    pub continue_payment: &'static str,
    /// Shown beside a platform that does not answer.
    pub unavailable: &'static str,
    /// Button that cancels the order.
    pub cancel: &'static str,
    /// Button that confirms the receipt.
    pub receive: &'static str,
    /// Button, and heading of its form.
    pub refund: &'static str,
    /// Label of the reason.
    pub reason: &'static str,
    /// Effect of a refund.
    pub refund_note: &'static str,
    /// Link to the order in the console.
    pub behind: &'static str,
    /// Heading of the timeline.
    pub timeline: &'static str,
    /// Heading of the lines.
    pub lines: &'static str,
    /// Heading of the refunds.
    pub refunds: &'static str,
    /// Label of the parcel.
    pub parcel: &'static str,
    /// Label of the sum of the refunds.
    pub refunded_amount: &'static str,
    /// State of a refund that waits for an operator.
    pub in_review: &'static str,
    /// Shown if a form was sent too late.
    pub too_late: &'static str,
    /// Sentence of an event.
    pub event: fn(What) -> &'static str,
    /// Sentences about a refusal.
    pub refusal: Refusals,
}

/// Sentences about what stands against an order, with what would be right.
#[derive(Debug)]
pub struct Refusals {
    /// There are no such goods.
    pub goods_not_found: &'static str,
    /// The customer has no such coupon.
    pub coupon_not_found: &'static str,
    /// The price is another.
    pub goods_price: fn(Money) -> String,
    /// The fee is another.
    pub shipping_fee: fn(Money) -> String,
    /// The sum is another.
    pub order_amount: fn(Money) -> String,
    /// The sum is too high.
    pub amount_too_high: fn(Money) -> String,
    /// More is to be paid from the balance than there is to pay.
    pub balance_too_high: fn(Money) -> String,
    /// The goods are off sale.
    pub off_sale: &'static str,
    /// So many units are in stock.
    pub stock: fn(i64) -> String,
    /// Fewer units than were requested are in stock, but at least so many.
    pub stock_at_least: fn(i64) -> String,
    /// The balance is lower.
    pub balance: fn(Money) -> String,
    /// Another order uses the coupon.
    pub coupon_used: &'static str,
    /// Unpaid orders, and how many there may be.
    pub unpaid_orders: fn(i64, i64) -> String,
    /// Units that can still be ordered.
    pub unpaid_units: fn(i64) -> String,
    pub units_in_all: fn(i64) -> String,
    /// The reservations took too long.
    pub deadline: &'static str,
    /// The amount is no amount.
    pub amount: &'static str,
    /// A text is missing.
    pub required: &'static str,
    /// A text has a length that is not allowed.
    pub text: fn(usize) -> String,
    /// Above all of them.
    pub above: &'static str,
}

pub const ENGLISH: Purchase = Purchase {
    orders: "Your orders",
    no_orders: "You have not ordered anything yet.",
    order: "Order",
    placed: "Placed",
    unconfirmed: "Your order is being confirmed. This takes a moment.",
    unpaid: "Your order is reserved for you. Pay it in time.",
    being_paid: "A payment is under way.",
    paid: "Thank you. Your order is paid and will be shipped.",
    shipped: "Your order is on its way.",
    received: "Your order has arrived.",
    cancelled: "This order was cancelled. Nothing is reserved any more.",
    refused: "This order was refused. Nothing was charged.",
    refunded: "This order was refunded.",
    pay_with: |platform| format!("Pay with {platform}"),
    continue_payment: "Continue the payment",
    unavailable: "does not answer at present",
    cancel: "Cancel the order",
    receive: "I have received it",
    refund: "Ask for a refund",
    reason: "Reason",
    refund_note: "All that you have paid goes back to you.",
    behind: "What just happened behind the scenes",
    timeline: "What happened",
    lines: "Goods",
    refunds: "Refunds",
    parcel: "Parcel",
    refunded_amount: "Refunded",
    in_review: "in review",
    too_late: "That is not possible any more: the order has changed in the meantime. This is how it is now.",
    event: event_in_english,
    refusal: Refusals {
        goods_not_found: "These goods do not exist any more.",
        coupon_not_found: "You have no such coupon.",
        goods_price: |now| format!("The price has changed: it is {now} CNY now."),
        shipping_fee: |now| format!("The shipping fee has changed: it is {now} CNY now."),
        order_amount: |now| format!("The sum has changed: it is {now} CNY now."),
        amount_too_high: |most| format!("An order can be worth at most {most} CNY."),
        balance_too_high: |most| format!("At most {most} CNY are left to be paid from your balance."),
        off_sale: "These goods are no longer on sale.",
        stock: |left| match left {
            0 => "These goods are sold out.".to_owned(),
            left => format!("Only {left} are left."),
        },
        stock_at_least: |units| format!("There are not so many in stock, but at least {units}."),
        balance: |balance| format!("Your balance is only {balance} CNY."),
        coupon_used: "This coupon was used for another order.",
        unpaid_orders: |have, most| {
            format!("{have} of your orders are unpaid, of at most {most}: pay or cancel one first.")
        },
        unpaid_units: |left| format!("Your unpaid orders hold many of these: you can order at most {left} more."),
        units_in_all: |left| format!("Your unpaid orders hold many units: you can order at most {left} more in all."),
        deadline: "The order could not be made in time. Try again.",
        amount: "Enter an amount such as 12.50.",
        required: "Fill this in.",
        text: |most| format!("At most {most} characters."),
        above: "The order was not placed. Nothing was charged.",
    },
};

pub const CHINESE: Purchase = Purchase {
    orders: "我的订单",
    no_orders: "您还没有订单。",
    order: "订单",
    placed: "下单时间",
    unconfirmed: "正在确认订单，请稍候。",
    unpaid: "商品已为您保留，请按时支付。",
    being_paid: "支付正在进行。",
    paid: "谢谢！订单已支付，即将发货。",
    shipped: "订单正在配送。",
    received: "订单已送达。",
    cancelled: "订单已取消，不再保留任何商品。",
    refused: "订单被拒绝，未扣款。",
    refunded: "订单已退款。",
    pay_with: |platform| format!("使用{platform}支付"),
    continue_payment: "继续支付",
    unavailable: "目前没有响应",
    cancel: "取消订单",
    receive: "确认收货",
    refund: "申请退款",
    reason: "原因",
    refund_note: "您支付的全部款项将退还给您。",
    behind: "看看后台发生了什么",
    timeline: "订单动态",
    lines: "商品",
    refunds: "退款",
    parcel: "包裹",
    refunded_amount: "已退款",
    in_review: "审核中",
    too_late: "无法再执行此操作：订单已发生变化。以下是当前状态。",
    event: event_in_chinese,
    refusal: Refusals {
        goods_not_found: "此商品已不存在。",
        coupon_not_found: "您没有此优惠券。",
        goods_price: |now| format!("价格已变动：现为 {now} 元。"),
        shipping_fee: |now| format!("运费已变动：现为 {now} 元。"),
        order_amount: |now| format!("合计已变动：现为 {now} 元。"),
        amount_too_high: |most| format!("订单金额不能超过 {most} 元。"),
        balance_too_high: |most| format!("最多还可用余额支付 {most} 元。"),
        off_sale: "此商品已下架。",
        stock: |left| match left {
            0 => "此商品已售罄。".to_owned(),
            left => format!("仅剩 {left} 件。"),
        },
        stock_at_least: |units| format!("库存不足所需数量，但至少有 {units} 件。"),
        balance: |balance| format!("您的余额只有 {balance} 元。"),
        coupon_used: "此优惠券已用于其他订单。",
        unpaid_orders: |have, most| format!("您有 {have} 个未支付订单，最多允许 {most} 个：请先支付或取消其中一个。"),
        unpaid_units: |left| format!("您的未支付订单中已有较多此商品：最多还可订购 {left} 件。"),
        units_in_all: |left| format!("您的未支付订单中已有较多商品：总共最多还可订购 {left} 件。"),
        deadline: "未能及时完成下单，请重试。",
        amount: "请输入金额，例如 12.50。",
        required: "请填写此项。",
        text: |most| format!("最多 {most} 个字符。"),
        above: "订单未提交，未扣款。",
    },
};

fn event_in_english(what: What) -> &'static str {
    match what {
        What::Ordered => "Ordered",
        What::Refused | What::Failed => "Refused",
        What::Confirmed => "Confirmed: everything is reserved for you",
        What::Paid => "Paid",
        What::Cancelled | What::GivenUp => "Cancelled",
        What::Expired => "Cancelled: not paid in time",
        What::Shipped => "Shipped",
        What::Received => "Received",
        What::RefundRequested => "Refund requested",
        What::RefundedPart => "A part is refunded",
        What::Refunded => "Refunded",
        What::RefundRefused => "The refund was refused",
        What::RefundedByPlatform | What::RefundByPlatform => "The payment platform has made a refund",
        What::GoodsReturned => "Goods are returned",
        What::Repaid => "A payment that came too late goes back to you",
        What::StockTaken => "Goods reserved",
        What::StockGivenBack => "Goods released",
        What::CouponBound => "Coupon redeemed",
        What::CouponFreed => "Coupon returned to you",
        What::BalanceTaken => "Paid from your balance",
        What::BalanceGivenBack => "Returned to your balance",
        What::PointsAdded => "Points added",
        What::PointsTakenBack => "Points taken back",
        What::PaymentStarted => "Payment started",
        What::PaymentPaid => "Payment received",
        What::PaymentClosed => "Payment ended without being paid",
        What::PaymentLogged => "Payment recorded",
        What::Notice => "The payment platform has sent a notice",
        What::RefundStarted => "Refund under way",
        What::RefundDone => "The money is back",
        What::RefundParked => "The refund is in review",
        What::RefundDismissed => "The refund is not made",
        What::Message => "Message",
    }
}

fn event_in_chinese(what: What) -> &'static str {
    match what {
        What::Ordered => "已下单",
        What::Refused | What::Failed => "已拒绝",
        What::Confirmed => "已确认：所有商品已为您保留",
        What::Paid => "已支付",
        What::Cancelled | What::GivenUp => "已取消",
        What::Expired => "已取消：未按时支付",
        What::Shipped => "已发货",
        What::Received => "已收货",
        What::RefundRequested => "已申请退款",
        What::RefundedPart => "已部分退款",
        What::Refunded => "已退款",
        What::RefundRefused => "退款被拒绝",
        What::RefundedByPlatform | What::RefundByPlatform => "支付平台已退款",
        What::GoodsReturned => "商品退回",
        What::Repaid => "迟到的付款将退还给您",
        What::StockTaken => "已保留商品",
        What::StockGivenBack => "已释放商品",
        What::CouponBound => "已使用优惠券",
        What::CouponFreed => "优惠券已退还",
        What::BalanceTaken => "已用余额支付",
        What::BalanceGivenBack => "已退回余额",
        What::PointsAdded => "已增加积分",
        What::PointsTakenBack => "已扣回积分",
        What::PaymentStarted => "已发起支付",
        What::PaymentPaid => "已收到付款",
        What::PaymentClosed => "支付未完成，已结束",
        What::PaymentLogged => "已记录支付",
        What::Notice => "收到支付平台通知",
        What::RefundStarted => "退款处理中",
        What::RefundDone => "款项已退回",
        What::RefundParked => "退款审核中",
        What::RefundDismissed => "不予退款",
        What::Message => "消息",
    }
}
