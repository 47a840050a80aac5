//! Queues new events for the endpoints.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use super::message::{QueueEvents, QueuedEvent, Sending};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::WebhookId;
use crate::messaging::feed::cloud_event::CloudEvent;
use crate::messaging::feed::cursor::FeedCursor;
use crate::messaging::feed::merge::Publishers;
use crate::messaging::feed::{Published, Refusal};

/// Number of events that are read and queued at a time.
const PAGE: usize = 100;
/// Number of pages that are queued for endpoints with the same cursor before those with another one have their turn.
const PAGES_MAX: usize = 10;

/// Queues events for the endpoints in `all` that are enabled and have room. Those with the same cursor, usually all, share
/// their reads. The result is the number of pages.
///
/// # Errors
/// An owner does not reply.
pub async fn fill(context: &Context, all: &[Sending]) -> Reply<usize> {
    let room_of = |sending: &Sending| {
        let room = i64::from(context.settings.undelivered_max.get()).saturating_sub(sending.undelivered);
        usize::try_from(room).unwrap_or_default()
    };
    let mut by_cursor: BTreeMap<&str, Vec<(WebhookId, usize)>> = BTreeMap::new();
    for sending in all.iter().filter(|sending| sending.is_enabled) {
        by_cursor.entry(&sending.feed_cursor).or_default().push((sending.webhook_id, room_of(sending)));
    }
    let mut pages = 0;
    for (cursor, webhooks) in by_cursor {
        // A cursor that cannot be read is of a later version: that queues the events.
        let Ok(cursor) = FeedCursor::try_from(cursor.to_owned()) else { continue };
        pages += fill_from(context, cursor, webhooks).await?;
    }
    Ok(pages)
}

/// Queues pages for endpoints with this cursor, each with the number of events for which it has room.
async fn fill_from(context: &Context, mut from: FeedCursor, mut webhooks: Vec<(WebhookId, usize)>) -> Reply<usize> {
    for pages in 0..PAGES_MAX {
        webhooks.retain(|(_, room)| *room > 0);
        if webhooks.is_empty() {
            return Ok(pages);
        }
        let Some((events, next)) = read(context, from).await? else { return Ok(pages) };
        if next == from {
            return Ok(pages);
        }
        for (_, room) in &mut webhooks {
            *room = room.saturating_sub(events.len());
        }
        let queue = QueueEvents {
            webhooks: webhooks.iter().map(|(webhook_id, _)| *webhook_id).collect(),
            from: from.to_string(),
            next: next.to_string(),
            events: Arc::new(events.into_iter().filter_map(|event| queued(event, &context.public_url)).collect()),
        };
        if ask(&context.user, queue).await? == 0 {
            return Ok(pages);
        }
        from = next;
    }
    Ok(PAGES_MAX)
}

/// The events after a cursor, and the cursor after them; `None` if nothing is recorded.
async fn read(context: &Context, from: FeedCursor) -> Reply<Option<(Vec<Published>, FeedCursor)>> {
    let Context { order, goods, coupon, .. } = context;
    let publishers = Publishers { order, goods, coupon };
    match publishers.read(Some(from), None, PAGE).await? {
        Ok(page) => Ok(Some(page)),
        Err(Refusal::NotRecorded) => Ok(None),
        Err(Refusal::BeyondEnd) => {
            tracing::warn!(
                cursor = %from,
                "the events of webhooks were restored from an older backup; sending goes on with those from now on"
            );
            Ok(publishers.read(None, None, 0).await?.ok())
        }
    }
}

/// The event as it is sent.
fn queued(event: Published, public_url: &str) -> Option<QueuedEvent> {
    let event = CloudEvent::new(event, public_url);
    let body = serde_json::to_string(&event);
    let body = body.map_err(|error| tracing::error!(event_id = event.id, %error, "an event cannot be written")).ok()?;
    Some(QueuedEvent { event_id: event.id, event_type: event.kind.to_owned(), body })
}
