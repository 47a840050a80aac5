//! `/` of a shop without a shop window: what runs here.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::html;

use crate::web::language;
use crate::web::sheet::Sheet;

/// `GET /`
pub async fn show(req: HttpRequest) -> HttpResponse {
    let words = language::of(&req);
    let content = html! { p { (words.shop.running) } };
    Sheet { words, path: "/", title: "Tradepost", eyebrow: "", content }.respond(StatusCode::OK)
}
