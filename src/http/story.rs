//! `/v1/orders/{id}/events`, `/admin/orders/{id}/events`: an order's story, gathered from the logs of all owners.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::auth::{Admin, Customer};
use super::path::PathId;
use super::problem::{Code, Problem};
use super::{Answer, State};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::event::Event;
use crate::domain::id::{self, OrderId};
use crate::order::message::{Find, FindAny};
use crate::{coupon, goods, order, pay, user};

#[derive(Serialize)]
struct Events {
    items: Vec<Event>,
}

/// `GET /v1/orders/{id}/events`
///
/// # Errors
/// 404, also for somebody else's.
pub async fn own(caller: Customer, state: web::Data<State>, PathId(order_id): PathId<id::Order>) -> Answer {
    let order = ask(&state.owners.order, Find { order_id, user_id: caller.0 }).await?;
    order.ok_or(Problem::new(Code::NotFound))?;
    let mut items = tell(&state, order_id).await?;
    items.retain(|event| !event.is_internal);
    items.iter_mut().for_each(|event| event.by = None);
    Ok(HttpResponse::Ok().json(Events { items }))
}

/// `GET /admin/orders/{id}/events`
///
/// # Errors
/// 404.
pub async fn any(_: Admin, state: web::Data<State>, PathId(order_id): PathId<id::Order>) -> Answer {
    let order = ask(&state.owners.order, FindAny { order_id }).await?;
    order.ok_or(Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok().json(Events { items: tell(&state, order_id).await? }))
}

/// All that is known of an order, in time order; what happened in the same millisecond in the order of the saga.
pub async fn tell(state: &State, order_id: OrderId) -> Reply<Vec<Event>> {
    let owners = &state.owners;
    let (ordered, stock, coupon, user, pay) = tokio::join!(
        ask(&owners.order, order::message::Story { order_id }),
        ask(&owners.goods, goods::message::Story { order_id }),
        ask(&owners.coupon, coupon::message::Story { order_id }),
        ask(&owners.user, user::message::Story { order_id }),
        ask(&owners.pay, pay::message::Story { order_id }),
    );
    let mut events: Vec<Event> = [ordered?, stock?, coupon?, user?, pay?].into_iter().flatten().collect();
    events.sort_by_key(|event| (event.at, rank(&event.what)));
    Ok(events)
}

fn rank(what: &str) -> u8 {
    match what {
        "ordered" => 0,
        "stock_taken" | "coupon_bound" | "balance_taken" => 1,
        "confirmed" | "refused" | "failed" => 2,
        _ => 3,
    }
}
