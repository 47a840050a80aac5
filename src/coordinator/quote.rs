//! What an order would cost: goods, coupon and balance answer what they hold, all at once.

use std::collections::HashMap;

use super::Tools;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::{GoodsId, UserId};
use crate::domain::money::Money;
use crate::domain::order::{Line, Wanted};
use crate::domain::pricing::{Price, ShippingRule, price};
use crate::domain::refusal::Refusal;
use crate::{coupon, goods, user};

/// A priced order.
pub struct Quote {
    pub lines: Vec<Line>,
    pub price: Price,
}

/// Asks the owners and prices the order. What is refused here was never written anywhere.
pub async fn quote(tools: &Tools, user_id: UserId, wanted: &Wanted) -> Reply<Result<Quote, Refusal>> {
    let owners = &tools.owners;
    let ids = wanted.lines.iter().map(|line| line.goods_id).collect();
    let goods = ask(&owners.goods, goods::message::Find { goods: ids });
    let coupon = async {
        match wanted.coupon_id {
            Some(coupon_id) => ask(&owners.coupon, coupon::message::Find { coupon_id, user_id }).await,
            None => Ok(None),
        }
    };
    let balance = async {
        if wanted.money_paid > Money::ZERO {
            ask(&owners.user, user::message::Find { user_id }).await
        } else {
            Ok(None)
        }
    };
    let (goods, coupon, balance) = tokio::join!(goods, coupon, balance);
    let (goods, coupon, balance) = (goods?, coupon?, balance?);
    let rule = ShippingRule { fee: tools.orders.shipping_fee, free_over: tools.orders.free_shipping_over };
    let balance = balance.map(|user| user.user_money).unwrap_or_default();
    Ok(judge(wanted, goods, coupon.as_ref(), balance, rule))
}

/// The first refusal in the contract's order, or the quote.
fn judge(
    wanted: &Wanted,
    goods: Vec<goods::message::Goods>,
    coupon: Option<&coupon::message::Coupon>,
    balance: Money,
    rule: ShippingRule,
) -> Result<Quote, Refusal> {
    let goods: HashMap<GoodsId, goods::message::Goods> = goods.into_iter().map(|row| (row.goods_id, row)).collect();
    let mut lines = Vec::with_capacity(wanted.lines.len());
    for line in &wanted.lines {
        let goods_price = goods.get(&line.goods_id).ok_or(Refusal::GoodsNotFound)?.goods_price;
        lines.push(Line { goods_id: line.goods_id, goods_number: line.goods_number, goods_price });
    }
    if wanted.coupon_id.is_some() && coupon.is_none() {
        return Err(Refusal::CouponNotFound);
    }
    let price = price(wanted, &lines, coupon.map(|coupon| coupon.coupon_price), rule)?;
    let short =
        |line: &Line| goods.get(&line.goods_id).is_none_or(|goods| goods.goods_number < line.goods_number.get());
    if lines.iter().any(short) {
        return Err(Refusal::InsufficientStock);
    }
    if balance < wanted.money_paid {
        return Err(Refusal::InsufficientBalance);
    }
    if coupon.is_some_and(|coupon| coupon.is_used == 1) {
        return Err(Refusal::CouponAlreadyUsed);
    }
    Ok(Quote { lines, price })
}
