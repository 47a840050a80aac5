//! Previews and acts.

/// Words of previews and acts.
#[derive(Debug)]
pub struct Act {
    /// Note of a preview.
    pub nothing_yet: &'static str,
    /// Link back from a preview.
    pub back: &'static str,
    /// Shown after an act.
    pub done: &'static str,
}

/// The words in English.
pub const ENGLISH: Act = Act { nothing_yet: "Nothing has been done yet.", back: "Back", done: "Done." };

/// The words in Chinese.
pub const CHINESE: Act = Act { nothing_yet: "尚未执行任何操作。", back: "返回", done: "已完成。" };
