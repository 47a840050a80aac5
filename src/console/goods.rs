//! `/console/goods`: the catalogue, and the page of each product.

use maud::{Markup, html};
use serde::Deserialize;

use super::act::Act;
use super::form::act_form;
use super::menu::Section;
use super::operator::{Operator, Question};
use crate::actor::task::ask;
use crate::domain::id::{self, GoodsId};
use crate::domain::money::Money;
use crate::domain::quantity::{Stock, StockDelta};
use crate::domain::status::SaleStatus;
use crate::domain::text::{GoodsDesc, GoodsName, Reason, Text};
use crate::goods::message::{Adjustment, Find, Goods, ListAdjustments};
use crate::http::admin::goods::{ChangedGoods, GoodsQuery, NewGoods, find_goods};
use crate::http::admin::stock::StockChange;
use crate::http::extract::body::FormBody;
use crate::http::extract::listing::Listing;
use crate::http::extract::path::PathId;
use crate::http::extract::query::{Filters, Flag, Integer};
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;
use crate::web::component::{
    Choice, Column, Pill, Tone, csv_link, facts, filters, id, id_text, money, optional_text, pager, table, time,
};
use crate::web::language::Words;

const PATH: &str = "/console/goods";
/// Largest number of adjustments on the page of a product.
const ADJUSTMENTS_SHOWN: i64 = 50;

/// `GET /console/goods`
///
/// # Errors
/// 422 for a bad filter.
pub async fn list(operator: Operator, Filters { query, pairs }: Filters<GoodsQuery>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.goods);
    let goods = find_goods(&operator.state, query).await?;
    let values = [("true", own.on_sale), ("false", own.off_sale)];
    let choice = Choice { label: own.sale, name: "on_sale", values: &values };
    let columns = [
        Column::Text(own.title),
        Column::Text(own.name),
        Column::Text(own.sale),
        Column::Number(own.price),
        Column::Number(own.stock),
        Column::Text(own.added),
    ];
    let row = |goods: &Goods| {
        vec![
            id("/console/goods/", goods.goods_id),
            html! { (goods.goods_name) },
            html! { (sale(words, goods.on_sale)) },
            money(goods.goods_price),
            html! { (goods.goods_number) },
            time(goods.add_time),
        ]
    };
    let content = html! {
        div.title { h1 { (own.title) } span.grow {} (csv_link(words, PATH, &pairs)) }
        section.card { (filters(words, PATH, &pairs, &[choice], &[])) }
        (create_form(words))
        section.card {
            (table(words, &columns, goods.items.iter().map(row)))
            (pager(words, PATH, &pairs, goods.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Goods, own.title, content).await
}

/// `GET /console/goods.csv`
///
/// # Errors
/// 422 for a bad filter.
pub async fn csv(operator: Operator, Listing { query, form }: Listing<GoodsQuery>) -> HandlerResult {
    form.csv().answer(find_goods(&operator.state, query).await?, "Goods")
}

fn sale(words: &Words, status: SaleStatus) -> Pill<'static> {
    match status {
        SaleStatus::OnSale => Pill(Tone::Good, words.goods.on_sale),
        SaleStatus::OffSale => Pill(Tone::Quiet, words.goods.off_sale),
    }
}

fn create_form(words: &Words) -> Markup {
    let own = &words.goods;
    let form = act_form(
        words,
        own.create,
        PATH,
        html! {
            label { (own.name) input name="goods_name" required maxlength="200"; }
            label { (own.price) input name="goods_price" required inputmode="decimal"; }
            label { (own.first_stock) input type="number" name="goods_number" required min="0"; }
            label { (own.description) textarea name="goods_desc" maxlength="2000" rows="3" {} }
        },
    );
    html! { div.narrow { (form) } }
}

/// The form of new goods.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewForm {
    goods_name: GoodsName,
    goods_price: Money,
    goods_number: Integer<Stock>,
    goods_desc: Option<GoodsDesc>,
}

