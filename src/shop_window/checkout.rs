//! `/checkout`: recipient, address, coupon and balance, the price, and the order.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::basket::Basket;
use super::basket_pages::{empty, sums};
use super::checkout_form::{Draft, Entered, Pressed, Wrong};
use super::refusal::{Place, sentences};
use super::visitor::{Buyer, Visitor};
use crate::actor::task::ask;
use crate::coordinator::message::{GetQuote, PlaceOrderResult, Placed, Quote};
use crate::coupon::message::{Coupon, List};
use crate::domain::id::{GoodsId, OrderId};
use crate::domain::quantity::Quantity;
use crate::domain::refusal::{Cause, Refusal, Refused};
use crate::domain::status::CouponUse;
use crate::http::extract::body::FormBody;
use crate::http::problem::{Code, Problem};
use crate::http::shop::order::{NewLine, submit as place};
use crate::http::state::HandlerResult;
use crate::web::component::money;
use crate::web::language::{self, Words};
use crate::web::preview;
use crate::web::redirect::see_other;

/// The most coupons to choose from.
const COUPONS_MAX: i64 = 100;
/// Id of the form.
const FORM: &str = "checkout";
/// How often, and after which time each, an order is asked for again whose first request is still under way.
const ASK_AGAIN: (u32, Duration) = (40, Duration::from_millis(250));

/// `GET /checkout`
///
/// # Errors
/// 503.
pub async fn show(buyer: Buyer) -> HandlerResult {
    let entered = Entered { consignee: Some(buyer.user.user_name.clone()), ..Entered::default() };
    again(&buyer, StatusCode::OK, buyer.visitor.basket.lines(), &entered, &Wrong::default(), None).await
}

/// `POST /checkout`: the price again, or the order.
///
/// # Errors
/// 503.
pub async fn submit(mut buyer: Buyer, FormBody(entered): FormBody<Entered>) -> HandlerResult {
    let opened =
        entered.draft.as_deref().map(|draft| preview::open::<Draft>(&buyer.visitor.state, &buyer.session, draft));
    // A form of another session, or of long ago: the page is shown with what is in the basket now.
    let Some(Ok((draft, key))) = opened else { return Ok(see_other("/checkout")) };
    let lines: Vec<(GoodsId, Quantity)> = draft.lines.iter().map(|line| (line.goods_id, line.goods_number)).collect();
    if let Some(code) = &entered.language {
        let words = language::by_code(code).ok_or_else(|| Problem::new(Code::NotFound))?;
        buyer.visitor.words = words;
        let page = again(&buyer, StatusCode::OK, &lines, &entered, &Wrong::default(), None).await?;
        return language::keep(&buyer.visitor.state, words, page);
    }
    if entered.act != Some(Pressed::Order) {
        return again(&buyer, StatusCode::OK, &lines, &entered, &Wrong::default(), None).await;
    }
    let order = match entered.order(buyer.visitor.words, draft) {
        Ok(order) => order,
        Err(wrong) => return again(&buyer, StatusCode::UNPROCESSABLE_ENTITY, &lines, &entered, &wrong, None).await,
    };
    let (Visitor { state, coordinator, .. }, user_id) = (&buyer.visitor, buyer.user.user_id);
    for _ in 0..ASK_AGAIN.0 {
        let Placed { result, .. } = place(state, coordinator, user_id, key.clone(), order.clone()).await?;
        match result {
            PlaceOrderResult::Confirmed(order) => return placed(&buyer, order.order_id),
            PlaceOrderResult::Accepted(order_id) => return placed(&buyer, order_id),
            PlaceOrderResult::Refused(refused, _) => {
                let status = StatusCode::CONFLICT;
                return again(&buyer, status, &lines, &entered, &Wrong::default(), Some(&refused)).await;
            }
            // The other fields were changed after the order was placed, and the form was sent again.
            PlaceOrderResult::KeyReused => return Ok(see_other("/orders")),
            // The second click of a double click: the first one is still being processed.
            PlaceOrderResult::KeyInUse => tokio::time::sleep(ASK_AGAIN.1).await,
        }
    }
    Err(Problem::new(Code::Busy))
}

fn placed(buyer: &Buyer, order_id: OrderId) -> HandlerResult {
    Basket::default().keep(&buyer.visitor.state, see_other(&format!("/orders/{order_id}")))
}

