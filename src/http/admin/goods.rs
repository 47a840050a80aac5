//! `/admin/goods`.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::id::{self, GoodsId};
use crate::domain::money::Money;
use crate::domain::quantity::Stock;
use crate::domain::status::SaleStatus;
use crate::domain::text::{GoodsDesc, GoodsName};
use crate::goods;
use crate::goods::error::ChangeRefusal;
use crate::goods::message::Goods;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::extract::condition::{IfMatch, IfNoneMatch};
use crate::http::extract::key::{self, OptionalKey};
use crate::http::extract::listing::Listing;
use crate::http::extract::page::{Cursor, Limit, List, Page};
use crate::http::extract::path::PathId;
use crate::http::extract::query::{Flag, optional};
use crate::http::goods_tag;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::journal::{KeyReused, Performed, Request};

/// The detail of a problem if goods were changed since the client has read them.
const OUTDATED: &str =
    "The goods were changed since they were read; read them again, and send the change with their new ETag";

/// Query parameters of the list of goods.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoodsQuery {
    #[serde(default, deserialize_with = "optional")]
    on_sale: Option<Flag>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/goods`: all goods, newest first, also those off sale.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Listing { query, form }: Listing<GoodsQuery>) -> HandlerResult {
    form.answer(find_goods(&state, query).await?, "Goods")
}

/// One page of the goods that match `query`.
///
/// # Errors
/// 503 if Goods does not reply.
pub async fn find_goods(state: &State, query: GoodsQuery) -> Result<List<Goods>, Problem> {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let on_sale = query.on_sale.map(|flag| SaleStatus::from(bool::from(flag)));
    let list = goods::message::List { on_sale, before: page.before(), limit: page.fetch_limit() };
    let goods = ask(&state.owners.goods, list).await?;
    Ok(page.list(goods, |goods| goods.goods_id))
}

/// `GET /admin/goods/{id}`: goods, also off sale. 304 if the client has them.
///
/// # Errors
/// 404 if the goods do not exist; 422 if `If-None-Match` has no tags.
pub async fn find(
    _: Admin,
    condition: IfNoneMatch,
    state: web::Data<State>,
    PathId(goods_id): PathId<id::Goods>,
) -> HandlerResult {
    let found = ask(&state.owners.goods, goods::message::Find { goods: vec![goods_id] }).await?;
    found.first().map(|goods| goods_tag::show(goods, &condition)).ok_or(Problem::new(Code::NotFound))
}

/// Body of new goods.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewGoods {
    /// Name of the goods.
    pub goods_name: GoodsName,
    /// Opening stock.
    pub goods_number: Stock,
    /// Price of one unit.
    pub goods_price: Money,
    /// Description of the goods.
    pub goods_desc: Option<GoodsDesc>,
    /// Whether the goods are in the catalogue at once.
    // Left out of the fingerprint if it is absent, as in requests of clients that do not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_sale: Option<SaleStatus>,
}

/// `POST /admin/goods`
///
/// # Errors
/// 422 for a bad field, or if the idempotency key was used for another request.
pub async fn create(
    admin: Admin,
    key: OptionalKey,
    state: web::Data<State>,
    Body(new): Body<NewGoods>,
) -> HandlerResult {
    let goods = create_as(&state, admin, key, new).await?;
    let location = HeaderValue::try_from(format!("/v1/goods/{}", goods.value.goods_id));
    let mut response = key::performed(StatusCode::CREATED, &goods);
    response.headers_mut().insert(LOCATION, location.map_err(|_| Problem::new(Code::Internal))?);
    Ok(response)
}

/// Creates goods in the name of an administrator.
///
/// # Errors
/// 422 if the idempotency key was used for another request.
pub async fn create_as(
    state: &State,
    admin: Admin,
    key: OptionalKey,
    new: NewGoods,
) -> Result<Performed<Goods>, Problem> {
    let request = Some(key::request(admin, key, &("goods", &new))?);
    let goods_desc = match new.goods_desc {
        Some(text) => text,
        None => String::new().try_into().map_err(|_| Problem::new(Code::Internal))?,
    };
    let create = goods::message::Create {
        goods_id: state.ids.next(),
        goods_name: new.goods_name,
        goods_number: new.goods_number,
        goods_price: new.goods_price,
        goods_desc,
        on_sale: new.on_sale.unwrap_or(SaleStatus::OnSale),
        request,
    };
    ask(&state.owners.goods, create).await?.map_err(|KeyReused| Problem::new(Code::IdempotencyKeyReused))
}

/// Body of a change to goods. A missing field stays as it is. The stock has a route of its own.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedGoods {
    /// New name.
    pub goods_name: Option<GoodsName>,
    /// New price of one unit.
    pub goods_price: Option<Money>,
    /// New description.
    pub goods_desc: Option<GoodsDesc>,
    /// Takes the goods off sale, or puts them back.
    pub on_sale: Option<SaleStatus>,
}

/// `PATCH /admin/goods/{id}`
///
/// # Errors
/// 404 if the goods do not exist; 412 if they were changed since the state that `If-Match` names.
pub async fn change(
    admin: Admin,
    condition: IfMatch,
    state: web::Data<State>,
    PathId(goods_id): PathId<id::Goods>,
    Body(changed): Body<ChangedGoods>,
) -> HandlerResult {
    let expected = goods_tag::expected_revisions(&condition);
    Ok(goods_tag::with_tag(&change_as(&state, admin, goods_id, changed, expected).await?))
}

/// Changes goods in the name of an administrator, if they have one of the `expected` revisions.
///
/// # Errors
/// 404 if the goods do not exist; 412 if they have another revision.
pub async fn change_as(
    state: &State,
    admin: Admin,
    goods_id: GoodsId,
    changed: ChangedGoods,
    expected: Option<Vec<i64>>,
) -> Result<Goods, Problem> {
    let change = goods::message::Change {
        goods_id,
        goods_name: changed.goods_name,
        goods_price: changed.goods_price,
        goods_desc: changed.goods_desc,
        on_sale: changed.on_sale,
        expected,
        request: Request { admin: admin.0, key: None },
    };
    match ask(&state.owners.goods, change).await? {
        Ok(goods) => Ok(goods),
        Err(ChangeRefusal::NotFound) => Err(Problem::new(Code::NotFound)),
        Err(ChangeRefusal::Outdated) => Err(Problem::with(Code::PreconditionFailed, OUTDATED)),
    }
}
