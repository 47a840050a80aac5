//! Words of the pages of errors.

/// Words of the pages of errors.
#[derive(Debug)]
pub struct Failure {
    /// Title if the session has ended.
    pub signed_out: &'static str,
    /// Title if something is not allowed.
    pub forbidden: &'static str,
    /// Title if a page does not exist.
    pub not_found: &'static str,
    /// Title if the shop cannot answer at present.
    pub busy: &'static str,
    /// Title of an internal error.
    pub internal: &'static str,
    /// Title if the state does not allow an act.
    pub conflict: &'static str,
    /// Title of a request that is not valid.
    pub invalid: &'static str,
    /// Advice on how to return.
    pub back: &'static str,
    /// Link to the first page.
    pub home: &'static str,
}

/// The words in English.
pub const ENGLISH: Failure = Failure {
    signed_out: "You are signed out",
    forbidden: "Not allowed",
    not_found: "There is no such page",
    busy: "Busy: try again in a moment",
    internal: "Something went wrong",
    conflict: "This is not possible now",
    invalid: "The input is not valid",
    back: "The Back button of the browser returns to what you have entered.",
    home: "To the first page",
};

/// The words in Chinese.
pub const CHINESE: Failure = Failure {
    signed_out: "您已退出登录",
    forbidden: "不允许",
    not_found: "页面不存在",
    busy: "系统繁忙，请稍后再试",
    internal: "系统出错",
    conflict: "当前无法执行",
    invalid: "输入无效",
    back: "使用浏览器的“后退”按钮可回到您填写的内容。",
    home: "返回首页",
};
