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
use crate::trace::Traced;

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
    let messages = find_messages(&state, list).await?;
    Ok(HttpResponse::Ok().json(page.list_with(messages, |message| message.id.clone())))
}

/// The undelivered messages of all outboxes that match `list`, newest first.
///
/// # Errors
/// 503 if an owner does not reply.
pub async fn find_messages(state: &State, list: List) -> Result<Vec<UndeliveredMessage>, Problem> {
    let pages = state.outboxes.iter().map(|outbox| outbox.list.send(Traced::new(list.clone())));
    let pages: Result<Vec<Vec<UndeliveredMessage>>, _> = try_join_all(pages).await?.into_iter().collect();
    let mut messages: Vec<UndeliveredMessage> = pages?.into_iter().flatten().collect();
    messages.sort_by(|one, other| other.id.cmp(&one.id));
    messages.truncate(usize::try_from(list.limit).unwrap_or(usize::MAX));
    Ok(messages)
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
    match replay_one(&state, &id).await? {
        Some(outcome) => Ok(HttpResponse::Ok().json(Outcome { id, outcome })),
        None => Err(Problem::new(Code::NotFound)),
    }
}

/// Makes a message due now, unless it is delivered; `None` if no outbox has it.
///
/// # Errors
/// 503 if an owner does not reply.
pub async fn replay_one(state: &State, id: &str) -> Result<Option<Replayed>, Problem> {
    for outbox in &state.outboxes {
        if let Some(outcome) = outbox.replay.send(Traced::new(Replay { id: id.to_owned() })).await?? {
            return Ok(Some(outcome));
        }
    }
    Ok(None)
}
