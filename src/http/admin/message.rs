//! `/admin/messages`: what is on its way between owners, and what was given up.

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::http::extract::auth::Admin;
use crate::http::extract::page::{Cursor, Limit, Page};
use crate::http::extract::query::{Query, given};
use crate::http::problem::{Code, Problem};
use crate::http::state::{Answer, State};
use crate::messaging::outbox::{List, Replay, Replayed, Status, UndeliveredMessage};

/// Which messages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    #[serde(default, deserialize_with = "given")]
    status: Option<Status>,
    #[serde(default)]
    limit: Limit,
    #[serde(default, deserialize_with = "given")]
    cursor: Option<Uuid>,
}

/// `GET /admin/messages`: of all outboxes together.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Query(wanted): Query<Messages>) -> Answer {
    let page = Page { limit: wanted.limit, cursor: Cursor::default() };
    let list = List { status: wanted.status, before: wanted.cursor.map(|id| id.to_string()), limit: page.ask_for() };
    let pages = state.outboxes.iter().map(|outbox| outbox.list.send(list.clone()));
    let pages: Result<Vec<Vec<UndeliveredMessage>>, _> = try_join_all(pages).await?.into_iter().collect();
    let mut messages: Vec<UndeliveredMessage> = pages?.into_iter().flatten().collect();
    messages.sort_by(|one, other| other.id.cmp(&one.id));
    messages.truncate(usize::try_from(page.ask_for()).unwrap_or(usize::MAX));
    Ok(HttpResponse::Ok().json(page.ending(messages, |message| message.id.clone())))
}

#[derive(Serialize)]
struct Outcome {
    id: String,
    outcome: Replayed,
}

/// `POST /admin/messages/{id}/replay`: it is due now, unless it is delivered.
///
/// # Errors
/// 404.
pub async fn replay(req: HttpRequest, _: Admin, state: web::Data<State>) -> Answer {
    let id: Option<Uuid> = req.match_info().get("id").and_then(|id| id.parse().ok());
    let id = id.ok_or(Problem::new(Code::NotFound))?.to_string();
    for outbox in &state.outboxes {
        if let Some(outcome) = outbox.replay.send(Replay { id: id.clone() }).await?? {
            return Ok(HttpResponse::Ok().json(Outcome { id, outcome }));
        }
    }
    Err(Problem::new(Code::NotFound))
}