/// `POST /checkout/price`: the part of the page with the price, for the script.
///
/// # Errors
/// 503.
pub async fn price(buyer: Buyer, FormBody(entered): FormBody<Entered>) -> HandlerResult {
    let opened =
        entered.draft.as_deref().map(|draft| preview::open::<Draft>(&buyer.visitor.state, &buyer.session, draft));
    let Some(Ok((draft, _))) = opened else { return Err(Problem::new(Code::Forbidden)) };
    let lines: Vec<(GoodsId, Quantity)> = draft.lines.iter().map(|line| (line.goods_id, line.goods_number)).collect();
    let quote = quote(&buyer, &entered, &lines).await?;
    let part = html! {
        (sums(buyer.visitor.words, &quote))
        @for place in [Place::Coupon, Place::Balance] {
            @for sentence in sentences(buyer.visitor.words, &quote.causes, place) { p.wrong { (sentence) } }
        }
    };
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(part.into_string()))
}

async fn quote(buyer: &Buyer, entered: &Entered, lines: &[(GoodsId, Quantity)]) -> Result<Quote, Problem> {
    let get_quote = GetQuote { user_id: Some(buyer.user.user_id), request: entered.quote(lines) };
    Ok(buyer.visitor.coordinator.send(get_quote).await??)
}

/// The page for `lines`, with what was entered and what is wrong with it. It has a new key.
async fn again(
    buyer: &Buyer,
    status: StatusCode,
    lines: &[(GoodsId, Quantity)],
    entered: &Entered,
    wrong: &Wrong,
    refused: Option<&Refused>,
) -> HandlerResult {
    if lines.is_empty() {
        return Ok(empty(&buyer.visitor));
    }
    let state = &buyer.visitor.state;
    let quote = quote(buyer, entered, lines).await?;
    let list = List { user_id: Some(buyer.user.user_id), before: None, limit: COUPONS_MAX };
    let coupons = ask(&state.owners.coupon, list).await?;
    let draft = preview::seal(state, &buyer.session, &draft_of(&quote))?;
    let form = Form { entered, wrong, quote: &quote, coupons: &coupons, refused, draft: &draft };
    let switch = switch(buyer.visitor.words);
    Ok(buyer.visitor.page_with(status, buyer.visitor.words.shop.checkout, switch, form.page(buyer)))
}

/// The switch of the language, which sends the form, so that nothing that was entered is lost.
fn switch(words: &Words) -> Markup {
    let other = words.other();
    html! {
        // The Enter key presses the first button of a form, wherever that is. It is to compute the price, not to translate.
        button hidden form=(FORM) name="act" value="price" { (words.shop.recompute) }
        button.link form=(FORM) name="language" value=(other.code) lang=(other.code) { (other.name) }
    }
}

/// The lines and sums that the page shows, and the order expects.
fn draft_of(quote: &Quote) -> Draft {
    let line = |line: &crate::coordinator::message::QuotedLine| NewLine {
        goods_id: line.goods_id,
        goods_number: line.goods_number,
        goods_price: line.found.as_ref().map(|(found, _)| found.goods_price),
    };
    Draft {
        lines: quote.lines.iter().map(line).collect(),
        shipping_fee: quote.price.map(|price| price.shipping_fee),
        order_amount: quote.price.map(|price| price.order_amount),
    }
}

/// Everything that the page shows.
struct Form<'a> {
    entered: &'a Entered,
    wrong: &'a Wrong,
    quote: &'a Quote,
    coupons: &'a [Coupon],
    refused: Option<&'a Refused>,
    draft: &'a str,
}