/// `POST /console/goods`: the preview of new goods.
///
/// # Errors
/// 422 for a bad field.
pub async fn create(operator: Operator, FormBody(form): FormBody<NewForm>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.goods);
    let NewForm { goods_name, goods_price, goods_number: Integer(goods_number), goods_desc } = form;
    let new = NewGoods { goods_name, goods_number, goods_price, goods_desc, on_sale: Some(SaleStatus::OnSale) };
    let effects = facts([
        (own.name, html! { (new.goods_name.as_str()) }),
        (own.price, money(goods_price)),
        (own.first_stock, html! { (goods_number.get()) }),
        (own.description, optional_text(words, new.goods_desc.as_ref().map(GoodsDesc::as_str))),
    ]);
    let question = Question { title: own.create, effects, button: own.create, back: PATH };
    operator.preview(Section::Goods, question, &Act::CreateGoods(new)).await
}

/// `GET /console/goods/{id}`
///
/// # Errors
/// 404 if the goods do not exist.
pub async fn show(operator: Operator, PathId(goods_id): PathId<id::Goods>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.goods);
    let goods = find(&operator, goods_id).await?;
    let list = ListAdjustments { goods_id: Some(goods_id), before: None, limit: ADJUSTMENTS_SHOWN };
    let adjustments = ask(&operator.state.owners.goods, list).await?;
    let content = html! {
        div.title { h1 { (goods.goods_name) } (sale(words, goods.on_sale)) }
        section.row { (change_form(words, &goods)) (stock_form(words, &goods)) }
        div.two {
            section.card { h2 { (own.adjustments) } (adjustments_table(words, &adjustments)) }
            section.card {
                (facts([
                    (own.title, id_text(goods_id)),
                    (own.price, money(goods.goods_price)),
                    (own.stock, html! { (goods.goods_number) }),
                    (own.added, time(goods.add_time)),
                    (own.description, html! { span.lines { (goods.goods_desc) } }),
                ]))
            }
        }
    };
    operator.page(Section::Goods, &format!("{} {}", own.one, goods.goods_name), content).await
}

async fn find(operator: &Operator, goods_id: GoodsId) -> Result<Goods, Problem> {
    let found = ask(&operator.state.owners.goods, Find { goods: vec![goods_id] }).await?;
    found.into_iter().next().ok_or_else(|| Problem::new(Code::NotFound))
}

fn adjustments_table(words: &Words, adjustments: &[Adjustment]) -> Markup {
    let columns = [
        Column::Text(words.common.at),
        Column::Number(words.customer.change),
        Column::Text(words.goods.reason),
        Column::Text(words.journal.by),
    ];
    let row = |adjustment: &Adjustment| {
        vec![
            time(adjustment.create_time),
            html! { (adjustment.delta) },
            html! { (adjustment.reason) },
            adjustment.by.map_or_else(|| optional_text(words, None), |user| id("/console/customers/", user)),
        ]
    };
    table(words, &columns, adjustments.iter().map(row))
}

fn change_form(words: &Words, goods: &Goods) -> Markup {
    let own = &words.goods;
    let is_on_sale = goods.on_sale == SaleStatus::OnSale;
    let path = format!("/console/goods/{}/change", goods.goods_id);
    let fields = html! {
        label { (own.name) input name="goods_name" value=(goods.goods_name) required maxlength="200"; }
        label { (own.price) input name="goods_price" value=(goods.goods_price) required inputmode="decimal"; }
        label { (own.description) textarea name="goods_desc" maxlength="2000" rows="3" { (goods.goods_desc) } }
        label { (own.sale)
            select name="on_sale" {
                option value="true" selected[is_on_sale] { (own.on_sale) }
                option value="false" selected[!is_on_sale] { (own.off_sale) }
            }
        }
    };
    act_form(words, own.change, &path, fields)
}

