//! The shop window: goods, basket, checkout and the account of a customer.

use crate::domain::money::Money;

/// Words of the shop window.
#[derive(Debug)]
pub struct Shop {
    /// Name of the menu for readers of the screen.
    pub menu: &'static str,
    /// Link that skips the menu.
    pub skip: &'static str,
    /// At the end of every page.
    pub demo: &'static str,
    /// Link to the console.
    pub console: &'static str,
    /// Link to the documentation of the interface.
    pub api: &'static str,
    /// At `/` of a shop without a shop window.
    pub running: &'static str,
    /// Title of the catalogue.
    pub goods: &'static str,
    /// Below it.
    pub goods_intro: &'static str,
    /// Shown if nothing is on sale.
    pub no_goods: &'static str,
    /// The number of units in stock.
    pub in_stock: fn(i64) -> String,
    /// Shown if no unit is in stock.
    pub sold_out: &'static str,
    /// There are units, and their number is not shown.
    pub available: &'static str,
    /// Shown for goods that are off sale.
    pub off_sale: &'static str,
    /// Label of a number of units.
    pub quantity: &'static str,
    /// Button that puts goods into the basket.
    pub add: &'static str,
    /// Title of the basket.
    pub basket: &'static str,
    /// The number of units in the basket, for readers of the screen.
    pub basket_units: fn(i64) -> String,
    /// Shown if it is empty.
    pub basket_empty: &'static str,
    /// Shown if it cannot hold more different goods.
    pub basket_full: &'static str,
    /// Link to the catalogue.
    pub to_goods: &'static str,
    /// Button that changes a number of units.
    pub update: &'static str,
    /// Button that takes goods out of the basket.
    pub remove: &'static str,
    /// Heading of a product.
    pub product: &'static str,
    /// Heading of the price of one unit.
    pub price: &'static str,
    /// Heading of the price of a line.
    pub subtotal: &'static str,
    /// Link to the checkout.
    pub to_checkout: &'static str,
    /// Label of the sum of the goods.
    pub goods_amount: &'static str,
    /// Label of the shipping fee.
    pub shipping_fee: &'static str,
    /// Label of the sum of both.
    pub order_amount: &'static str,
    /// Label of what a coupon pays.
    pub coupon_paid: &'static str,
    /// Label of what the balance pays.
    pub balance_paid: &'static str,
    /// Label of what is left to pay on a platform.
    pub to_pay: &'static str,
    /// Title of the page to sign in.
    pub sign_in: &'static str,
    /// Link from the page to register, and from the header.
    pub have_account: &'static str,
    /// Title of the page to register.
    pub register: &'static str,
    /// Link from the page to sign in.
    pub no_account: &'static str,
    /// Shown above the page to sign in of a demo.
    pub demo_user: &'static str,
    /// Label of the user name.
    pub user_name: &'static str,
    /// Label of the password.
    pub password: &'static str,
    /// Rule of a password.
    pub password_rule: &'static str,
    /// Rule of a user name.
    pub name_rule: &'static str,
    /// Shown if name or password is wrong.
    pub wrong_password: &'static str,
    /// Shown if another user has the name.
    pub name_taken: &'static str,
    /// Shown if the name looks like the shop's own.
    pub name_reserved: &'static str,
    /// Shown if the password is a common one.
    pub password_common: &'static str,
    /// Shown if the password is little more than the name.
    pub password_is_name: &'static str,
    /// Button to sign out.
    pub sign_out: &'static str,
    /// Title of the account.
    pub account: &'static str,
    /// Label of the balance.
    pub balance: &'static str,
    /// Label of the points.
    pub points: &'static str,
    /// Heading above the coupons.
    pub coupons: &'static str,
    /// Shown if there are none.
    pub no_coupons: &'static str,
    /// State of a coupon.
    pub coupon_used: &'static str,
    /// State of a coupon.
    pub coupon_free: &'static str,
    /// A coupon in a list to choose from.
    pub coupon_of: fn(Money) -> String,
    /// Title of the checkout.
    pub checkout: &'static str,
    /// Heading above the delivery.
    pub delivery: &'static str,
    /// Label of the consignee.
    pub consignee: &'static str,
    /// Label of the address.
    pub address: &'static str,
    /// Heading above the paying.
    pub paying: &'static str,
    /// Label of the coupon.
    pub coupon: &'static str,
    /// Choice of no coupon.
    pub no_coupon: &'static str,
    /// Label of the amount that the balance shall pay.
    pub use_balance: &'static str,
    /// Hint below it.
    pub balance_is: fn(Money) -> String,
    /// Button that computes the price again.
    pub recompute: &'static str,
    /// Button that places the order.
    pub place: &'static str,
    /// Heading above the summary.
    pub summary: &'static str,
}

