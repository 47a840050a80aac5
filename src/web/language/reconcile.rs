//! The comparison with the statements of platforms.

/// Words of the comparison with the statements of platforms.
#[derive(Debug)]
pub struct Reconcile {
    /// Title of the page.
    pub title: &'static str,
    /// Text under the title.
    pub intro: &'static str,
    /// Label of a field.
    pub day: &'static str,
    /// Label of a field.
    pub bill: &'static str,
    /// Kind of statement.
    pub trade: &'static str,
    /// Kind of statement.
    pub funds: &'static str,
    /// Text of the button.
    pub compare: &'static str,
    /// Label of a file.
    pub file: &'static str,
    /// Label of a file.
    pub file_again: &'static str,
    /// Heading of the classes.
    pub result: &'static str,
    /// Class of a comparison.
    pub matched: &'static str,
    /// Class of a comparison.
    pub missing_here: &'static str,
    /// Class of a comparison.
    pub missing_there: &'static str,
    /// Class of a comparison.
    pub amount: &'static str,
    /// Class of a comparison.
    pub status: &'static str,
    /// Heading of the differences.
    pub differences: &'static str,
    /// Heading of a column.
    pub ours: &'static str,
    /// Heading of a column.
    pub theirs: &'static str,
    /// Shown if there are no differences.
    pub none: &'static str,
    /// Name of an act.
    pub repair: &'static str,
    /// Effect of a repair.
    pub repair_effect: &'static str,
    /// Sum of a fund statement.
    pub charged: &'static str,
    /// Sum of a fund statement.
    pub refunded: &'static str,
    /// Sum of a fund statement.
    pub fees: &'static str,
    /// Sum of a fund statement.
    pub other: &'static str,
    /// Sum of a fund statement.
    pub change: &'static str,
}

/// The words in English.
pub const ENGLISH: Reconcile = Reconcile {
    title: "Reconcile",
    intro: "The platform's statement of a day is downloaded and compared with the books. Nothing is changed.",
    day: "Day",
    bill: "Statement",
    trade: "payments and refunds",
    funds: "movements of the account",
    compare: "Compare",
    file: "A statement as a file",
    file_again: "The same file once more",
    result: "Result",
    matched: "agree",
    missing_here: "missing in the books",
    missing_there: "missing in the statement",
    amount: "another amount",
    status: "another state",
    differences: "Differences",
    ours: "In the books",
    theirs: "In the statement",
    none: "The statement and the books agree.",
    repair: "Repair what the statement proves",
    repair_effect: "Payments and refunds that are missing in the books are booked as if the platform had notified them. Other differences stay.",
    charged: "Payments",
    refunded: "Refunds",
    fees: "Fees",
    other: "Other",
    change: "Change of the account",
};

/// The words in Chinese.
pub const CHINESE: Reconcile = Reconcile {
    title: "对账",
    intro: "下载平台某日的账单并与账簿核对，不会更改任何数据。",
    day: "日期",
    bill: "账单类型",
    trade: "支付与退款",
    funds: "资金流水",
    compare: "核对",
    file: "账单文件",
    file_again: "再次选择同一文件",
    result: "结果",
    matched: "一致",
    missing_here: "账簿缺失",
    missing_there: "账单缺失",
    amount: "金额不一致",
    status: "状态不一致",
    differences: "差异",
    ours: "账簿",
    theirs: "账单",
    none: "账单与账簿一致。",
    repair: "按账单补记",
    repair_effect: "账簿缺失的支付和退款将按平台通知补记，其他差异保持不变。",
    charged: "收款",
    refunded: "退款",
    fees: "手续费",
    other: "其他",
    change: "账户变动",
};
