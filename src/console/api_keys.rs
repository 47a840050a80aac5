//! `/console/api-keys`: the keys of the shop's own servers.

use maud::{Markup, html};
use serde::Deserialize;

use super::act::Act;
use super::form::act_form;
use super::menu::Section;
use super::operator::{Operator, Question};
use crate::domain::api_key::{KeyName, Scope, Scopes};
use crate::domain::id;
use crate::http::admin::api_key::{NewApiKey, find_key, find_keys};
use crate::http::extract::body::FormBody;
use crate::http::extract::page::Page;
use crate::http::extract::path::PathId;
use crate::http::extract::query::{Filters, Flag};
use crate::http::problem::Problem;
use crate::http::security::api_key;
use crate::http::state::HandlerResult;
use crate::user::message::api_key::ApiKey;
use crate::web::component::{Column, Pill, Tone, facts, optional_time, pager, table, time};
use crate::web::language::Words;

const PATH: &str = "/console/api-keys";

/// `GET /console/api-keys`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(operator: Operator, Filters { query: page, pairs }: Filters<Page>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.api_key);
    let keys = find_keys(&operator.state, &page).await?;
    let columns = [
        Column::Text(own.name),
        Column::Text(own.prefix),
        Column::Text(own.scopes),
        Column::Text(words.common.state),
        Column::Text(own.created),
        Column::Text(own.used),
        Column::Text(""),
    ];
    let content = html! {
        div.title { h1 { (own.title) } }
        p.soft { (own.about) }
        (create_form(words))
        section.card {
            (table(words, &columns, keys.items.iter().map(|key| row(words, key))))
            (pager(words, PATH, &pairs, keys.next_cursor.as_deref()))
        }
    };
    operator.page(Section::ApiKeys, own.title, content).await
}

fn row(words: &Words, key: &ApiKey) -> Vec<Markup> {
    let own = &words.api_key;
    let state = match key.revoke_time {
        None => html! { (Pill(Tone::Good, own.valid)) },
        Some(at) => html! { (Pill(Tone::Quiet, own.revoked)) " " (time(at)) },
    };
    let revoke = html! {
        @if key.revoke_time.is_none() {
            form method="post" action=(format!("{PATH}/{}/revoke", key.api_key_id)) {
                button aria-label=(format!("{}: {}", own.revoke, key.prefix)) { (own.revoke) " …" }
            }
        }
    };
    vec![
        html! { b { (key.name.as_str()) } },
        html! { code { (key.prefix) "…" } },
        html! { (key.scopes.stored()) },
        state,
        time(key.create_time),
        optional_time(words, key.use_time),
        revoke,
    ]
}

fn create_form(words: &Words) -> Markup {
    let own = &words.api_key;
    let form = act_form(
        words,
        own.create,
        PATH,
        html! {
            label { (own.name) input name="name" required maxlength="32" pattern="[A-Za-z0-9._\\-]+"; }
            p.soft { (own.name_rule) }
            fieldset {
                legend { (own.scopes) }
                @for scope in Scope::ALL {
                    label.check { input type="checkbox" name=(scope.word()) value="true"; ((own.scope)(scope)) }
                }
            }
        },
    );
    html! { div.narrow { (form) } }
}

/// The form of a new key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewForm {
    name: KeyName,
    orders: Option<Flag>,
    catalog: Option<Flag>,
    events: Option<Flag>,
}

/// `POST /console/api-keys`: the preview of a new key.
///
/// # Errors
/// 422 for a bad field, or without a scope.
pub async fn create(operator: Operator, FormBody(form): FormBody<NewForm>) -> HandlerResult {
    let own = &operator.words.api_key;
    let chosen = |scope: &Scope| match scope {
        Scope::Orders => form.orders.is_some_and(bool::from),
        Scope::Catalog => form.catalog.is_some_and(bool::from),
        Scope::Events => form.events.is_some_and(bool::from),
    };
    let scopes = Scopes::try_from(Scope::ALL.into_iter().filter(chosen).collect::<Vec<_>>());
    let scopes = scopes.map_err(|invalid| Problem::field("scopes", invalid.to_string()))?;
    let effects = html! {
        (facts([
            (own.name, html! { (form.name.as_str()) }),
            (own.scopes, html! { (scopes.stored()) }),
        ]))
        p { (own.shown_once) }
    };
    let act = Act::CreateApiKey { new: NewApiKey { name: form.name, scopes }, seed: api_key::seed()? };
    let question = Question { title: own.create, effects, button: own.create, back: PATH };
    operator.preview(Section::ApiKeys, question, &act).await
}

/// `POST /console/api-keys/{id}/revoke`: the preview.
///
/// # Errors
/// 404 if there is no such key.
pub async fn revoke(operator: Operator, PathId(api_key_id): PathId<id::ApiKey>) -> HandlerResult {
    let own = &operator.words.api_key;
    let key = find_key(&operator.state, api_key_id).await?;
    let effects = html! {
        (facts([
            (own.name, html! { (key.name.as_str()) }),
            (own.prefix, html! { code { (key.prefix) "…" } }),
            (own.scopes, html! { (key.scopes.stored()) }),
        ]))
        p { (own.revoke_effect) }
    };
    let question = Question { title: own.revoke, effects, button: own.revoke, back: PATH };
    operator.preview(Section::ApiKeys, question, &Act::RevokeApiKey { api_key_id }).await
}