pub const ENGLISH: Shop = Shop {
    menu: "Shop",
    skip: "Skip to the content",
    demo: "This is a demonstration: no real goods, no real money.",
    console: "Console",
    api: "API",
    running: "The order and payment server of this shop runs here. The shop itself is at another address.",
    goods: "Goods",
    goods_intro: "Everything here can be bought and paid in the built-in sandbox.",
    no_goods: "Nothing is on sale at present.",
    in_stock: |units| format!("{units} in stock"),
    sold_out: "Sold out",
    available: "In stock",
    off_sale: "No longer on sale",
    quantity: "Quantity",
    add: "Add to basket",
    basket: "Basket",
    basket_units: |units| format!("{units} in the basket"),
    basket_empty: "Your basket is empty.",
    basket_full: "The basket holds at most 100 different goods.",
    to_goods: "To the goods",
    update: "Update",
    remove: "Remove",
    product: "Product",
    price: "Price",
    subtotal: "Subtotal",
    to_checkout: "Check out",
    goods_amount: "Goods",
    shipping_fee: "Shipping",
    order_amount: "Together",
    coupon_paid: "Coupon",
    balance_paid: "From balance",
    to_pay: "To pay",
    sign_in: "Sign in",
    have_account: "I have an account",
    register: "Register",
    no_account: "I am new here: register",
    demo_user: "The demo customer is “zs”. The password was printed at the first start.",
    user_name: "User name",
    password: "Password",
    password_rule: "8 to 128 characters",
    name_rule: "1 to 64 letters, digits, “.”, “_”, “-” or “@”",
    wrong_password: "The user name or the password is wrong.",
    name_taken: "This name is taken: choose another one.",
    name_reserved: "This name is reserved: choose another one.",
    password_common: "This is one of the most common passwords: choose another one.",
    password_is_name: "This is little more than the user name: choose another one.",
    sign_out: "Sign out",
    account: "Account",
    balance: "Balance",
    points: "Points",
    coupons: "Coupons",
    no_coupons: "You have no coupons.",
    coupon_used: "used",
    coupon_free: "can be used",
    coupon_of: |amount| format!("Coupon of {amount} CNY"),
    checkout: "Checkout",
    delivery: "Delivery",
    consignee: "Recipient",
    address: "Address",
    paying: "Payment",
    coupon: "Coupon",
    no_coupon: "No coupon",
    use_balance: "Pay from balance",
    balance_is: |amount| format!("Your balance is {amount} CNY."),
    recompute: "Update the price",
    place: "Place the order",
    summary: "Summary",
};

pub const CHINESE: Shop = Shop {
    menu: "商店",
    skip: "跳到正文",
    demo: "这是演示商店：没有真实商品，也不涉及真实资金。",
    console: "控制台",
    api: "接口文档",
    running: "本店的订单与支付服务在此运行。商店在另一个地址。",
    goods: "商品",
    goods_intro: "这里的所有商品都可以购买，并在内置沙箱中支付。",
    no_goods: "目前没有在售商品。",
    in_stock: |units| format!("库存 {units} 件"),
    sold_out: "已售罄",
    available: "有货",
    off_sale: "已下架",
    quantity: "数量",
    add: "加入购物车",
    basket: "购物车",
    basket_units: |units| format!("购物车中有 {units} 件"),
    basket_empty: "购物车是空的。",
    basket_full: "购物车最多可放 100 种商品。",
    to_goods: "去看商品",
    update: "更新",
    remove: "移除",
    product: "商品",
    price: "单价",
    subtotal: "小计",
    to_checkout: "去结算",
    goods_amount: "商品金额",
    shipping_fee: "运费",
    order_amount: "合计",
    coupon_paid: "优惠券",
    balance_paid: "余额支付",
    to_pay: "应付",
    sign_in: "登录",
    have_account: "我已有账户",
    register: "注册",
    no_account: "新顾客？请注册",
    demo_user: "演示顾客是“zs”，密码在首次启动时显示。",
    user_name: "用户名",
    password: "密码",
    password_rule: "8 至 128 个字符",
    name_rule: "1 至 64 个字母、数字、“.”、“_”、“-”或“@”",
    wrong_password: "用户名或密码错误。",
    name_taken: "此用户名已被占用，请换一个。",
    name_reserved: "此用户名为保留名，请换一个。",
    password_common: "此密码过于常见，请换一个。",
    password_is_name: "此密码与用户名过于相似，请换一个。",
    sign_out: "退出登录",
    account: "账户",
    balance: "余额",
    points: "积分",
    coupons: "优惠券",
    no_coupons: "您没有优惠券。",
    coupon_used: "已使用",
    coupon_free: "可使用",
    coupon_of: |amount| format!("{amount} 元优惠券"),
    checkout: "结算",
    delivery: "配送",
    consignee: "收件人",
    address: "地址",
    paying: "支付",
    coupon: "优惠券",
    no_coupon: "不使用优惠券",
    use_balance: "使用余额",
    balance_is: |amount| format!("您的余额为 {amount} 元。"),
    recompute: "更新价格",
    place: "提交订单",
    summary: "金额明细",
};
