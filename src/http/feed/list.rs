//! `GET /v1/events`: the events of all owners as CloudEvents.

use actix_web::http::header::LINK;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{END, MEDIA, PATH};
use crate::coordinator::Owners;
use crate::domain::Invalid;
use crate::http::extract::auth::EventReader;
use crate::http::extract::page::Limit;
use crate::http::extract::query::{Query, optional, pairs};
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::messaging::feed::cloud_event::CloudEvent;
use crate::messaging::feed::cursor::FeedCursor;
use crate::messaging::feed::merge::Publishers;
use crate::messaging::feed::{EventType, Published, Refusal};

/// Query parameters of the events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedQuery {
    #[serde(default)]
    after: After,
    #[serde(default)]
    limit: Limit,
    #[serde(default, rename = "type", deserialize_with = "optional")]
    kind: Option<Kind>,
}

/// The beginning of the answer: a cursor, or the end of all chains.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct After(Option<FeedCursor>);

impl Default for After {
    fn default() -> Self {
        Self(Some(FeedCursor::default()))
    }
}

impl TryFrom<String> for After {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text == END { Ok(Self(None)) } else { FeedCursor::try_from(text).map(|cursor| Self(Some(cursor))) }
    }
}

/// The type of events that are wanted.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Kind(&'static EventType);

impl TryFrom<String> for Kind {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        EventType::find(&text).map(Self).ok_or(Invalid("must be a type of events"))
    }
}

/// `GET /v1/events`
///
/// # Errors
/// 403 for other callers than administrators and keys with the scope; 404 if nothing is recorded; 409 if the
/// cursor is beyond the last event; 422 for a bad parameter; 503.
pub async fn show(
    _: EventReader,
    req: HttpRequest,
    state: web::Data<State>,
    Query(query): Query<FeedQuery>,
) -> HandlerResult {
    let kind = query.kind.map(|kind| kind.0);
    let (events, next) = read(&state.owners, query.after.0, kind, query.limit.get()).await?;
    let events: Vec<CloudEvent> = events.into_iter().map(|event| CloudEvent::new(event, &state.public_url)).collect();
    Ok(HttpResponse::Ok()
        .content_type(MEDIA)
        .insert_header((LINK, format!("<{}>; rel=\"next\"", next_path(&req, next)?)))
        .json(events))
}

/// Up to `limit` events after a cursor, and the cursor after them. Without a cursor, the end of all events.
///
/// # Errors
/// 404 if nothing is recorded; 409 if a chain ends before the cursor; 503 if an owner does not reply.
pub async fn read(
    owners: &Owners,
    after: Option<FeedCursor>,
    kind: Option<&'static EventType>,
    limit: usize,
) -> Result<(Vec<Published>, FeedCursor), Problem> {
    let Owners { order, goods, coupon, .. } = owners;
    let page = Publishers { order, goods, coupon }.read(after, kind, limit).await?;
    page.map_err(|refusal| match refusal {
        Refusal::NotRecorded => Problem::with(Code::NotFound, "There are no events while audit.chain is off"),
        Refusal::BeyondEnd => Problem::with(
            Code::CursorBeyondEnd,
            "The shop was restored from an older backup, or this is no cursor of it: read again without a cursor",
        ),
    })
}

/// Path and query of the events that follow, with the other parameters of the request.
fn next_path(req: &HttpRequest, next: FeedCursor) -> Result<String, Problem> {
    let others = pairs(req.query_string())?.into_iter().filter(|(name, _)| name != "after");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("after", &next.to_string()).extend_pairs(others);
    Ok(format!("{PATH}?{}", query.finish()))
}
