//! `/v1/orders`.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::coordinator::message::{PlaceOrder, PlaceOrderResult, Placed};
use crate::domain::id::{self, CouponId, GoodsId, OrderId, UserId};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::money::Money;
use crate::domain::order::{OrderRequest, OrderRequestLine};
use crate::domain::quantity::Quantity;
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::domain::text::{Address, Consignee};
use crate::http::extract::auth::Customer;
use crate::http::extract::body::Body;
use crate::http::extract::field::Object;
use crate::http::extract::key::{Key, fingerprint, mark_replay, replayed};
use crate::http::extract::page::{Cursor, Limit, Page};
use crate::http::extract::path::PathId;
use crate::http::extract::query::{Query, optional};
use crate::http::json;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::shop::refusal;
use crate::http::state::{Coordinator, HandlerResult, State};
use crate::order;
use crate::order::message::{RefundView, StateFilter};
use crate::trace::{self, Traced};

const LINES_MAX: usize = 100;

/// Body of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Lines of the order.
    pub goods: Vec<Object<NewLine>>,
    /// Coupon to redeem.
    pub coupon_id: Option<CouponId>,
    /// Amount to pay from the balance; `None` is zero.
    pub money_paid: Option<Money>,
    /// Shipping fee that the customer expects.
    pub shipping_fee: Option<Money>,
    /// Sum of goods and shipping that the customer expects.
    pub order_amount: Option<Money>,
    /// Delivery address.
    pub address: Address,
    /// Recipient of the goods.
    pub consignee: Consignee,
}

/// A line of the body of an order.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// Goods to order.
    pub goods_id: GoodsId,
    /// Number of units.
    pub goods_number: Quantity,
    /// Price of one unit that the customer expects.
    pub goods_price: Option<Money>,
}

impl TryFrom<NewOrder> for OrderRequest {
    type Error = Problem;

    fn try_from(new: NewOrder) -> Result<Self, Problem> {
        let lines = lines(new.goods)?;
        Ok(Self {
            lines,
            coupon_id: new.coupon_id,
            money_paid: new.money_paid.unwrap_or_default(),
            shipping_fee: new.shipping_fee,
            order_amount: new.order_amount,
            address: new.address.into_inner(),
            consignee: new.consignee.into_inner(),
        })
    }
}

/// The lines of a request.
///
/// # Errors
/// 422 if they are too many, none, or not of different goods.
pub fn lines(goods: Vec<Object<NewLine>>) -> Result<Vec<OrderRequestLine>, Problem> {
    if !(1..=LINES_MAX).contains(&goods.len()) {
        return Err(Problem::field("goods", "must have 1 to 100 lines"));
    }
    let is_of = |id: GoodsId| move |Object(line): &Object<NewLine>| line.goods_id == id;
    let repeated =
        goods.iter().enumerate().filter(|(at, Object(line))| goods.iter().take(*at).any(is_of(line.goods_id)));
    let wrong = |at| {
        let field = format!("goods[{at}].goods_id");
        FieldError::new(field, field_code::INVALID_VALUE, "must differ from the lines before")
    };
    let errors: Vec<FieldError> = repeated.map(|(at, _)| wrong(at)).collect();
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let line = |Object(NewLine { goods_id, goods_number, goods_price })| OrderRequestLine {
        goods_id,
        goods_number,
        goods_price,
    };
    Ok(goods.into_iter().map(line).collect())
}

#[derive(Serialize)]
struct Accepted {
    order_id: OrderId,
    order_status: OrderStatus,
}

/// `POST /v1/orders`
///
/// # Errors
/// The refusals of an order, with the `order_id` of the refused order; 409 if a request with the same idempotency key
/// is in progress, 422 if the key was used for another request, 429 if the user sends too many.
pub async fn place(
    caller: Customer,
    Key(key): Key,
    state: web::Data<State>,
    coordinator: Coordinator,
    Body(new): Body<NewOrder>,
) -> HandlerResult {
    let ids: Vec<GoodsId> = new.goods.iter().map(|Object(line)| line.goods_id).collect();
    let Placed { result, is_replay } = submit(&state, &coordinator, caller.0, key, new).await?;
    match result {
        PlaceOrderResult::Confirmed(order) => {
            let mut response = HttpResponse::Created();
            response.insert_header((LOCATION, location(order.order_id)));
            Ok(json::answer(mark_replay(&mut response, is_replay), &order))
        }
        PlaceOrderResult::Accepted(order_id) => {
            let accepted = Accepted { order_id, order_status: OrderStatus::Unconfirmed };
            Ok(HttpResponse::Accepted().insert_header((LOCATION, location(order_id))).json(accepted))
        }
        PlaceOrderResult::Refused(refused, order_id) => {
            trace::about(order_id);
            let errors = refusal::field_errors(&ids, &refused.causes);
            let problem = Problem::new(refused.refusal.into()).about(errors).of_order(order_id);
            Err(replayed(problem, is_replay))
        }
        PlaceOrderResult::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
        PlaceOrderResult::KeyInUse => Err(Problem::new(Code::IdempotencyKeyInUse)),
    }
}

