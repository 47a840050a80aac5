//! The pages of webhooks.

use crate::domain::webhook::DisableReason;

/// Words of the pages of webhooks.
#[derive(Debug)]
pub struct Webhooks {
    /// Title of the list.
    pub title: &'static str,
    /// Explanation of webhooks.
    pub about: &'static str,
    /// Title of the page of one.
    pub one: &'static str,
    /// Address of an endpoint.
    pub url: &'static str,
    /// An administrator's note.
    pub description: &'static str,
    /// Types of events.
    pub event_types: &'static str,
    /// No filter of types.
    pub all_types: &'static str,
    /// Events that are not delivered.
    pub undelivered: &'static str,
    /// Since when they wait.
    pub oldest: &'static str,
    /// Since when attempts fail.
    pub failing_since: &'static str,
    /// Time of creation.
    pub created: &'static str,
    /// State of an endpoint.
    pub enabled: &'static str,
    /// State of an endpoint, by the reason for which it is disabled.
    pub disabled: fn(DisableReason) -> &'static str,
    /// Heading of the deliveries.
    pub deliveries: &'static str,
    /// Heading: the event.
    pub event: &'static str,
    /// Heading: the number of attempts.
    pub attempts: &'static str,
    /// Heading: the last attempt.
    pub latest: &'static str,
    /// State of a delivery.
    pub delivered: &'static str,
    /// State of a delivery.
    pub failed: &'static str,
    /// Name of an act.
    pub test: &'static str,
    /// Effect of the act.
    pub test_effect: &'static str,
    /// Name of an act.
    pub enable: &'static str,
    /// Effect of the act.
    pub enable_effect: &'static str,
    /// Name of an act.
    pub disable: &'static str,
    /// Effect of the act.
    pub disable_effect: &'static str,
}

/// The words in English.
pub const ENGLISH: Webhooks = Webhooks {
    title: "Webhooks",
    about: "Endpoints of other systems to which events are sent. They are created over HTTP: POST /admin/webhooks.",
    one: "Webhook",
    url: "Address",
    description: "Note",
    event_types: "Events",
    all_types: "all",
    undelivered: "Undelivered",
    oldest: "Oldest since",
    failing_since: "Failing since",
    created: "Created",
    enabled: "enabled",
    disabled: |reason| match reason {
        DisableReason::Administrator => "disabled",
        DisableReason::Failing => "disabled: failed too long",
        DisableReason::Gone => "disabled: answered 410",
    },
    deliveries: "Latest deliveries",
    event: "Event",
    attempts: "Attempts",
    latest: "Last attempt",
    delivered: "delivered",
    failed: "failed",
    test: "Send a test event",
    test_effect: "An event that says nothing is sent to the endpoint. The list of deliveries shows the outcome.",
    enable: "Enable",
    enable_effect: "Events are sent again, also those that happened while it was disabled.",
    disable: "Disable",
    disable_effect: "Nothing is sent until it is enabled. No event is lost.",
};

/// The words in Chinese.
pub const CHINESE: Webhooks = Webhooks {
    title: "Webhook 端点",
    about: "接收事件的其他系统的端点。通过 HTTP 创建：POST /admin/webhooks。",
    one: "Webhook 端点",
    url: "地址",
    description: "备注",
    event_types: "事件",
    all_types: "全部",
    undelivered: "未送达",
    oldest: "最早始于",
    failing_since: "失败始于",
    created: "创建时间",
    enabled: "已启用",
    disabled: |reason| match reason {
        DisableReason::Administrator => "已停用",
        DisableReason::Failing => "已停用：失败时间过长",
        DisableReason::Gone => "已停用：对方返回 410",
    },
    deliveries: "最近的投递",
    event: "事件",
    attempts: "次数",
    latest: "最近一次",
    delivered: "已送达",
    failed: "已失败",
    test: "发送测试事件",
    test_effect: "向该端点发送一个无内容的事件。投递列表会显示结果。",
    enable: "启用",
    enable_effect: "重新发送事件，包括停用期间发生的事件。",
    disable: "停用",
    disable_effect: "启用之前不再发送。不会丢失事件。",
};
