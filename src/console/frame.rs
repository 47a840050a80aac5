//! The frame of every page of the console: menu, header with search and health, content.

use std::time::Duration;

use maud::{Markup, html};

use super::menu::{Section, menu};
use crate::actor::task::ask;
use crate::http::extract::query::DONE;
use crate::http::state::State;
use crate::pay::message::{CountPending, PendingCounts};
use crate::web::component::{Pill, Tone, notice};
use crate::web::language::{Words, link};

/// How long a page waits for the numbers in its frame. Without them, it is shown as it is.
const COUNTED_WITHIN: Duration = Duration::from_millis(500);

/// The inputs of the frame of a page.
pub struct Frame<'a> {
    /// Dependencies of the handlers.
    pub state: &'a State,
    /// Language of the page.
    pub words: &'static Words,
    /// Path and query of the page.
    pub place: &'a str,
    /// Entry of the menu that is marked.
    pub section: Section,
}

impl Frame<'_> {
    /// The frame around `content`.
    pub async fn around(&self, content: Markup) -> Markup {
        let Self { state, words, place, section } = *self;
        let counts = tokio::time::timeout(COUNTED_WITHIN, ask(&state.owners.pay, CountPending)).await;
        let parked = counts
            .ok()
            .and_then(Result::ok)
            .map(|PendingCounts { refunds_parked, charges_parked, .. }| refunds_parked.saturating_add(charges_parked));
        // Without the platform, there is no page of it.
        let has_sandbox = state.gateways.all().any(|gateway| gateway.name() == "sandbox");
        let absent: &[Section] = if has_sandbox { &[] } else { &[Section::Sandbox] };
        html! {
            a.skip href="#content" { (words.frame.skip) }
            div.app {
                (menu(words, section, absent, &[(Section::Notices, parked.unwrap_or_default())]))
                div {
                    header {
                        form.search action="/console/search" role="search" {
                            input type="search" name="q" aria-label=(words.frame.search_label)
                                placeholder=(words.frame.search) maxlength="100";
                        }
                        (health(state, words, parked))
                        span.node {
                            (words.frame.node) " " (state.node.number.get()) " · " (state.engine) " · "
                            (env!("CARGO_PKG_VERSION"))
                        }
                        a href=(link(words.other(), place)) hreflang=(words.other().code) lang=(words.other().code) {
                            (words.other().name)
                        }
                        form method="post" action="/console/sign-out" { button { (words.frame.sign_out) } }
                    }
                    main #content {
                        @if is_after_act(place) { (notice(Tone::Good, words.act.done)) }
                        (content)
                        footer { (words.common.utc) }
                    }
                }
            }
        }
    }
}

/// Whether the page shows the effect of an act.
fn is_after_act(place: &str) -> bool {
    let query = place.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == DONE)
}

/// The mark of the health of this node. `parked` is how much money waits for the operator.
fn health(state: &State, words: &'static Words, parked: Option<i64>) -> Pill<'static> {
    let is_ready = state.node.fence.is_open() && state.health.iter().all(|actor| actor.is_ready());
    match parked {
        _ if !is_ready => Pill(Tone::Bad, words.frame.unhealthy),
        Some(0) => Pill(Tone::Good, words.frame.healthy),
        _ => Pill(Tone::Waiting, words.frame.degraded),
    }
}