/// Sends an order to the coordinator and waits for the result.
///
/// # Errors
/// 422 if the lines are not lines of an order; 429 if the user has too many requests in progress; 503 if a store that the
/// order needs accepts no writes, or if too many requests are in progress.
pub async fn submit(
    state: &State,
    coordinator: &Coordinator,
    user_id: UserId,
    key: IdempotencyKey,
    mut new: NewOrder,
) -> Result<Placed, Problem> {
    // Set before the fingerprint is computed: a request with the default value spelled out is the same request.
    new.money_paid.get_or_insert_default();
    let (has_coupon, pays) = (new.coupon_id.is_some(), new.money_paid > Some(Money::ZERO));
    state.expect_writable(|owner| match owner {
        "order" | "goods" => true,
        "coupon" => has_coupon,
        "user" => pays,
        _ => false,
    })?;
    let fingerprint = fingerprint(&new)?;
    let request = new.try_into()?;
    let _permit = state.admission.acquire(user_id).await?;
    let place_order = PlaceOrder { user_id, key, fingerprint, request };
    Ok(coordinator.send(Traced::new(place_order)).await??)
}

fn location(order_id: OrderId) -> String {
    format!("/v1/orders/{order_id}")
}

/// Orders that are left out of the list of a customer unless they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Include {
    /// Orders that were refused before anything was reserved.
    Refused,
}

/// Query parameters of the list of a customer's orders.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrdersQuery {
    #[serde(default, deserialize_with = "optional")]
    order_status: Option<OrderStatus>,
    #[serde(default, deserialize_with = "optional")]
    pay_status: Option<PayStatus>,
    #[serde(default, deserialize_with = "optional")]
    shipping_status: Option<ShippingStatus>,
    #[serde(default, deserialize_with = "optional")]
    include: Option<Include>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /v1/orders`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(caller: Customer, state: web::Data<State>, Query(query): Query<OrdersQuery>) -> HandlerResult {
    let OrdersQuery { order_status, pay_status, shipping_status, include, limit, cursor } = query;
    let page = Page { limit, cursor };
    let list = order::message::List {
        user_id: caller.0,
        states: StateFilter { order_status, pay_status, shipping_status },
        with_refused: include == Some(Include::Refused),
        before: page.before(),
        limit: page.fetch_limit(),
    };
    let orders = ask(&state.owners.order, list).await?;
    Ok(HttpResponse::Ok().json(page.list(orders, |order| order.order_id)))
}

/// `GET /v1/orders/{id}`
///
/// # Errors
/// 404 if it does not exist or belongs to another user.
pub async fn find(caller: Customer, state: web::Data<State>, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let order = ask(&state.owners.order, order::message::Find { order_id, user_id: caller.0 }).await?;
    order.map(|order| HttpResponse::Ok().json(order)).ok_or(Problem::new(Code::NotFound))
}

/// Response body of [`refunds`].
#[derive(Debug, Serialize)]
struct Refunds {
    items: Vec<RefundView>,
}

/// `GET /v1/orders/{id}/refunds`: all refunds of the order, oldest first.
///
/// # Errors
/// 404 if it does not exist or belongs to another user.
pub async fn refunds(caller: Customer, state: web::Data<State>, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let order = ask(&state.owners.order, order::message::Find { order_id, user_id: caller.0 }).await?;
    let order = order.ok_or(Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok().json(Refunds { items: order.refunds }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::extract::field::from_json;

    fn parse(lines: &str) -> Result<OrderRequest, Problem> {
        let body = format!(r#"{{"goods":[{lines}],"coupon_id":null,"address":" a ","consignee":"b"}}"#);
        from_json::<NewOrder>(body.as_bytes())?.try_into()
    }

    #[test]
    fn an_order_has_1_to_100_lines_of_different_goods() {
        let lines = |count| (1..=count).map(|id| format!(r#"{{"goods_id":"{id}","goods_number":1}}"#));
        let joined = |count| lines(count).collect::<Vec<_>>().join(",");
        let hundred = parse(&joined(100)).unwrap();
        assert_eq!((hundred.lines.len(), hundred.money_paid, hundred.address.as_str()), (100, Money::ZERO, "a"));
        for lines in ["", &joined(101)] {
            assert_eq!(parse(lines), Err(Problem::field("goods", "must have 1 to 100 lines")));
        }
        let twice = Problem::field("goods[2].goods_id", "must differ from the lines before");
        assert_eq!(parse(&format!("{},{}", joined(2), joined(1))), Err(twice));
    }

    #[test]
    fn a_field_of_a_line_is_named_in_full() {
        for (line, field, detail) in [
            (r#"{"goods_id":"1"}"#, "goods[0].goods_number", "is required"),
            (r#"{"goods_id":1,"goods_number":1}"#, "goods[0].goods_id", "must be a string"),
            (r#"{"goods_id":"1","goods_number":1,"price":"1"}"#, "goods[0].price", "is not a known field"),
            (r#"{"goods_id":"1","goods_number":10000}"#, "goods[0].goods_number", "must be an integer from 1 to 9999"),
        ] {
            let problem = parse(line).expect_err(line);
            let named: Vec<(&str, &str)> =
                problem.errors().iter().map(|error| (&*error.field, &*error.detail)).collect();
            assert_eq!(named, [(field, detail)], "{line}");
        }
    }
}
