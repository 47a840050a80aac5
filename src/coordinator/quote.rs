//! Quotes an order: reads goods, coupon and balance concurrently and computes the price.

use std::collections::HashMap;

use super::Context;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::{GoodsId, UserId};
use crate::domain::money::Money;
use crate::domain::order::{Line, OrderRequest};
use crate::domain::pricing::{Price, ShippingRule, price};
use crate::domain::refusal::Refusal;
use crate::domain::status::CouponUse;
use crate::{coupon, goods, user};

/// The priced lines and the amounts of a requested order.
pub struct Quote {
    pub lines: Vec<Line>,
    pub price: Price,
}

/// Reads the owners and prices the order. Nothing is reserved or written.
pub async fn quote(context: &Context, user_id: UserId, request: &OrderRequest) -> Reply<Result<Quote, Refusal>> {
    let owners = &context.owners;
    let ids = request.lines.iter().map(|line| line.goods_id).collect();
    let goods = ask(&owners.goods, goods::message::Find { goods: ids });
    let coupon = async {
        match request.coupon_id {
            Some(coupon_id) => ask(&owners.coupon, coupon::message::Find { coupon_id, user_id }).await,
            None => Ok(None),
        }
    };
    let balance = async {
        if request.money_paid > Money::ZERO {
            ask(&owners.user, user::message::Find { user_id }).await
        } else {
            Ok(None)
        }
    };
    let (goods, coupon, balance) = tokio::join!(goods, coupon, balance);
    let (goods, coupon, balance) = (goods?, coupon?, balance?);
    let rule = ShippingRule { fee: context.orders.shipping_fee, free_over: context.orders.free_shipping_over };
    let balance = balance.map(|user| user.user_money).unwrap_or_default();
    Ok(judge(request, goods, coupon.as_ref(), balance, rule))
}

/// Returns the quote, or the first refusal in the order of the public contract. Pure.
fn judge(
    request: &OrderRequest,
    goods: Vec<goods::message::Goods>,
    coupon: Option<&coupon::message::Coupon>,
    balance: Money,
    rule: ShippingRule,
) -> Result<Quote, Refusal> {
    let goods: HashMap<GoodsId, goods::message::Goods> = goods.into_iter().map(|row| (row.goods_id, row)).collect();
    let mut lines = Vec::with_capacity(request.lines.len());
    for line in &request.lines {
        let goods_price = goods.get(&line.goods_id).ok_or(Refusal::GoodsNotFound)?.goods_price;
        lines.push(Line { goods_id: line.goods_id, goods_number: line.goods_number, goods_price });
    }
    if request.coupon_id.is_some() && coupon.is_none() {
        return Err(Refusal::CouponNotFound);
    }
    let price = price(request, &lines, coupon.map(|coupon| coupon.coupon_price), rule)?;
    let is_short =
        |line: &Line| goods.get(&line.goods_id).is_none_or(|goods| goods.goods_number < line.goods_number.get());
    if lines.iter().any(is_short) {
        return Err(Refusal::InsufficientStock);
    }
    if balance < request.money_paid {
        return Err(Refusal::InsufficientBalance);
    }
    if coupon.is_some_and(|coupon| coupon.is_used == CouponUse::Used) {
        return Err(Refusal::CouponAlreadyUsed);
    }
    Ok(Quote { lines, price })
}
