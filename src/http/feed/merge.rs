//! Reads the events of all owners and merges them by their times. The events of one owner keep their order.

use std::collections::VecDeque;

use super::cursor::FeedCursor;
use crate::actor::task::ask;
use crate::actor::{Owner, Reply};
use crate::coordinator::Owners;
use crate::coupon::Coupon;
use crate::goods::Goods;
use crate::http::problem::{Code, Problem};
use crate::messaging::feed::{EventType, Page, Position, Published, ReadFeed, Refusal};
use crate::order::Order;

/// Up to `limit` events after a cursor, and the cursor after them. Without a cursor, the end of all chains. Owners that have no events of the type are not asked,
/// and their positions stay.
///
/// # Errors
/// 404 if nothing is recorded; 409 if a chain ends before the cursor; 503 if an owner does not reply.
pub async fn read(
    owners: &Owners,
    after: Option<FeedCursor>,
    kind: Option<&'static EventType>,
    limit: usize,
) -> Result<(Vec<Published>, FeedCursor), Problem> {
    let task = |from, owner: &str| {
        let is_wanted = kind.is_none_or(|kind| kind.owner == owner);
        if is_wanted { Ok(ReadFeed { from, kind, limit }) } else { Err(unread(from)) }
    };
    let of_order = async {
        match task(after.map(|after| after.order), Order::NAME) {
            Ok(task) => page(ask(&owners.order, task).await),
            Err(unread) => Ok(unread),
        }
    };
    let of_goods = async {
        match task(after.map(|after| after.goods), Goods::NAME) {
            Ok(task) => page(ask(&owners.goods, task).await),
            Err(unread) => Ok(unread),
        }
    };
    let of_coupon = async {
        match task(after.map(|after| after.coupon), Coupon::NAME) {
            Ok(task) => page(ask(&owners.coupon, task).await),
            Err(unread) => Ok(unread),
        }
    };
    let (order, goods, coupon) = tokio::join!(of_order, of_goods, of_coupon);
    let mut streams = [order?, goods?, coupon?].map(Stream::new);
    let events = merge(&mut streams, limit);
    let [order, goods, coupon] = streams.map(|stream| stream.next());
    Ok((events, FeedCursor { order, goods, coupon }))
}

/// The page of an owner that is not asked.
fn unread(from: Option<Position>) -> Page {
    Page { next: from.unwrap_or_default(), ..Page::default() }
}

fn page(reply: Reply<Result<Page, Refusal>>) -> Result<Page, Problem> {
    reply?.map_err(|refusal| match refusal {
        Refusal::NotRecorded => Problem::with(Code::NotFound, "There are no events while audit.chain is off"),
        Refusal::BeyondEnd => Problem::with(
            Code::CursorBeyondEnd,
            "The shop was restored from an older backup, or this is no cursor of it: read again without a cursor",
        ),
    })
}

/// The events of one owner that are not in the answer yet.
struct Stream {
    events: VecDeque<(Position, Published)>,
    end: Position,
}

impl Stream {
    fn new(page: Page) -> Self {
        Self { events: page.events.into(), end: page.next }
    }

    /// The position to go on at: that of the first event that is not in the answer, or the one at which the owner stopped.
    fn next(&self) -> Position {
        self.events.front().map_or(self.end, |(place, _)| *place)
    }
}

/// Takes up to `limit` events, the oldest of all streams first.
fn merge(streams: &mut [Stream; 3], limit: usize) -> Vec<Published> {
    let mut merged = Vec::new();
    while merged.len() < limit {
        let waiting = streams.iter_mut().filter(|stream| !stream.events.is_empty());
        let oldest = waiting.min_by_key(|stream| stream.events.front().map(|(_, event)| event.at));
        let Some((_, event)) = oldest.and_then(|stream| stream.events.pop_front()) else { break };
        merged.push(event);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::messaging::feed::event_type::ORDER_PAID;

    fn stream(times: &[i64], end: i64) -> Stream {
        let place = |link| Position { link, line: 0 };
        let event = |at: i64| Published::new(&ORDER_PAID, at.to_string(), 1, Timestamp(at), &()).unwrap();
        Stream { events: times.iter().map(|at| (place(*at), event(*at))).collect(), end: place(end) }
    }

    #[test]
    fn the_oldest_events_of_all_owners_come_first_and_no_other_is_passed_over() {
        let mut streams = [stream(&[3, 1, 9], 20), stream(&[2], 30), stream(&[], 40)];
        let merged = merge(&mut streams, 3);
        assert_eq!(merged.iter().map(|event| event.key.as_str()).collect::<Vec<_>>(), ["2", "3", "1"]);
        assert_eq!(streams.map(|stream| stream.next().link), [9, 30, 40]);
    }
}
