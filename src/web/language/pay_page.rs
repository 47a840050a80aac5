//! The pages of a payment: the shop's own, and the checkout of the sandbox.

/// Words of the pages of a payment.
#[derive(Debug)]
pub struct PayPage {
    /// Title while the payment is open.
    pub open: &'static str,
    /// Title of a payment that is paid.
    pub paid: &'static str,
    /// Sentence below it.
    pub paid_text: &'static str,
    /// Title of a payment that is closed.
    pub closed: &'static str,
    /// Sentence below it.
    pub closed_text: &'static str,
    /// Title of a payment that is refunded.
    pub refunded: &'static str,
    /// Sentence below it.
    pub refunded_text: &'static str,
    /// Label of the id of the payment.
    pub payment: &'static str,
    /// Label of the id of the order.
    pub order: &'static str,
    /// Heading of the lines of the order.
    pub bought: &'static str,
    /// Before the end of the time to pay.
    pub pay_before: &'static str,
    /// Before the time that is left.
    pub time_left: &'static str,
    /// In place of the time that is left, when there is none.
    pub time_over: &'static str,
    /// Shown until the platform has created the checkout.
    pub preparing: &'static str,
    /// Link to the platform.
    pub go: &'static str,
    /// Name of the QR code for readers of the screen.
    pub qr_code: &'static str,
    /// Below the QR code.
    pub scan: &'static str,
    /// Button that opens the payment dialog of WeChat.
    pub pay: &'static str,
    /// Below that button.
    pub inside_wechat: &'static str,
    /// Button that starts a new payment of the same order.
    pub again: &'static str,
    /// Shown if the order can no longer be paid.
    pub over: &'static str,
    /// Link to the page of the shop from which the customer came.
    pub back: &'static str,
    /// Title if there is no such payment.
    pub missing: &'static str,
    /// Sentence below it.
    pub missing_text: &'static str,
    /// Title if the store does not answer.
    pub busy: &'static str,
    /// Sentence below it.
    pub busy_text: &'static str,
    /// Title if the platform does not answer.
    pub unavailable: &'static str,
    /// Sentence below it.
    pub unavailable_text: &'static str,
    /// Sentence of the platform itself if it cannot answer.
    pub platform_busy: &'static str,
    /// Name of the payment platform.
    pub alipay: &'static str,
    /// Name of the payment platform.
    pub wechat: &'static str,
    /// Name of the payment platform.
    pub sandbox: &'static str,
    /// Above the checkout of the sandbox.
    pub sandbox_checkout: &'static str,
    /// Title of the checkout of the sandbox.
    pub confirm: &'static str,
    /// Label of the merchant.
    pub pay_to: &'static str,
    /// Label of the platform's id of the payment.
    pub trade: &'static str,
    /// Button that refuses to pay.
    pub decline: &'static str,
    /// Title of a payment that the customer declined.
    pub declined: &'static str,
    /// Sentence below it.
    pub declined_text: &'static str,
    /// At the end of the checkout of the sandbox.
    pub no_money: &'static str,
    /// Link to the page of the payment.
    pub to_payment: &'static str,
}

pub const ENGLISH: PayPage = PayPage {
    open: "Pay your order",
    paid: "Payment complete",
    paid_text: "Paid. You can go back to the shop.",
    closed: "Payment closed",
    closed_text: "Closed. This payment can no longer be made; nothing was charged.",
    refunded: "Payment refunded",
    refunded_text: "The money has gone back to you.",
    payment: "Payment",
    order: "Order",
    bought: "What you pay for",
    pay_before: "Pay before",
    time_left: "Time left",
    time_over: "The time to pay is over.",
    preparing: "The payment is being prepared.",
    go: "Go to the payment",
    qr_code: "QR code of the payment",
    scan: "Scan it with the platform's app. This page then shows that it is paid.",
    pay: "Pay",
    inside_wechat: "Open this page inside WeChat.",
    again: "Try again",
    over: "The order can no longer be paid. Go back to the shop to order again.",
    back: "Back to the shop",
    missing: "No such payment",
    missing_text: "The address may be incomplete. Go back to the shop and try again from there.",
    busy: "Please wait",
    busy_text: "The shop is busy. This page looks again by itself.",
    unavailable: "Please try again",
    unavailable_text: "The payment platform does not answer at present. Nothing was charged.",
    platform_busy: "The platform is busy. Reload this page to see how the payment stands.",
    alipay: "Alipay",
    wechat: "WeChat Pay",
    sandbox: "Sandbox",
    sandbox_checkout: "Sandbox checkout",
    confirm: "Confirm your payment",
    pay_to: "Pay to",
    trade: "Trade",
    decline: "Decline",
    declined: "Payment declined",
    declined_text: "Declined. Nothing was charged.",
    no_money: "This is a test platform. No real money moves.",
    to_payment: "To the page of the payment",
};

pub const CHINESE: PayPage = PayPage {
    open: "支付订单",
    paid: "支付成功",
    paid_text: "已支付。您可以返回商店。",
    closed: "支付已关闭",
    closed_text: "已关闭。此笔支付无法继续，未扣款。",
    refunded: "支付已退款",
    refunded_text: "款项已退还给您。",
    payment: "支付单号",
    order: "订单号",
    bought: "购买的商品",
    pay_before: "请在此时间前支付",
    time_left: "剩余时间",
    time_over: "支付时间已过。",
    preparing: "正在准备支付。",
    go: "前往支付",
    qr_code: "支付二维码",
    scan: "请使用支付平台的应用扫码。支付后，本页会显示结果。",
    pay: "支付",
    inside_wechat: "请在微信中打开本页。",
    again: "重新支付",
    over: "此订单已无法支付。请返回商店重新下单。",
    back: "返回商店",
    missing: "没有此笔支付",
    missing_text: "地址可能不完整。请返回商店重试。",
    busy: "请稍候",
    busy_text: "商店繁忙。本页会自动刷新。",
    unavailable: "请重试",
    unavailable_text: "支付平台目前没有响应。未扣款。",
    platform_busy: "平台繁忙。请刷新本页查看支付状态。",
    alipay: "支付宝",
    wechat: "微信支付",
    sandbox: "沙箱",
    sandbox_checkout: "沙箱收银台",
    confirm: "确认支付",
    pay_to: "收款方",
    trade: "交易号",
    decline: "拒绝",
    declined: "支付已拒绝",
    declined_text: "已拒绝。未扣款。",
    no_money: "这是测试平台，不涉及真实资金。",
    to_payment: "前往支付页面",
};
