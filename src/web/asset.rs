//! Style sheets and scripts, compiled into the binary. The hash of the content is part of the path, so that browsers may
//! keep them for ever. They are sent compressed. Pages are not: they have tokens beside words of visitors, and the length of
//! a compressed page would reveal the tokens bit by bit to an observer who can choose the words.

use std::io::Write;
use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use aws_lc_rs::digest::{SHA256, digest};
use flate2::Compression;
use flate2::write::GzEncoder;

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
/// The library htmx 4.0.1 and its extension for server-sent events, as published; `asset/LICENSE-htmx`. They are one file,
/// because the library begins as soon as it is there: with a file of its own, a slow extension would come too late, and the
/// page would not be live.
pub static HTMX: LazyLock<Asset> = LazyLock::new(|| {
    const BOTH: &str = concat!(include_str!("asset/htmx.min.js"), "\n", include_str!("asset/htmx-sse.min.js"));
    Asset::new("htmx", "js", JAVASCRIPT, BOTH.as_bytes())
});

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
fn all() -> [&'static Asset; 7] {
    [&STYLE, &KEYS, &HTMX, &UPLOT, &PLOTS, &SHOP, &PAY]
}

/// A file for browsers.
#[derive(Debug)]
pub struct Asset {
    /// The path with the hash, such as `/assets/style-0123456789abcdef.css`.
    pub path: String,
    content_type: &'static str,
    /// The content.
    pub content: &'static [u8],
    /// The content in the format gzip.
    compressed: Vec<u8>,
}

impl Asset {
    fn new(name: &str, extension: &str, content_type: &'static str, content: &'static [u8]) -> Self {
        let hash: String = hex::encode(digest(&SHA256, content)).chars().take(16).collect();
        let path = format!("/assets/{name}-{hash}.{extension}");
        Self { path, content_type, content, compressed: compress(content).unwrap_or_default() }
    }
}

/// The content in the format gzip.
fn compress(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

/// Whether the client reads the format gzip.
fn accepts_gzip(req: &HttpRequest) -> bool {
    let accepted = req.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)))
    })
}

/// `GET /assets/{file}`
///
/// # Errors
/// 404 for any other path than those of the assets.
pub async fn show(req: HttpRequest, file: web::Path<String>) -> HandlerResult {
    let wanted = format!("/assets/{file}");
    let found = all().into_iter().find(|asset| asset.path == wanted).ok_or_else(|| Problem::new(Code::NotFound))?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(found.content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "Accept-Encoding"));
    if accepts_gzip(&req) && !found.compressed.is_empty() {
        return Ok(response.insert_header((header::CONTENT_ENCODING, "gzip")).body(found.compressed.as_slice()));
    }
    Ok(response.body(found.content))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_compressed_content_is_the_content() {
        for asset in all() {
            let mut content = Vec::new();
            flate2::read::GzDecoder::new(asset.compressed.as_slice()).read_to_end(&mut content).unwrap();
            assert!(content == asset.content, "{}", asset.path);
        }
    }

    #[test]
    fn a_client_that_does_not_ask_for_gzip_gets_none() {
        let asks = |value: &str| {
            accepts_gzip(&TestRequest::default().insert_header((header::ACCEPT_ENCODING, value)).to_http_request())
        };
        assert!(["gzip", "br, gzip;q=0.5", "GZIP"].into_iter().all(asks));
        assert!(!["", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip"].into_iter().any(asks));
    }
}
