//! The timeline of an order, merged from the logs of all owners.

use serde::Serialize;

use super::state::State;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::event::{Event, What};
use crate::domain::id::OrderId;
use crate::{coupon, goods, order, pay, user};

/// Response body of the timeline routes.
#[derive(Serialize)]
pub struct Events {
    /// The events, oldest first.
    pub items: Vec<Event>,
}

/// The events of an order in the words for its customer, oldest first. Events of the same millisecond are in the order of the saga's steps.
///
/// # Errors
/// Fails if an owner does not reply.
pub async fn events(state: &State, order_id: OrderId) -> Reply<Vec<Event>> {
    let owners = &state.owners;
    let (ordered, stock, coupon, user, pay) = tokio::join!(
        ask(&owners.order, order::message::ReadTimeline { order_id }),
        ask(&owners.goods, goods::message::ReadTimeline { order_id }),
        ask(&owners.coupon, coupon::message::ReadTimeline { order_id }),
        ask(&owners.user, user::message::ReadTimeline { order_id }),
        ask(&owners.pay, pay::message::ReadTimeline { order_id }),
    );
    let mut events: Vec<Event> = [ordered?, stock?, coupon?, user?, pay?].into_iter().flatten().collect();
    events.sort_by_key(|event| (event.at, rank(event.what)));
    Ok(events)
}

/// The events of an order as operators see them.
///
/// # Errors
/// Fails if an owner does not reply.
pub async fn for_operators(state: &State, order_id: OrderId) -> Reply<Vec<Event>> {
    Ok(events(state, order_id).await?.into_iter().map(Event::for_operators).collect())
}

/// Position of an event among those of the same millisecond.
const fn rank(what: What) -> u8 {
    match what {
        What::Ordered => 0,
        What::StockTaken | What::CouponBound | What::BalanceTaken => 1,
        What::Confirmed | What::Refused | What::Failed => 2,
        _ => 3,
    }
}