impl Form<'_> {
    fn page(&self, buyer: &Buyer) -> Markup {
        let words = buyer.visitor.words;
        html! {
            h1 { (words.shop.checkout) }
            @if self.refused.is_some() { p.alert role="alert" { (words.purchase.refusal.above) } }
            form #(FORM) method="post" action="/checkout" {
                input type="hidden" name="draft" value=(self.draft);
                div.split {
                    div.stack {
                        section.panel { (self.lines(words)) }
                        section.panel { (self.delivery(words)) }
                        section.panel { (self.paying(buyer)) }
                    }
                    section.panel {
                        h2 { (words.shop.summary) }
                        // The script computes the price again when a field is changed. The last change counts.
                        div #price aria-live="polite" hx-post="/checkout/price" hx-include="closest form"
                            hx-sync="this:replace" hx-trigger="change from:<closest form/>" { (sums(words, self.quote)) }
                        @if let Some(sentence) = self.deadline(words) { p.wrong role="alert" { (sentence) } }
                        // The first button is that of the Enter key: it places no order by mistake.
                        p.acts {
                            button name="act" value="price" { (words.shop.recompute) }
                            button.go name="act" value="order" { (words.shop.place) }
                        }
                    }
                }
            }
        }
    }

    /// The causes for which the order was refused, or else would be refused.
    fn causes(&self) -> &[Cause] {
        self.refused.map_or(&self.quote.causes, |refused| &refused.causes)
    }

    fn deadline(&self, words: &Words) -> Option<&'static str> {
        let is_late = self.refused.is_some_and(|refused| refused.refusal == Refusal::OrderDeadlinePassed);
        is_late.then_some(words.purchase.refusal.deadline)
    }

    fn lines(&self, words: &Words) -> Markup {
        html! {
            h2 { (words.purchase.lines) }
            ul.rows {
                @for line in &self.quote.lines {
                    li {
                        div {
                            b { (line.found.as_ref().and_then(|(found, _)| found.goods_name.clone())
                                .unwrap_or_else(|| line.goods_id.to_string())) }
                            " × " (line.goods_number.get())
                        }
                        @if let Some((found, _)) = &line.found { div.sum { (money(found.goods_price)) } }
                        @for sentence in sentences(words, self.causes(), Place::Line(line.goods_id)) {
                            p.wrong role="alert" { (sentence) }
                        }
                    }
                }
            }
            @for sentence in self.refused.map(|refused| sentences(words, &refused.causes, Place::Sum)).unwrap_or_default() {
                p.wrong role="alert" { (sentence) }
            }
            p { a href="/basket" { (words.shop.basket) } }
        }
    }

    fn delivery(&self, words: &Words) -> Markup {
        let texts = &words.shop;
        html! {
            h2 { (texts.delivery) }
            div.entry {
                label for="consignee" { (texts.consignee) }
                input #consignee name="consignee" autocomplete="name" value=[self.entered.consignee.as_deref()]
                    aria-describedby=[described("consignee", &self.wrong.consignee)];
                (wrong("consignee", &self.wrong.consignee))
            }
            div.entry {
                label for="address" { (texts.address) }
                textarea #address name="address" rows="3" autocomplete="street-address"
                    aria-describedby=[described("address", &self.wrong.address)] {
                    (self.entered.address.as_deref().unwrap_or_default())
                }
                (wrong("address", &self.wrong.address))
            }
        }
    }

    fn paying(&self, buyer: &Buyer) -> Markup {
        let words = buyer.visitor.words;
        let texts = &words.shop;
        let free = || self.coupons.iter().filter(|coupon| coupon.is_used == CouponUse::Unused);
        html! {
            h2 { (texts.paying) }
            div.entry {
                label for="coupon" { (texts.coupon) }
                select #coupon name="coupon_id" aria-describedby=[described("coupon", &self.wrong.coupon)] {
                    option value="" { (texts.no_coupon) }
                    @for coupon in free() {
                        option value=(coupon.coupon_id) selected[self.is_chosen(coupon)] {
                            ((texts.coupon_of)(coupon.coupon_price))
                        }
                    }
                }
                (wrong("coupon", &self.wrong.coupon))
                @for sentence in sentences(words, self.causes(), Place::Coupon) { p.wrong role="alert" { (sentence) } }
            }
            div.entry {
                label for="balance" { (texts.use_balance) }
                input #balance name="money_paid" inputmode="decimal" placeholder="0.00"
                    value=[self.entered.money_paid.as_deref()] aria-describedby="balance-hint";
                p #balance-hint .hint { ((texts.balance_is)(buyer.user.user_money)) }
                (wrong("balance", &self.wrong.money_paid))
                @for sentence in sentences(words, self.causes(), Place::Balance) { p.wrong role="alert" { (sentence) } }
            }
        }
    }

    fn is_chosen(&self, coupon: &Coupon) -> bool {
        self.entered.coupon_id.as_deref() == Some(coupon.coupon_id.to_string().as_str())
    }
}

fn described(field: &str, wrong: &Option<String>) -> Option<String> {
    wrong.as_ref().map(|_| format!("{field}-wrong"))
}

/// The sentence about a field.
fn wrong(field: &str, wrong: &Option<String>) -> Markup {
    html! { @if let Some(wrong) = wrong { p.wrong id=(format!("{field}-wrong")) role="alert" { (wrong) } } }
}
