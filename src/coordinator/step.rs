//! Maps each saga step to a message for an owner, and the owner's reply to a saga event.

use std::sync::Arc;

use super::Context;
use super::saga::{Event, Step};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::money::Money;
use crate::domain::refusal::{Cause, Refusal, Refused};
use crate::order::message::{Completion, Order};
use crate::{coupon, goods, order, user};

/// Sends the command of `step` to its owner and waits for the reply.
pub async fn send(context: &Context, order: &Arc<Order>, step: Step) -> Event {
    let Context { owners, stock_shown, .. } = context;
    let order_id = order.order_id;
    match step {
        Step::Stock => {
            let lines = order.goods.iter().map(|line| (line.goods_id, line.goods_number));
            let reserve = goods::message::Reserve { order_id, lines: lines.collect() };
            reservation_event(step, ask(&owners.goods, reserve).await, |refusal| match refusal {
                goods::error::ReserveRefusal::NotFound(goods_id) => Cause::GoodsNotFound { goods_id }.into(),
                goods::error::ReserveRefusal::OffSale(goods) => Refused {
                    refusal: Refusal::GoodsOffSale,
                    causes: goods.into_iter().map(|goods_id| Cause::GoodsOffSale { goods_id }).collect(),
                },
                goods::error::ReserveRefusal::Insufficient(short) => Refused {
                    refusal: Refusal::InsufficientStock,
                    causes: short
                        .into_iter()
                        .map(|(goods_id, units)| Cause::insufficient_stock(goods_id, units, *stock_shown))
                        .collect(),
                },
                goods::error::ReserveRefusal::Released => Refused::of(Refusal::OrderDeadlinePassed),
            })
        }
        Step::Coupon => {
            let Some(coupon_id) = order.coupon_id else { return Event::Reserved(step) };
            let bind = coupon::message::Bind { order_id, coupon_id, user_id: order.user_id };
            reservation_event(step, ask(&owners.coupon, bind).await, |refusal| match refusal {
                coupon::error::BindRefusal::NotFound => Cause::CouponNotFound { coupon_id }.into(),
                coupon::error::BindRefusal::Used => Cause::CouponAlreadyUsed { coupon_id }.into(),
                coupon::error::BindRefusal::Released => Refused::of(Refusal::OrderDeadlinePassed),
            })
        }
        Step::Balance => {
            let take = user::message::Take { order_id, user_id: order.user_id, money: order.money_paid };
            reservation_event(step, ask(&owners.user, take).await, |refusal| match refusal {
                user::error::TakeRefusal::NotFound => Cause::InsufficientBalance { user_money: Money::ZERO }.into(),
                user::error::TakeRefusal::Insufficient(user_money) => Cause::InsufficientBalance { user_money }.into(),
                user::error::TakeRefusal::Released => Refused::of(Refusal::OrderDeadlinePassed),
            })
        }
        Step::Confirm => {
            let confirm = order::message::Confirm { order: Arc::clone(order) };
            completion_event(step, ask(&owners.order, confirm).await)
        }
        Step::Cancel(refused) => {
            let cancel = order::message::Cancel { order: Arc::clone(order), refused: refused.clone() };
            completion_event(Step::Cancel(refused), ask(&owners.order, cancel).await)
        }
    }
}

/// The event of a reservation step. `to_public` maps the owner's refusal to the public one.
fn reservation_event<R>(step: Step, reply: Reply<Result<(), R>>, to_public: impl FnOnce(R) -> Refused) -> Event {
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
        Ok(Completion::Cancelled(refused, order)) => Event::Cancelled(refused, order),
        Ok(Completion::DeadlinePassed) => Event::DeadlinePassed,
        Err(_) => Event::Unknown(step),
    }
}
