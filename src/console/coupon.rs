//! `/console/coupons`: the coupons.

use maud::{Markup, html};

use super::act::Act;
use super::form::act_form;
use super::menu::Section;
use super::operator::{Operator, Question};
use crate::coupon::message::Coupon;
use crate::domain::status::CouponUse;
use crate::http::admin::coupon::{CouponsQuery, NewCoupon, check, find_coupons};
use crate::http::extract::body::FormBody;
use crate::http::extract::query::Filters;
use crate::http::state::HandlerResult;
use crate::web::component::{
    Column, Field, Pill, Tone, facts, filters, id, id_text, money, optional_text, optional_time, pager, table, time,
};
use crate::web::language::Words;

const PATH: &str = "/console/coupons";

/// `GET /console/coupons`
///
/// # Errors
/// 422 for a bad filter.
pub async fn list(operator: Operator, Filters { query, pairs }: Filters<CouponsQuery>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.coupon);
    let coupons = find_coupons(&operator.state, query).await?;
    let columns = [
        Column::Text(own.coupon),
        Column::Text(words.common.customer),
        Column::Number(own.value),
        Column::Text(words.common.state),
        Column::Text(words.common.order),
        Column::Text(own.used_at),
        Column::Text(own.added),
    ];
    let user_id = pairs.iter().find(|(name, _)| name == "user_id").map(|(_, value)| value.as_str());
    let content = html! {
        div.title { h1 { (own.title) } }
        section.card {
            (filters(words, PATH, &pairs, &[], &[Field::Text("user_id", own.user_id)]))
        }
        (create_form(words, user_id))
        section.card {
            (table(words, &columns, coupons.items.iter().map(|coupon| row(words, coupon))))
            (pager(words, PATH, &pairs, coupons.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Coupons, own.title, content).await
}

fn row(words: &Words, coupon: &Coupon) -> Vec<Markup> {
    let state = match coupon.is_used {
        CouponUse::Used => Pill(Tone::Quiet, words.coupon.used),
        CouponUse::Unused => Pill(Tone::Good, words.coupon.unused),
    };
    vec![
        id_text(coupon.coupon_id),
        id("/console/customers/", coupon.user_id),
        money(coupon.coupon_price),
        html! { (state) },
        coupon.order_id.map_or_else(|| optional_text(words, None), |order| id("/console/orders/", order)),
        optional_time(words, coupon.used_time),
        time(coupon.add_time),
    ]
}

fn create_form(words: &Words, user_id: Option<&str>) -> Markup {
    let own = &words.coupon;
    let form = act_form(
        words,
        own.create,
        PATH,
        html! {
            label { (own.user_id)
                input name="user_id" value=[user_id] required inputmode="numeric" pattern="[0-9]+";
            }
            label { (own.value) input name="coupon_price" required inputmode="decimal"; }
        },
    );
    html! { div.narrow { (form) } }
}

/// `POST /console/coupons`: the preview of a new coupon.
///
/// # Errors
/// 422 for a bad field.
pub async fn create(operator: Operator, FormBody(new): FormBody<NewCoupon>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.coupon);
    check(&operator.state, &new).await?;
    let effects =
        facts([(words.common.customer, id("/console/customers/", new.user_id)), (own.value, money(new.coupon_price))]);
    let question = Question { title: own.create, effects, button: own.create, back: PATH };
    operator.preview(Section::Coupons, question, &Act::CreateCoupon(new)).await
}
