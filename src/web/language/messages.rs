//! The page of the messages.

/// Words of the page of the messages.
#[derive(Debug)]
pub struct Messages {
    /// Title of the page.
    pub title: &'static str,
    /// Heading of the groups.
    pub undelivered: &'static str,
    /// Heading: why a delivery failed.
    pub cause: &'static str,
    /// Heading: producer.
    pub from: &'static str,
    /// Heading: consumer group.
    pub to: &'static str,
    /// Heading: topic and tag.
    pub what: &'static str,
    /// Heading: number of messages.
    pub number: &'static str,
    /// Heading: attempts.
    pub attempts: &'static str,
    /// Heading: the oldest message.
    pub oldest: &'static str,
    /// Heading: the object of a message.
    pub about: &'static str,
    /// No delivery has failed.
    pub no_cause: &'static str,
    /// State of a message.
    pub dead: &'static str,
    /// Link to the messages of a cause.
    pub show: &'static str,
    /// Button of a preview.
    pub replay: &'static str,
    /// Button that leads to the preview.
    pub replay_all: &'static str,
    /// Effect of a replay.
    pub effect: &'static str,
    /// Note on the limit of a replay.
    pub too_many: &'static str,
    /// Heading of the results.
    pub results: &'static str,
    /// Result of a replay.
    pub delivered: &'static str,
    /// Result of a replay.
    pub still_pending: &'static str,
    /// Result of a replay.
    pub dead_again: &'static str,
    /// Heading of the body.
    pub body: &'static str,
    /// Note on the limit of the page.
    pub shown: &'static str,
}

/// The words in English.
pub const ENGLISH: Messages = Messages {
    title: "Messages",
    undelivered: "Not delivered, by cause",
    cause: "Cause",
    from: "From",
    to: "To",
    what: "Message",
    number: "Number",
    attempts: "Attempts",
    oldest: "Oldest",
    about: "About",
    no_cause: "not tried yet",
    dead: "dead",
    show: "Show",
    replay: "Replay",
    replay_all: "Replay these …",
    effect: "Each of these messages is delivered again at once. A consumer that has had it ignores it.",
    too_many: "At most 50 messages at a time; the oldest come first.",
    results: "Results of the replay",
    delivered: "delivered",
    still_pending: "not delivered yet",
    dead_again: "dead again",
    body: "Body",
    shown: "The newest 500 messages are shown.",
};

/// The words in Chinese.
pub const CHINESE: Messages = Messages {
    title: "消息",
    undelivered: "未投递消息（按原因）",
    cause: "原因",
    from: "来自",
    to: "发往",
    what: "消息",
    number: "数量",
    attempts: "尝试次数",
    oldest: "最旧",
    about: "关于",
    no_cause: "尚未尝试",
    dead: "死信",
    show: "查看",
    replay: "重新投递",
    replay_all: "重新投递这些消息…",
    effect: "以下每条消息都会立即重新投递；已处理过的消费者会忽略它。",
    too_many: "每次最多 50 条，最旧的优先。",
    results: "重新投递结果",
    delivered: "已投递",
    still_pending: "尚未投递",
    dead_again: "再次成为死信",
    body: "内容",
    shown: "仅显示最新的 500 条消息。",
};
