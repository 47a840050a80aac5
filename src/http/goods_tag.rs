//! Entity tags of goods, shared by the routes of customers and administrators.
//!
//! A tag has the revision of the goods and their stock, so it changes whenever the answer does. A change of goods writes
//! no stock, so of the tag in `If-Match` only the revision counts: otherwise the price of goods that sell well could
//! never be changed.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ETAG};

use super::extract::condition::{IfMatch, IfNoneMatch};
use crate::goods::message::Goods;

/// Browsers may keep the answer, and ask before each use whether it is still right.
const CHECKED: &str = "private, no-cache";

fn tag(goods: &Goods) -> String {
    format!("{}.{}", goods.revision, goods.goods_number)
}

/// The revisions to which a change may be made; `None` if it may be made to any.
#[must_use]
pub fn expected_revisions(condition: &IfMatch) -> Option<Vec<i64>> {
    let revision = |tag: &str| tag.split_once('.').and_then(|(revision, _)| revision.parse().ok());
    condition.strong_tags().map(|tags| tags.into_iter().filter_map(revision).collect())
}

/// The response with goods and their tag.
#[must_use]
pub fn with_tag(goods: &Goods) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", tag(goods)))).json(goods)
}

/// The response to a read: goods with their tag, or 304 without a body if the client has this state.
#[must_use]
pub fn show(goods: &Goods, condition: &IfNoneMatch) -> HttpResponse {
    let tag = tag(goods);
    let is_known = condition.has(&tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, format!("\"{tag}\""))).insert_header((CACHE_CONTROL, CHECKED));
    if is_known { response.finish() } else { response.json(goods) }
}
