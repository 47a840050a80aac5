//! The list of what operators did.

/// Words of the list of what operators did.
#[derive(Debug)]
pub struct Journal {
    /// Title of the page.
    pub title: &'static str,
    /// Heading of a column.
    pub act: &'static str,
    /// Heading of a column.
    pub about: &'static str,
    /// Heading of a column.
    pub detail: &'static str,
    /// Heading of a column.
    pub by: &'static str,
    /// Filter of the list.
    pub order_id: &'static str,
}

/// The words in English.
pub const ENGLISH: Journal =
    Journal { title: "Journal", act: "Act", about: "About", detail: "Detail", by: "By", order_id: "Order id" };

/// The words in Chinese.
pub const CHINESE: Journal =
    Journal {
        title: "操作日志", act: "操作", about: "对象", detail: "详情", by: "操作者", order_id: "订单编号"
    };
