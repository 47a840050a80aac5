//! Redirects to pages of this server.

use actix_web::HttpResponse;
use actix_web::http::header;

/// The answer that sends a browser to another page with `GET`.
#[must_use]
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// The path, if it is one of this server; for targets that come from a request.
#[must_use]
pub fn own_path(path: &str) -> Option<&str> {
    let is_plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (path.starts_with('/') && !path.starts_with("//") && is_plain).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_server_is_a_target() {
        for path in ["/", "/console/orders?pay_status=paid&cursor=1f"] {
            assert_eq!(own_path(path), Some(path));
        }
        for other in ["", "console", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/ b"] {
            assert_eq!(own_path(other), None, "{other:?}");
        }
    }
}
