//! The search of the console.

/// Words of the search.
#[derive(Debug)]
pub struct Search {
    /// Title of the page.
    pub title: &'static str,
    /// Before the text that was searched.
    pub for_text: &'static str,
    /// Shown if nothing was found.
    pub nothing: &'static str,
}

/// The words in English.
pub const ENGLISH: Search = Search {
    title: "Search",
    for_text: "Found for",
    nothing: "Nothing found. The search knows ids, user names and consignees.",
};

/// The words in Chinese.
pub const CHINESE: Search =
    Search {
        title: "搜索", for_text: "搜索结果", nothing: "未找到结果。可搜索编号、用户名和收件人。"
    };
