//! Requests that change something must come from a page of this server. The cookie's `SameSite` says so too; this check
//! also holds in browsers that ignore it, and for other hosts of the same site.

use actix_web::dev::ServiceRequest;
use actix_web::http::header;

use crate::http::state::State;

const FETCH_SITE: &str = "sec-fetch-site";

/// Whether `req` comes from a page of this server, as the browser reports it in `Sec-Fetch-Site` or `Origin`. A request
/// with neither is from no browser of the last years.
#[must_use]
pub fn is_same_origin(req: &ServiceRequest, state: &State) -> bool {
    let text = |name: &str| req.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST.as_str()).unwrap_or_default();
    is_own(text(FETCH_SITE), text(header::ORIGIN.as_str()), host, &state.public_url)
}

fn is_own(site: Option<&str>, origin: Option<&str>, host: &str, public_url: &str) -> bool {
    let is_this_host = |origin: &str| {
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| !authority.is_empty() && authority.eq_ignore_ascii_case(host))
            || public_url.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let by_site = site.map(|site| site == "same-origin");
    let by_origin = origin.map(|origin| !origin.is_empty() && is_this_host(origin));
    by_site.or(by_origin).is_some() && by_site != Some(false) && by_origin != Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_another_origin_or_of_no_browser_is_refused() {
        const PUBLIC: &str = "https://shop.example.com";
        for (site, origin, own) in [
            (Some("same-origin"), Some("https://shop.example.com"), true),
            (Some("same-origin"), Some("http://10.0.0.7:8080"), true),
            (Some("same-origin"), None, true),
            (None, Some("https://shop.example.com"), true),
            (None, Some("http://10.0.0.7:8080"), true),
            (None, None, false),
            (None, Some("null"), false),
            (None, Some(""), false),
            (None, Some("https://"), false),
            (None, Some("https://shop.example.co"), false),
            (None, Some("https://shop.example.com.evil.example"), false),
            (None, Some("https://evil.example"), false),
            (None, Some("http://10.0.0.7"), false),
            (Some("same-site"), Some("https://other.example.com"), false),
            (Some("cross-site"), Some("https://shop.example.com"), false),
            (Some("same-origin"), Some("https://evil.example"), false),
            (Some("none"), None, false),
        ] {
            assert_eq!(is_own(site, origin, "10.0.0.7:8080", PUBLIC), own, "{site:?} {origin:?}");
        }
        assert!(!is_own(None, Some("http://"), "", ""), "a request without a host");
    }
}
