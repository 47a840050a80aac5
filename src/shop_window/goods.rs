//! `/` and `/goods/{id}`: the catalogue.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::visitor::Visitor;
use crate::actor::task::ask;
use crate::domain::id;
use crate::domain::money::CURRENCY;
use crate::domain::quantity::StockShown;
use crate::domain::status::SaleStatus;
use crate::goods;
use crate::goods::message::Goods;
use crate::http::extract::page::Page;
use crate::http::extract::path::PathId;
use crate::http::extract::query::Filters;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;
use crate::web::component::{money, pager};
use crate::web::language::Words;

/// `GET /`
///
/// # Errors
/// 422 for a bad parameter; 503.
pub async fn list(visitor: Visitor, Filters { query: page, pairs }: Filters<Page>) -> HandlerResult {
    let on_sale = Some(SaleStatus::OnSale);
    let list = goods::message::List { on_sale, before: page.before(), limit: page.fetch_limit() };
    let list = page.list(ask(&visitor.state.owners.goods, list).await?, |goods| goods.goods_id);
    let words = visitor.words;
    let content = html! {
        div.lead {
            h1 { (words.shop.goods) }
            p { (words.shop.goods_intro) }
        }
        @if list.items.is_empty() {
            p { (words.shop.no_goods) }
        } @else {
            ul.goods { @for goods in &list.items { li { (card(words, goods, visitor.state.stock_shown)) } } }
        }
        (pager(words, "/", &pairs, list.next_cursor.as_deref()))
    };
    Ok(visitor.page(StatusCode::OK, words.shop.goods, content))
}

fn card(words: &Words, goods: &Goods, shown: StockShown) -> Markup {
    html! {
        h2 { a href=(format!("/goods/{}", goods.goods_id)) { (goods.goods_name) } }
        p.desc { (goods.goods_desc) }
        p.cost { (money(goods.goods_price)) " " small { (CURRENCY) } }
        p { (stock(words, goods, shown)) }
        (add_form(words, goods))
    }
}

/// `GET /goods/{id}`
///
/// # Errors
/// 404 if the goods do not exist; 503.
pub async fn show(visitor: Visitor, PathId(goods_id): PathId<id::Goods>) -> HandlerResult {
    let found = ask(&visitor.state.owners.goods, goods::message::Find { goods: vec![goods_id] }).await?;
    let goods = found.into_iter().next().ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(page(&visitor, &goods))
}

fn page(visitor: &Visitor, goods: &Goods) -> HttpResponse {
    let words = visitor.words;
    let content = html! {
        h1 { (goods.goods_name) }
        section.panel {
            p.desc { (goods.goods_desc) }
            p.cost { (money(goods.goods_price)) " " small { (CURRENCY) } }
            p { (stock(words, goods, visitor.state.stock_shown)) }
            (add_form(words, goods))
        }
        p { a href="/" { (words.shop.to_goods) } }
    };
    visitor.page(StatusCode::OK, &goods.goods_name, content)
}

fn stock(words: &Words, goods: &Goods, shown: StockShown) -> String {
    match (goods.on_sale, goods.goods_number) {
        (SaleStatus::OffSale, _) => words.shop.off_sale.to_owned(),
        (SaleStatus::OnSale, 0) => words.shop.sold_out.to_owned(),
        (SaleStatus::OnSale, units) if shown.is_at_least(units) => words.shop.available.to_owned(),
        (SaleStatus::OnSale, units) => (words.shop.in_stock)(units),
    }
}

/// The form that puts goods into the basket; none if they cannot be ordered.
fn add_form(words: &Words, goods: &Goods) -> Markup {
    let can_be_ordered = goods.on_sale == SaleStatus::OnSale && goods.goods_number > 0;
    html! {
        @if can_be_ordered {
            form.take method="post" action="/basket/add" {
                input type="hidden" name="goods_id" value=(goods.goods_id);
                label {
                    (words.shop.quantity)
                    input type="number" name="goods_number" value="1" min="1" max="9999" required;
                }
                button.go aria-label=(format!("{}: {}", words.shop.add, goods.goods_name)) { (words.shop.add) }
            }
        }
    }
}
