//! Reads the events of all owners and merges them by their times. The events of one owner keep their order.

use std::collections::VecDeque;

use super::cursor::FeedCursor;
use super::{EventType, Page, Position, Published, Publisher, ReadFeed, Refusal};
use crate::actor::task::ask;
use crate::actor::{OwnerAddr, Reply};

/// The owners that have events.
#[derive(Debug)]
pub struct Publishers<'a, Order: Publisher, Goods: Publisher, Coupon: Publisher> {
    /// Owner of the orders.
    pub order: &'a OwnerAddr<Order>,
    /// Owner of the goods.
    pub goods: &'a OwnerAddr<Goods>,
    /// Owner of the coupons.
    pub coupon: &'a OwnerAddr<Coupon>,
}

impl<Order: Publisher, Goods: Publisher, Coupon: Publisher> Publishers<'_, Order, Goods, Coupon> {
    /// Up to `limit` events after a cursor, and the cursor after them. Without a cursor, the end of all chains. Owners that
    /// have no events of the type are not asked, and their positions stay.
    ///
    /// # Errors
    /// An owner does not reply.
    pub async fn read(
        &self,
        after: Option<FeedCursor>,
        kind: Option<&'static EventType>,
        limit: usize,
    ) -> Reply<Result<(Vec<Published>, FeedCursor), Refusal>> {
        let (order, goods, coupon) = tokio::join!(
            read(self.order, after.map(|after| after.order), kind, limit),
            read(self.goods, after.map(|after| after.goods), kind, limit),
            read(self.coupon, after.map(|after| after.coupon), kind, limit),
        );
        Ok(match (order?, goods?, coupon?) {
            (Ok(order), Ok(goods), Ok(coupon)) => {
                let mut streams = [order, goods, coupon].map(Stream::new);
                let events = merge(&mut streams, limit);
                let [order, goods, coupon] = streams.map(|stream| stream.next());
                Ok((events, FeedCursor { order, goods, coupon }))
            }
            (Err(refusal), ..) | (_, Err(refusal), _) | (.., Err(refusal)) => Err(refusal),
        })
    }
}

/// A page of one owner; empty if the owner has no events of the type.
async fn read<O: Publisher>(
    owner: &OwnerAddr<O>,
    from: Option<Position>,
    kind: Option<&'static EventType>,
    limit: usize,
) -> Reply<Result<Page, Refusal>> {
    match kind.is_none_or(|kind| kind.owner == O::NAME) {
        true => ask(owner, ReadFeed { from, kind, limit }).await,
        false => Ok(Ok(Page { next: from.unwrap_or_default(), ..Page::default() })),
    }
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
