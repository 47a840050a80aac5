//! `/admin/messages`: messages between owners that are pending or dead.

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::http::extract::auth::Admin;
use crate::http::extract::page::{Cursor, Limit, Page};
use crate::http::extract::query::{Query, optional};
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::messaging::outbox::{List, Replay, Replayed, Status, UndeliveredMessage};

/// Query parameters of the list of messages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessagesQuery {
    #[serde(default, deserialize_with = "optional")]
    status: Option<Status>,
    #[serde(default)]
    limit: Limit,
    #[serde(default, deserialize_with = "optional")]
    cursor: Option<Uuid>,
}

/// `GET /admin/messages`: the undelivered messages of all outboxes, newest first.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Query(query): Query<MessagesQuery>) -> HandlerResult {
    let page = Page { limit: query.limit, cursor: Cursor::default() };
    let list = List { status: query.status, before: query.cursor.map(|id| id.to_string()), limit: page.fetch_limit() };
    let pages = state.outboxes.iter().map(|outbox| outbox.list.send(list.clone()));
    let pages: Result<Vec<Vec<UndeliveredMessage>>, _> = try_join_all(pages).await?.into_iter().collect();
    let mut messages: Vec<UndeliveredMessage> = pages?.into_iter().flatten().collect();
    messages.sort_by(|one, other| other.id.cmp(&one.id));
    messages.truncate(usize::try_from(page.fetch_limit()).unwrap_or(usize::MAX));
    Ok(HttpResponse::Ok().json(page.list_with(messages, |message| message.id.clone())))
}

/// Response body of a replay.
#[derive(Serialize)]
struct Outcome {
    id: String,
    outcome: Replayed,
}

/// `POST /admin/messages/{id}/replay`: makes a message due now, unless it is delivered.
///
/// # Errors
/// 404 if no outbox has it.
pub async fn replay(req: HttpRequest, _: Admin, state: web::Data<State>) -> HandlerResult {
    let id: Option<Uuid> = req.match_info().get("id").and_then(|id| id.parse().ok());
    let id = id.ok_or(Problem::new(Code::NotFound))?.to_string();
    for outbox in &state.outboxes {
        if let Some(outcome) = outbox.replay.send(Replay { id: id.clone() }).await?? {
            return Ok(HttpResponse::Ok().json(Outcome { id, outcome }));
        }
    }
    Err(Problem::new(Code::NotFound))
}