/// The form of a change: all attributes as they shall be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeForm {
    goods_name: GoodsName,
    goods_price: Money,
    goods_desc: Option<GoodsDesc>,
    on_sale: Flag,
}

/// `POST /console/goods/{id}/change`: the preview of a change, with each attribute before and after.
///
/// # Errors
/// 404; 422 for a bad field.
pub async fn change(
    operator: Operator,
    PathId(goods_id): PathId<id::Goods>,
    FormBody(form): FormBody<ChangeForm>,
) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.goods);
    let goods = find(&operator, goods_id).await?;
    let on_sale = SaleStatus::from(bool::from(form.on_sale));
    let new_desc = form.goods_desc.as_ref().map_or("", GoodsDesc::as_str).to_owned();
    let has_new_name = form.goods_name.as_str() != goods.goods_name;
    let effect = |is_new: bool, before: Markup, after: Markup| {
        html! { @if is_new { (before) " → " b { (after) } } @else { span.soft { (own.unchanged) } } }
    };
    let effects = facts([
        (own.name, effect(has_new_name, html! { (goods.goods_name) }, html! { (form.goods_name.as_str()) })),
        (own.price, effect(form.goods_price != goods.goods_price, money(goods.goods_price), money(form.goods_price))),
        (own.description, effect(new_desc != goods.goods_desc, html! { (goods.goods_desc) }, html! { (new_desc) })),
        (
            own.sale,
            effect(on_sale != goods.on_sale, html! { (sale(words, goods.on_sale)) }, html! { (sale(words, on_sale)) }),
        ),
    ]);
    let goods_desc = GoodsDesc::try_from(new_desc.clone()).ok().filter(|_| new_desc != goods.goods_desc);
    let changed = ChangedGoods {
        goods_name: Some(form.goods_name).filter(|_| has_new_name),
        goods_price: Some(form.goods_price).filter(|price| *price != goods.goods_price),
        goods_desc,
        on_sale: Some(on_sale).filter(|status| *status != goods.on_sale),
    };
    let act = Act::ChangeGoods { goods_id, changed, revision: goods.revision };
    let title = format!("{}: {}", own.change, goods.goods_name);
    let back = format!("/console/goods/{goods_id}");
    let question = Question { title: &title, effects, button: own.change, back: &back };
    operator.preview(Section::Goods, question, &act).await
}

fn stock_form(words: &Words, goods: &Goods) -> Markup {
    let own = &words.goods;
    let path = format!("/console/goods/{}/stock", goods.goods_id);
    let fields = html! {
        label { (own.delta) input type="number" name="delta" required; }
        label { (own.reason) input name="reason" required maxlength="200"; }
    };
    act_form(words, own.adjust, &path, fields)
}

/// The form of an adjustment of the stock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockForm {
    delta: Integer<StockDelta>,
    reason: Reason,
}

/// `POST /console/goods/{id}/stock`: the preview of an adjustment.
///
/// # Errors
/// 404; 422 for a bad field.
pub async fn adjust(
    operator: Operator,
    PathId(goods_id): PathId<id::Goods>,
    FormBody(form): FormBody<StockForm>,
) -> HandlerResult {
    let own = &operator.words.goods;
    let goods = find(&operator, goods_id).await?;
    let StockForm { delta: Integer(delta), reason } = form;
    let effects = facts([
        (own.stock, html! { (goods.goods_number) }),
        (own.delta, html! { (delta.get()) }),
        (own.after, html! { b { (goods.goods_number.saturating_add(delta.get())) } }),
        (own.reason, html! { (Text::as_str(&reason)) }),
    ]);
    let title = format!("{}: {}", own.adjust, goods.goods_name);
    let back = format!("/console/goods/{goods_id}");
    let question = Question { title: &title, effects, button: own.adjust, back: &back };
    let act = Act::AdjustStock { goods_id, change: StockChange { delta, reason } };
    operator.preview(Section::Goods, question, &act).await
}
