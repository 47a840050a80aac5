//! The built-in payment platform.

/// Words of the page of the built-in payment platform.
#[derive(Debug)]
pub struct Sandbox {
    /// Title of the page.
    pub title: &'static str,
    /// Text under the title.
    pub intro: &'static str,
    /// Heading of our state.
    pub ours: &'static str,
    /// Heading of the state at the platform.
    pub theirs: &'static str,
    /// Heading of a column.
    pub charged: &'static str,
    /// Heading of a column.
    pub refunded: &'static str,
    /// Heading of a column.
    pub callbacks: &'static str,
    /// Heading of a column.
    pub act: &'static str,
    /// Act of a customer.
    pub pay: &'static str,
    /// Act of a customer, with a fault.
    pub lose: &'static str,
    /// Act of a customer, with a fault.
    pub twice: &'static str,
    /// Act of a customer, with a fault.
    pub delay: &'static str,
    /// Act of a customer, with a fault.
    pub signature: &'static str,
    /// Act of a customer, with a fault.
    pub wrong_amount: &'static str,
    /// Act of a customer, with a fault.
    pub wrong_order: &'static str,
    /// Act of a customer, with a fault.
    pub wrong_merchant: &'static str,
    /// Act of a customer, with a fault.
    pub timestamp: &'static str,
    /// Act of a customer.
    pub decline: &'static str,
    /// Act at the platform.
    pub close: &'static str,
    /// Text of the button.
    pub go: &'static str,
}

/// The words in English.
pub const ENGLISH: Sandbox = Sandbox {
    title: "Sandbox",
    intro: "The built-in platform: what its customers do, with the faults that a real one has. Its books stand beside ours.",
    ours: "Our books",
    theirs: "Sandbox",
    charged: "Charged",
    refunded: "Refunded",
    callbacks: "Callbacks",
    act: "Act",
    pay: "pay",
    lose: "pay, lose the callback",
    twice: "pay, two callbacks at once",
    delay: "pay, callback after 5 s",
    signature: "pay, forged signature",
    wrong_amount: "pay, another amount",
    wrong_order: "pay, another payment",
    wrong_merchant: "pay, another merchant",
    timestamp: "pay, old callback",
    decline: "decline",
    close: "close",
    go: "Do it",
};

/// The words in Chinese.
pub const CHINESE: Sandbox = Sandbox {
    title: "沙箱",
    intro: "内置支付平台：模拟顾客操作及真实平台可能的故障，并将其账簿与我方账簿并列显示。",
    ours: "我方账簿",
    theirs: "沙箱账簿",
    charged: "已收款",
    refunded: "已退款",
    callbacks: "回调",
    act: "操作",
    pay: "支付",
    lose: "支付，丢失回调",
    twice: "支付，同时两次回调",
    delay: "支付，5 秒后回调",
    signature: "支付，伪造签名",
    wrong_amount: "支付，金额不符",
    wrong_order: "支付，支付单不符",
    wrong_merchant: "支付，商户不符",
    timestamp: "支付，过期回调",
    decline: "拒绝支付",
    close: "关闭",
    go: "执行",
};
