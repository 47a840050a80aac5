//! The menu: every page of the console, in groups.

use maud::{Markup, html};

use crate::web::language::Words;

/// An entry of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the pages")]
pub enum Section {
    Overview,
    Orders,
    Payments,
    Refunds,
    Customers,
    Goods,
    Coupons,
    Notices,
    Reconcile,
    Journal,
    Actors,
    Messages,
    Sagas,
    Audit,
    Nodes,
    Sandbox,
    Settings,
    ApiKeys,
    Webhooks,
    SecondFactor,
    /// A page that has no entry.
    None,
}

/// An entry: its section, its path and its text.
type Entry = (Section, &'static str, fn(&Words) -> &'static str);

/// A group of entries with its heading.
type Group = (fn(&Words) -> &'static str, &'static [Entry]);

/// The menu, from top to bottom.
const MENU: [Group; 3] = [
    (
        |words| words.frame.trade,
        &[
            (Section::Overview, "/console/overview", |words| words.frame.overview),
            (Section::Orders, "/console/orders", |words| words.frame.orders),
            (Section::Payments, "/console/payments", |words| words.frame.payments),
            (Section::Refunds, "/console/refunds", |words| words.frame.refunds),
            (Section::Customers, "/console/customers", |words| words.frame.customers),
            (Section::Goods, "/console/goods", |words| words.frame.goods),
            (Section::Coupons, "/console/coupons", |words| words.frame.coupons),
        ],
    ),
    (
        |words| words.frame.operate,
        &[
            (Section::Actors, "/console/actors", |words| words.frame.actors),
            (Section::Messages, "/console/messages", |words| words.frame.messages),
            (Section::Sagas, "/console/sagas", |words| words.frame.sagas),
            (Section::Notices, "/console/notices", |words| words.frame.notices),
            (Section::Audit, "/console/audit", |words| words.frame.audit),
            (Section::Reconcile, "/console/reconcile", |words| words.frame.reconcile),
            (Section::Journal, "/console/journal", |words| words.frame.journal),
            (Section::Nodes, "/console/nodes", |words| words.frame.nodes),
        ],
    ),
    (
        |words| words.frame.develop,
        &[
            (Section::None, "/docs", |words| words.frame.api),
            (Section::ApiKeys, "/console/api-keys", |words| words.frame.api_keys),
            (Section::Webhooks, "/console/webhooks", |words| words.webhook.title),
            (Section::Sandbox, "/console/sandbox", |words| words.frame.sandbox),
            (Section::Settings, "/console/settings", |words| words.frame.settings),
            (Section::SecondFactor, "/console/second-factor", |words| words.second_factor.title),
        ],
    ),
];

/// The menu with the entry `current` marked and without those that are `absent`. `waiting` has the number of things that
/// wait for the operator, by entry.
#[must_use]
pub fn menu(words: &Words, current: Section, absent: &[Section], waiting: &[(Section, i64)]) -> Markup {
    let number = |section| waiting.iter().find(|(known, number)| *known == section && *number > 0).map(|(_, n)| *n);
    let is_current = |section| section == current && section != Section::None;
    html! {
        nav.menu aria-label=(words.frame.menu) {
            a.brand href="/console" { "Tradepost" }
            @for (heading, entries) in &MENU {
                p.group { (heading(words)) }
                @for (section, path, text) in entries.iter().filter(|(section, ..)| !absent.contains(section)) {
                    a href=(path) aria-current=[is_current(*section).then_some("page")] {
                        (text(words))
                        @if let Some(number) = number(*section) { b { (number) } }
                    }
                }
            }
        }
    }
}
