//! The pages of goods.

/// Words of the pages of goods.
#[derive(Debug)]
pub struct Goods {
    /// Title of the list.
    pub title: &'static str,
    /// Title of the page of one product, before its name.
    pub one: &'static str,
    /// Name of a fact and label of a field.
    pub name: &'static str,
    /// Name of a fact and label of a field.
    pub price: &'static str,
    /// Name of a fact.
    pub stock: &'static str,
    /// Label of a field.
    pub first_stock: &'static str,
    /// Name of a fact and label of a field.
    pub description: &'static str,
    /// Name of a filter and of a fact.
    pub sale: &'static str,
    /// State of goods.
    pub on_sale: &'static str,
    /// State of goods.
    pub off_sale: &'static str,
    /// Heading of a time.
    pub added: &'static str,
    /// Name of an act.
    pub create: &'static str,
    /// Name of an act.
    pub change: &'static str,
    /// Name of an act.
    pub adjust: &'static str,
    /// Label of a field.
    pub delta: &'static str,
    /// Label of a field.
    pub reason: &'static str,
    /// Heading of the adjustments.
    pub adjustments: &'static str,
    /// Shown for a fact that stays.
    pub unchanged: &'static str,
    /// Effect of an adjustment.
    pub after: &'static str,
}

/// The words in English.
pub const ENGLISH: Goods = Goods {
    title: "Goods",
    one: "Goods",
    name: "Name",
    price: "Price",
    stock: "In stock",
    first_stock: "Opening stock",
    description: "Description",
    sale: "Sale",
    on_sale: "on sale",
    off_sale: "off sale",
    added: "Added",
    create: "New goods",
    change: "Change",
    adjust: "Adjust the stock",
    delta: "Units, negative to remove",
    reason: "Reason",
    adjustments: "Adjustments of the stock",
    unchanged: "unchanged",
    after: "In stock afterwards",
};

/// The words in Chinese.
pub const CHINESE: Goods = Goods {
    title: "商品",
    one: "商品",
    name: "名称",
    price: "单价",
    stock: "库存",
    first_stock: "初始库存",
    description: "描述",
    sale: "销售状态",
    on_sale: "在售",
    off_sale: "已下架",
    added: "添加时间",
    create: "新增商品",
    change: "修改",
    adjust: "调整库存",
    delta: "数量（负数表示减少）",
    reason: "原因",
    adjustments: "库存调整记录",
    unchanged: "不变",
    after: "调整后库存",
};
