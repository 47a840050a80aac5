//! The settings in effect.

/// Words of the page of settings.
#[derive(Debug)]
pub struct Settings {
    /// Title of the page.
    pub title: &'static str,
    /// Text under the title.
    pub intro: &'static str,
    /// Heading of a column.
    pub key: &'static str,
    /// Heading of a column.
    pub value: &'static str,
    /// Heading of a column.
    pub origin: &'static str,
}

/// The words in English.
pub const ENGLISH: Settings = Settings {
    title: "Settings",
    intro: "The values in effect on this node. Secrets are not shown.",
    key: "Setting",
    value: "Value",
    origin: "Set by",
};

/// The words in Chinese.
pub const CHINESE: Settings = Settings {
    title: "设置",
    intro: "本节点当前生效的配置，机密信息不显示。",
    key: "配置项",
    value: "值",
    origin: "来源",
};
