//! The pages with live parts.

use maud::{Markup, html};
use serde::Deserialize;

use crate::console::{actors, audit, overview, sagas};
use crate::http::state::State;
use crate::web::language::Words;

/// A page with live parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// The first page.
    Overview,
    /// The actors.
    Actors,
    /// The sagas.
    Sagas,
    /// The audit.
    Audit,
}

/// A live part of a page.
pub struct Part {
    /// Name of its place in the page.
    pub name: &'static str,
    /// Its markup.
    pub content: Markup,
}

/// The data of the live parts of a page, for any language.
pub enum Data {
    /// The first page.
    Overview(Box<overview::Data>),
    /// The actors.
    Actors(actors::Data),
    /// The sagas.
    Sagas(sagas::Data),
    /// The audit.
    Audit(audit::Data),
}

impl Topic {
    /// The address of the live parts.
    #[must_use]
    pub const fn address(self) -> &'static str {
        match self {
            Self::Overview => "/console/live?page=overview",
            Self::Actors => "/console/live?page=actors",
            Self::Sagas => "/console/live?page=sagas",
            Self::Audit => "/console/live?page=audit",
        }
    }

    /// Reads what the page shows.
    pub async fn read(self, state: &State) -> Data {
        match self {
            Self::Overview => Data::Overview(Box::new(overview::Data::read(state).await)),
            Self::Actors => Data::Actors(actors::Data::read(state)),
            Self::Sagas => Data::Sagas(sagas::Data::read(state).await),
            Self::Audit => Data::Audit(audit::Data::read(state)),
        }
    }
}

impl Data {
    /// The live parts in the language `words`.
    #[must_use]
    pub fn render(&self, words: &Words) -> Vec<Part> {
        match self {
            Self::Overview(data) => data.parts(words),
            Self::Actors(data) => data.parts(words),
            Self::Sagas(data) => data.parts(words),
            Self::Audit(data) => data.parts(words),
        }
    }
}

impl Part {
    /// The part inside its page, where its events change it.
    #[must_use]
    pub fn in_page(self) -> Markup {
        html! { div.stack id=(self.place()) { (self.content) } }
    }

    /// The content of an event: the new content and its place. What has not changed stays in the page, with the focus and the
    /// selection of the reader.
    #[must_use]
    pub fn in_event(self) -> Markup {
        html! { hx-partial hx-target=(format!("#{}", self.place())) hx-swap="innerMorph" { (self.content) } }
    }

    fn place(&self) -> String {
        format!("live-{}", self.name)
    }
}
