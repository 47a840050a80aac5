//! `/basket`: what is to be ordered, what it costs, and what stands against it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::basket::Basket;
use super::refusal::{Place, sentences};
use super::visitor::Visitor;
use crate::coordinator::message::{GetQuote, Quote, QuotedLine};
use crate::domain::id::GoodsId;
use crate::domain::money::Money;
use crate::domain::order::{OrderRequest, OrderRequestLine};
use crate::domain::quantity::Quantity;
use crate::http::extract::body::FormBody;
use crate::http::problem::Problem;
use crate::http::state::HandlerResult;
use crate::web::component::money;
use crate::web::language::Words;
use crate::web::redirect::see_other;

/// A product and a number of its units.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineForm {
    goods_id: GoodsId,
    #[serde(deserialize_with = "units")]
    goods_number: Quantity,
}

/// Reads a quantity from the text of a form.
fn units<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Quantity, D::Error> {
    use serde::de::Error;

    let number: i64 = String::deserialize(field)?.parse().map_err(D::Error::custom)?;
    Quantity::try_from(number).map_err(D::Error::custom)
}

/// A product.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoodsForm {
    goods_id: GoodsId,
}

/// `GET /basket`
///
/// # Errors
/// 503.
pub async fn show(visitor: Visitor) -> HandlerResult {
    let words = visitor.words;
    if visitor.basket.lines().is_empty() {
        return Ok(empty(&visitor));
    }
    let quote = quote(&visitor).await?;
    let content = html! {
        h1 { (words.shop.basket) }
        div.split {
            section.panel { (lines(words, &quote)) }
            section.panel aria-label=(words.shop.summary) {
                (sums(words, &quote))
                p { a.button.go href="/checkout" { (words.shop.to_checkout) } }
                p { a href="/" { (words.shop.to_goods) } }
            }
        }
    };
    Ok(visitor.page(StatusCode::OK, words.shop.basket, content))
}

/// The page of an empty basket.
pub fn empty(visitor: &Visitor) -> HttpResponse {
    let words = visitor.words;
    let content = html! {
        h1 { (words.shop.basket) }
        p { (words.shop.basket_empty) }
        p { a.button.go href="/" { (words.shop.to_goods) } }
    };
    visitor.page(StatusCode::OK, words.shop.basket, content)
}

/// The price of the basket.
async fn quote(visitor: &Visitor) -> Result<Quote, Problem> {
    let line = |(goods_id, goods_number): &(GoodsId, Quantity)| OrderRequestLine {
        goods_id: *goods_id,
        goods_number: *goods_number,
        goods_price: None,
    };
    let request = OrderRequest {
        lines: visitor.basket.lines().iter().map(line).collect(),
        coupon_id: None,
        money_paid: Money::ZERO,
        shipping_fee: None,
        order_amount: None,
        address: String::new(),
        consignee: String::new(),
    };
    let user_id = visitor.account.as_ref().map(|(session, _)| session.grant.caller.user_id);
    Ok(visitor.coordinator.send(GetQuote { user_id, request }).await??)
}

fn lines(words: &Words, quote: &Quote) -> Markup {
    html! { ul.rows { @for line in &quote.lines { li { (line_of(words, quote, line)) } } } }
}

fn line_of(words: &Words, quote: &Quote, line: &QuotedLine) -> Markup {
    let name = line.found.as_ref().and_then(|(found, _)| found.goods_name.clone());
    let name = name.unwrap_or_else(|| line.goods_id.to_string());
    let price = line.found.as_ref().map(|(found, _)| found.goods_price);
    let subtotal = price.and_then(|price| price.checked_mul(line.goods_number.get()));
    html! {
        div {
            a href=(format!("/goods/{}", line.goods_id)) { b { (name) } }
            @if let Some(price) = price { p.what { (words.shop.price) " " (money(price)) } }
        }
        @if let Some(subtotal) = subtotal { div.sum { (money(subtotal)) } }
        @for sentence in sentences(words, &quote.causes, Place::Line(line.goods_id)) {
            p.wrong role="alert" { (sentence) }
        }
        div.acts {
            form.take method="post" action="/basket/set" {
                input type="hidden" name="goods_id" value=(line.goods_id);
                label {
                    (words.shop.quantity)
                    input type="number" name="goods_number" value=(line.goods_number.get()) min="1" max="9999" required;
                }
                button aria-label=(format!("{}: {name}", words.shop.update)) { (words.shop.update) }
            }
            form method="post" action="/basket/remove" {
                input type="hidden" name="goods_id" value=(line.goods_id);
                button aria-label=(format!("{}: {name}", words.shop.remove)) { (words.shop.remove) }
            }
        }
    }
}

/// The sums of an order that is not placed yet.
pub fn sums(words: &Words, quote: &Quote) -> Markup {
    let Some(price) = quote.price else { return html! {} };
    let texts = &words.shop;
    let minus = |amount: Money| Money::from_minor(amount.minor().saturating_neg());
    html! {
        dl.sums {
            dt { (texts.goods_amount) } dd { (money(price.goods_amount)) }
            dt { (texts.shipping_fee) } dd { (money(price.shipping_fee)) }
            @if price.coupon_paid > Money::ZERO {
                dt { (texts.coupon_paid) } dd { (money(minus(price.coupon_paid))) }
            }
            @if price.money_paid > Money::ZERO {
                dt { (texts.balance_paid) } dd { (money(minus(price.money_paid))) }
            }
            dt.total { (texts.to_pay) } dd.total { (money(price.pay_amount)) }
        }
        @for sentence in sentences(words, &quote.causes, Place::Sum) { p.wrong role="alert" { (sentence) } }
    }
}

/// `POST /basket/add`
///
/// # Errors
/// 422 for a number that no line may have.
pub async fn add(visitor: Visitor, FormBody(form): FormBody<LineForm>) -> HandlerResult {
    let mut basket = visitor.basket.clone();
    if !basket.add(form.goods_id, form.goods_number) {
        let words = visitor.words;
        let content = html! {
            h1 { (words.shop.basket) }
            p.alert role="alert" { (words.shop.basket_full) }
            p { a.button href="/basket" { (words.shop.basket) } }
        };
        return Ok(visitor.page(StatusCode::UNPROCESSABLE_ENTITY, words.shop.basket, content));
    }
    kept(&visitor, &basket)
}

/// `POST /basket/set`
///
/// # Errors
/// 422 for a number that no line may have.
pub async fn set(visitor: Visitor, FormBody(form): FormBody<LineForm>) -> HandlerResult {
    let mut basket = visitor.basket.clone();
    basket.set(form.goods_id, form.goods_number);
    kept(&visitor, &basket)
}

/// `POST /basket/remove`
///
/// # Errors
/// 422 for an id that no product has.
pub async fn remove(visitor: Visitor, FormBody(form): FormBody<GoodsForm>) -> HandlerResult {
    let mut basket = visitor.basket.clone();
    basket.remove(form.goods_id);
    kept(&visitor, &basket)
}

fn kept(visitor: &Visitor, basket: &Basket) -> HandlerResult {
    basket.keep(&visitor.state, see_other("/basket"))
}
