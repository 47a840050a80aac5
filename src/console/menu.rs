//! The menu: every page of the console, in groups.

use maud::{Markup, html};

use crate::web::language::Words;

/// An entry of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// How the shop is doing.
    Overview,
    /// The orders.
    Orders,
    /// The actors.
    Actors,
    /// The messages.
    Messages,
    /// The sagas.
    Sagas,
    /// The audit.
    Audit,
    /// No entry is marked.
    None,
}

/// A group of the menu: its heading and its entries, each with path and text.
type Group = (fn(&Words) -> &'static str, &'static [(Section, &'static str, fn(&Words) -> &'static str)]);

/// The menu, from top to bottom.
const MENU: [Group; 2] = [
    (
        |words| words.frame.trade,
        &[
            (Section::Overview, "/console/overview", |words| words.frame.overview),
            (Section::Orders, "/console/orders", |words| words.frame.orders),
        ],
    ),
    (
        |words| words.frame.operate,
        &[
            (Section::Actors, "/console/actors", |words| words.frame.actors),
            (Section::Messages, "/console/messages", |words| words.frame.messages),
            (Section::Sagas, "/console/sagas", |words| words.frame.sagas),
            (Section::Audit, "/console/audit", |words| words.frame.audit),
        ],
    ),
];

/// Number of things at an entry that wait for the operator.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// The entry.
    pub section: Section,
    /// The number.
    pub number: i64,
}

/// The menu with the entry `current` marked.
#[must_use]
pub fn menu(words: &Words, current: Section, waiting: &[Waiting]) -> Markup {
    let number = |section| waiting.iter().find(|one| one.section == section && one.number > 0).map(|one| one.number);
    html! {
        nav.menu aria-label=(words.frame.menu) {
            a.brand href="/console" { "Tradepost" }
            @for (heading, entries) in &MENU {
                p.group { (heading(words)) }
                @for (section, path, text) in *entries {
                    a href=(path) aria-current=[(*section == current).then_some("page")] {
                        (text(words))
                        @if let Some(number) = number(*section) { b { (number) } }
                    }
                }
            }
        }
    }
}
