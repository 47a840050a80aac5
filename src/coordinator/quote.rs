//! Quotes an order: reads goods, coupon and balance concurrently and computes the price.

use std::collections::HashMap;

use super::Context;
use super::message::{Quote, QuotedLine};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::{GoodsId, UserId};
use crate::domain::money::Money;
use crate::domain::order::{Line, OrderRequest};
use crate::domain::pricing::{Price, ShippingRule, price};
use crate::domain::quantity::StockShown;
use crate::domain::refusal::{Cause, Refused};
use crate::domain::status::{CouponUse, SaleStatus};
use crate::order::message::CheckCaps;
use crate::{coupon, goods, user};

/// Reads the owners and prices the order. Nothing is reserved or written.
pub async fn quote(context: &Context, user_id: Option<UserId>, request: &OrderRequest) -> Reply<Quote> {
    let owners = &context.owners;
    let ids = request.lines.iter().map(|line| line.goods_id).collect();
    let goods = ask(&owners.goods, goods::message::Find { goods: ids });
    let coupon = async {
        match (request.coupon_id, user_id) {
            (Some(coupon_id), Some(user_id)) => ask(&owners.coupon, coupon::message::Find { coupon_id, user_id }).await,
            _ => Ok(None),
        }
    };
    let balance = async {
        match user_id {
            Some(user_id) if request.money_paid > Money::ZERO => {
                ask(&owners.user, user::message::Find { user_id }).await
            }
            _ => Ok(None),
        }
    };
    let (goods, coupon, balance) = tokio::join!(goods, coupon, balance);
    let (goods, coupon, balance) = (goods?, coupon?, balance?);
    let rule = ShippingRule { fee: context.orders.shipping_fee, free_over: context.orders.free_shipping_over };
    let balance = balance.map(|user| user.user_money).unwrap_or_default();
    Ok(judge(request, goods, coupon.as_ref(), balance, rule, context.stock_shown))
}

/// Like [`quote`], with the caps that the order would exceed. A quote that is followed by an order does without them, since
/// Order judges them when it writes the order.
pub async fn quote_with_caps(context: &Context, user_id: Option<UserId>, request: &OrderRequest) -> Reply<Quote> {
    let mut quote = quote(context, user_id, request).await?;
    let is_unpaid = quote.price.is_none_or(|price| price.pay_amount > Money::ZERO);
    if let Some(user_id) = user_id.filter(|_| context.orders.caps().are_set() && is_unpaid) {
        let lines = request.lines.iter().map(|line| (line.goods_id, line.goods_number)).collect();
        quote.causes.extend(ask(&context.owners.order, CheckCaps { user_id, lines }).await?);
    }
    Ok(quote)
}

/// Prices the request and collects all reasons for a refusal, in the order of the public contract. Pure.
fn judge(
    request: &OrderRequest,
    goods: Vec<goods::message::Goods>,
    coupon: Option<&coupon::message::Coupon>,
    user_money: Money,
    rule: ShippingRule,
    stock_shown: StockShown,
) -> Quote {
    let goods: HashMap<GoodsId, goods::message::Goods> = goods.into_iter().map(|row| (row.goods_id, row)).collect();
    let quoted = request.lines.iter().map(|line| {
        let (goods_id, goods_number) = (line.goods_id, line.goods_number);
        let priced = |row: &goods::message::Goods| {
            let goods_name = Some(row.goods_name.clone());
            (Line { goods_id, goods_number, goods_price: row.goods_price, goods_name }, row.goods_number)
        };
        QuotedLine { goods_id, goods_number, found: goods.get(&goods_id).map(priced) }
    });
    let lines: Vec<QuotedLine> = quoted.collect();
    let missing = lines.iter().filter(|line| line.found.is_none());
    let mut causes: Vec<Cause> = missing.map(|line| Cause::GoodsNotFound { goods_id: line.goods_id }).collect();
    let unknown_coupon = request.coupon_id.filter(|_| coupon.is_none());
    causes.extend(unknown_coupon.map(|coupon_id| Cause::CouponNotFound { coupon_id }));
    let coupon_price = coupon.map(|coupon| coupon.coupon_price);
    let found: Vec<&Line> = lines.iter().filter_map(|line| Some(&line.found.as_ref()?.0)).collect();
    let mut amounts = None;
    if found.len() == lines.len() {
        let priced = price(request, &found, coupon_price, rule);
        causes.extend(priced.causes);
        amounts = priced.price;
    }
    let is_off_sale = |id: &GoodsId| goods.get(id).is_some_and(|row| row.on_sale == SaleStatus::OffSale);
    let off_sale = lines.iter().map(|line| line.goods_id).filter(is_off_sale);
    causes.extend(off_sale.map(|goods_id| Cause::GoodsOffSale { goods_id }));
    for QuotedLine { goods_id, goods_number, found } in lines.iter().filter(|line| !is_off_sale(&line.goods_id)) {
        let short = found.as_ref().filter(|(_, available)| *available < goods_number.get());
        causes.extend(short.map(|(_, units)| Cause::insufficient_stock(*goods_id, *units, stock_shown)));
    }
    if user_money < request.money_paid {
        causes.push(Cause::InsufficientBalance { user_money });
    }
    let used = coupon.filter(|coupon| coupon.is_used == CouponUse::Used);
    causes.extend(used.map(|coupon| Cause::CouponAlreadyUsed { coupon_id: coupon.coupon_id }));
    let shown = |line: QuotedLine| QuotedLine {
        found: line.found.map(|(line, available)| (line, stock_shown.of(available))),
        ..line
    };
    Quote { lines: lines.into_iter().map(shown).collect(), price: amounts, coupon_price, causes }
}

impl Quote {
    /// The lines and amounts of an order, or its refusal.
    pub fn into_order(self) -> Result<(Vec<Line>, Price), Refused> {
        let lines = self.lines.into_iter().filter_map(|line| Some(line.found?.0)).collect();
        match Refused::for_causes(self.causes) {
            Some(refused) => Err(refused),
            None => Ok((lines, self.price.unwrap_or_default())),
        }
    }
}
