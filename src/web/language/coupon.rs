//! The list of coupons.

/// Words of the list of coupons.
#[derive(Debug)]
pub struct Coupons {
    /// Title of the page.
    pub title: &'static str,
    /// Heading of the id of a coupon.
    pub coupon: &'static str,
    /// Heading of a value.
    pub value: &'static str,
    /// State of a coupon.
    pub used: &'static str,
    /// State of a coupon.
    pub unused: &'static str,
    /// Heading of a time.
    pub used_at: &'static str,
    /// Heading of a time.
    pub added: &'static str,
    /// Name of an act.
    pub create: &'static str,
    /// Filter and label of a field.
    pub user_id: &'static str,
}

/// The words in English.
pub const ENGLISH: Coupons = Coupons {
    title: "Coupons",
    coupon: "Coupon",
    value: "Value",
    used: "used",
    unused: "not used",
    used_at: "Used",
    added: "Added",
    create: "New coupon",
    user_id: "Customer id",
};

/// The words in Chinese.
pub const CHINESE: Coupons = Coupons {
    title: "优惠券",
    coupon: "优惠券",
    value: "面值",
    used: "已使用",
    unused: "未使用",
    used_at: "使用时间",
    added: "添加时间",
    create: "新增优惠券",
    user_id: "顾客编号",
};
