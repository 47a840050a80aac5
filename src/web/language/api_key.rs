//! API keys of the shop's own servers.

use crate::domain::api_key::Scope;

/// Words of the page of API keys.
#[derive(Debug)]
pub struct ApiKeys {
    /// Title of the page.
    pub title: &'static str,
    /// Explanation of the keys.
    pub about: &'static str,
    /// Heading of the form, and the name of the act.
    pub create: &'static str,
    /// Name of the server that has the key.
    pub name: &'static str,
    /// Rule of the name.
    pub name_rule: &'static str,
    /// Heading of the scopes.
    pub scopes: &'static str,
    /// The meaning of a scope.
    pub scope: fn(Scope) -> &'static str,
    /// Heading of the beginning of a key.
    pub prefix: &'static str,
    /// Heading of the time of creation.
    pub created: &'static str,
    /// Heading of the time of the last use.
    pub used: &'static str,
    /// State of a key.
    pub valid: &'static str,
    /// State of a key.
    pub revoked: &'static str,
    /// Name of the act.
    pub revoke: &'static str,
    /// Effect of the act.
    pub revoke_effect: &'static str,
    /// Note of the preview of a new key.
    pub shown_once: &'static str,
    /// Heading of a new key.
    pub new: &'static str,
    /// Label of the text of a new key.
    pub secret: &'static str,
    /// Shown with a new key.
    pub keep: &'static str,
    /// Link back to the list.
    pub back: &'static str,
}

/// The words in English.
pub const ENGLISH: ApiKeys = ApiKeys {
    title: "API keys",
    about: "With a key, the shop's own server acts for the customers whom it names.",
    create: "Create an API key",
    name: "Name of the server",
    name_rule: "1 to 32 letters, digits, '.', '_' or '-'. Keys with the same name act for the same customers.",
    scopes: "Scopes",
    scope: |scope| match scope {
        Scope::Orders => "orders: all that a customer can do, on behalf of the customer",
        Scope::Catalog => "catalog: quotes without a customer",
        Scope::Events => "events: reads the events of all orders, stocks and coupons",
    },
    prefix: "Begins with",
    created: "Created",
    used: "Last used",
    valid: "valid",
    revoked: "revoked",
    revoke: "Revoke",
    revoke_effect: "The key is refused from then on. That cannot be undone.",
    shown_once: "The key is shown on the next page, and nowhere else.",
    new: "The new API key",
    secret: "Key",
    keep: "Copy it now. The shop keeps only a hash of it and cannot show it again.",
    back: "I have kept it: to the list",
};

/// The words in Chinese.
pub const CHINESE: ApiKeys = ApiKeys {
    title: "API 密钥",
    about: "商店自己的服务器凭密钥代表其指定的顾客操作。",
    create: "创建 API 密钥",
    name: "服务器名称",
    name_rule: "1 到 32 个字母、数字或“.”“_”“-”。同名密钥代表同一批顾客。",
    scopes: "权限",
    scope: |scope| match scope {
        Scope::Orders => "orders：代表顾客执行顾客可做的一切",
        Scope::Catalog => "catalog：无顾客的报价",
        Scope::Events => "events：读取所有订单、库存和优惠券的事件",
    },
    prefix: "开头",
    created: "创建时间",
    used: "最近使用",
    valid: "有效",
    revoked: "已吊销",
    revoke: "吊销",
    revoke_effect: "此后该密钥将被拒绝，且无法恢复。",
    shown_once: "密钥只在下一页显示一次。",
    new: "新的 API 密钥",
    secret: "密钥",
    keep: "请立即复制。商店只保存其哈希值，无法再次显示。",
    back: "已保存，返回列表",
};
