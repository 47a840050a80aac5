//! Maps each saga step to a message for an owner, and the owner's reply to a saga event.

use std::sync::Arc;

use super::Owners;
use super::saga::{Event, Step};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::refusal::Refusal;
use crate::order::message::{Completion, Order};
use crate::{coupon, goods, order, user};

/// Sends the command of `step` to its owner and waits for the reply.
pub async fn send(owners: &Owners, order: &Arc<Order>, step: Step) -> Event {
    let order_id = order.order_id;
    match step {
        Step::Stock => {
            let lines = order.goods.iter().map(|line| (line.goods_id, line.goods_number));
            let reserve = goods::message::Reserve { order_id, lines: lines.collect() };
            reservation_event(step, ask(&owners.goods, reserve).await, |refusal| match refusal {
                goods::error::ReserveRefusal::NotFound => Refusal::GoodsNotFound,
                goods::error::ReserveRefusal::Insufficient => Refusal::InsufficientStock,
                goods::error::ReserveRefusal::Released => Refusal::OrderDeadlinePassed,
            })
        }
        Step::Coupon => {
            let Some(coupon_id) = order.coupon_id else { return Event::Reserved(step) };
            let bind = coupon::message::Bind { order_id, coupon_id, user_id: order.user_id };
            reservation_event(step, ask(&owners.coupon, bind).await, |refusal| match refusal {
                coupon::error::BindRefusal::NotFound => Refusal::CouponNotFound,
                coupon::error::BindRefusal::Used => Refusal::CouponAlreadyUsed,
                coupon::error::BindRefusal::Released => Refusal::OrderDeadlinePassed,
            })
        }
        Step::Balance => {
            let take = user::message::Take { order_id, user_id: order.user_id, money: order.money_paid };
            reservation_event(step, ask(&owners.user, take).await, |refusal| match refusal {
                user::error::TakeRefusal::NotFound | user::error::TakeRefusal::Insufficient => {
                    Refusal::InsufficientBalance
                }
                user::error::TakeRefusal::Released => Refusal::OrderDeadlinePassed,
            })
        }
        Step::Confirm => {
            let confirm = order::message::Confirm { order: Arc::clone(order) };
            completion_event(step, ask(&owners.order, confirm).await)
        }
        Step::Cancel(refusal) => {
            let cancel = order::message::Cancel { order: Arc::clone(order), refusal };
            completion_event(step, ask(&owners.order, cancel).await)
        }
    }
}

/// The event of a reservation step. `to_public` maps the owner's refusal to the public one.
fn reservation_event<R>(step: Step, reply: Reply<Result<(), R>>, to_public: impl FnOnce(R) -> Refusal) -> Event {
    match reply {
        Ok(Ok(())) => Event::Reserved(step),
        Ok(Err(refusal)) => Event::Refused(step, to_public(refusal)),
        Err(_) => Event::Unknown(step),
    }
}

/// The event of a [`Step::Confirm`] or [`Step::Cancel`].
fn completion_event(step: Step, reply: Reply<Completion>) -> Event {
    match reply {
        Ok(Completion::Confirmed(order)) => Event::Confirmed(order),
        Ok(Completion::Cancelled(refusal, order)) => Event::Cancelled(refusal, order),
        Ok(Completion::DeadlinePassed) => Event::DeadlinePassed,
        Err(_) => Event::Unknown(step),
    }
}
