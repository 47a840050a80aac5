//! Style sheets and scripts, compiled into the binary. The hash of the content is part of the path, so that browsers may
//! keep them for ever.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use aws_lc_rs::digest::{SHA256, digest};

use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The style sheet of all pages.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", CSS, include_bytes!("asset/style.css")));
/// The key `/` for the search.
pub static KEYS: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("keys", "js", JAVASCRIPT, include_bytes!("asset/keys.js")));
/// The library htmx 2.0.11, as published; `asset/LICENSE-htmx`.
pub static HTMX: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("htmx", "js", JAVASCRIPT, include_bytes!("asset/htmx.min.js")));
/// Its extension for server-sent events 2.2.4, as published; `asset/LICENSE-htmx-sse`.
pub static HTMX_SSE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("htmx-sse", "js", JAVASCRIPT, include_bytes!("asset/htmx-sse.min.js")));

/// The style sheet of the pages of customers.
pub static SHOP: LazyLock<Asset> = LazyLock::new(|| Asset::new("shop", "css", CSS, include_bytes!("asset/shop.css")));
/// The time that is left to pay, and the payment dialog of WeChat.
pub static PAY: LazyLock<Asset> = LazyLock::new(|| Asset::new("pay", "js", JAVASCRIPT, include_bytes!("asset/pay.js")));

/// The library uPlot 1.6.32, as published; `asset/LICENSE-uplot`. Its style sheet is at the end of that of all pages.
pub static UPLOT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("uplot", "js", JAVASCRIPT, include_bytes!("asset/uplot.min.js")));
/// The plots of the page of the actors.
pub static PLOTS: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("plots", "js", JAVASCRIPT, include_bytes!("asset/plots.js")));

/// All assets.
fn all() -> [&'static Asset; 8] {
    [&STYLE, &KEYS, &HTMX, &HTMX_SSE, &UPLOT, &PLOTS, &SHOP, &PAY]
}

/// A file for browsers.
#[derive(Debug)]
pub struct Asset {
    /// The path with the hash, such as `/assets/style-0123456789abcdef.css`.
    pub path: String,
    content_type: &'static str,
    /// The content.
    pub content: &'static [u8],
}

impl Asset {
    fn new(name: &str, extension: &str, content_type: &'static str, content: &'static [u8]) -> Self {
        let hash: String = hex::encode(digest(&SHA256, content)).chars().take(16).collect();
        Self { path: format!("/assets/{name}-{hash}.{extension}"), content_type, content }
    }
}

/// `GET /assets/{file}`
///
/// # Errors
/// 404 for any other path than those of the assets.
pub async fn show(file: web::Path<String>) -> HandlerResult {
    let wanted = format!("/assets/{file}");
    let found = all().into_iter().find(|asset| asset.path == wanted).ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok()
        .content_type(found.content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(found.content))
}
