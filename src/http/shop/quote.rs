//! `/v1/quotes`.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};

use super::order::{NewLine, lines};
use super::refusal;
use crate::coordinator::message::{GetQuote, Quote};
use crate::domain::id::{CouponId, GoodsId};
use crate::domain::money::{CURRENCY, Money};
use crate::domain::order::OrderRequest;
use crate::domain::pricing::Price;
use crate::domain::quantity::Quantity;
use crate::domain::text::{Address, Consignee};
use crate::http::extract::auth::Visitor;
use crate::http::extract::bearer::sign_in_required;
use crate::http::extract::body::Body;
use crate::http::extract::field::Object;
use crate::http::problem::{FieldError, Problem};
use crate::http::state::{Coordinator, HandlerResult};

/// Body of a quote: that of an order. Who receives it, and where, may be unknown yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewQuote {
    goods: Vec<Object<NewLine>>,
    coupon_id: Option<CouponId>,
    money_paid: Option<Money>,
    shipping_fee: Option<Money>,
    order_amount: Option<Money>,
    address: Option<Address>,
    consignee: Option<Consignee>,
}

impl TryFrom<NewQuote> for OrderRequest {
    type Error = Problem;

    fn try_from(new: NewQuote) -> Result<Self, Problem> {
        Ok(Self {
            lines: lines(new.goods)?,
            coupon_id: new.coupon_id,
            money_paid: new.money_paid.unwrap_or_default(),
            shipping_fee: new.shipping_fee,
            order_amount: new.order_amount,
            address: new.address.map(Address::into_inner).unwrap_or_default(),
            consignee: new.consignee.map(Consignee::into_inner).unwrap_or_default(),
        })
    }
}

/// Response body of a quote. The amounts are `None` if goods do not exist or the sum is too high.
#[derive(Serialize)]
struct Shown {
    goods: Vec<ShownLine>,
    goods_amount: Option<Money>,
    shipping_fee: Option<Money>,
    order_amount: Option<Money>,
    coupon_id: Option<CouponId>,
    coupon_price: Option<Money>,
    coupon_paid: Option<Money>,
    money_paid: Option<Money>,
    pay_amount: Option<Money>,
    currency: &'static str,
    problems: Vec<FieldError>,
}

/// A line of a quote. Name and prices are `None` if the goods do not exist.
#[derive(Serialize)]
struct ShownLine {
    goods_id: GoodsId,
    goods_number: Quantity,
    goods_name: Option<String>,
    goods_price: Option<Money>,
    subtotal: Option<Money>,
    available: i64,
}

/// `POST /v1/quotes`: what an order would cost, and why it would be refused. Nothing is reserved or written.
///
/// # Errors
/// 401 if a guest wants to use a coupon or a balance; 422 for a bad field.
pub async fn show(visitor: Visitor, coordinator: Coordinator, Body(new): Body<NewQuote>) -> HandlerResult {
    let request = OrderRequest::try_from(new)?;
    if visitor.0.is_none() && (request.coupon_id.is_some() || request.money_paid > Money::ZERO) {
        return Err(sign_in_required());
    }
    let coupon_id = request.coupon_id;
    let quote = coordinator.send(GetQuote { user_id: visitor.0, request }).await??;
    Ok(HttpResponse::Ok().json(shown(quote, coupon_id)))
}

fn shown(quote: Quote, coupon_id: Option<CouponId>) -> Shown {
    let ids: Vec<GoodsId> = quote.lines.iter().map(|line| line.goods_id).collect();
    let amount = |of: fn(Price) -> Money| quote.price.map(of);
    Shown {
        goods_amount: amount(|price| price.goods_amount),
        shipping_fee: amount(|price| price.shipping_fee),
        order_amount: amount(|price| price.order_amount),
        coupon_id,
        coupon_price: quote.coupon_price,
        coupon_paid: amount(|price| price.coupon_paid),
        money_paid: amount(|price| price.money_paid),
        pay_amount: amount(|price| price.pay_amount),
        currency: CURRENCY,
        problems: refusal::field_errors(&ids, &quote.causes),
        goods: quote
            .lines
            .into_iter()
            .map(|line| {
                let (found, available) = line.found.map_or((None, 0), |(found, available)| (Some(found), available));
                let goods_price = found.as_ref().map(|found| found.goods_price);
                ShownLine {
                    goods_id: line.goods_id,
                    goods_number: line.goods_number,
                    goods_price,
                    subtotal: goods_price.and_then(|price| price.checked_mul(line.goods_number.get())),
                    goods_name: found.and_then(|found| found.goods_name),
                    available,
                }
            })
            .collect(),
    }
}
