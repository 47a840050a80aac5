//! Cookies: reading one, and the header that sets one.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::http::state::State;

/// The value of the cookie `name`; `None` if the request has none, or more than one. Several come from different paths or
/// domains, and the server cannot know which of them it has set.
#[must_use]
pub fn read<'a>(req: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let lines = req.headers().get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value);
    values.next().filter(|_| values.next().is_none())
}

/// The names of a cookie.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    plain: &'static str,
    secure: &'static str,
}

impl Name {
    /// A cookie that is `plain` over HTTP. Over HTTPS it is `secure`, which is `plain` with the prefix `__Host-`: browsers
    /// accept it only from this host, with `Secure` and for all paths, so no other host of the domain can set it.
    #[must_use]
    pub const fn new(plain: &'static str, secure: &'static str) -> Self {
        Self { plain, secure }
    }

    /// The name at this server.
    #[must_use]
    pub fn at(self, state: &State) -> &'static str {
        if state.is_https() { self.secure } else { self.plain }
    }
}

/// How a cookie is set.
#[derive(Debug, Clone, Copy)]
pub struct Cookie<'a> {
    /// Name of the cookie.
    pub name: &'a str,
    /// The value: visible ASCII without quotes, commas and semicolons.
    pub value: &'a str,
    /// Lifetime in seconds; 0 deletes the cookie.
    pub max_age: u64,
    /// Whether browsers send it with requests that another site has caused, such as a link.
    pub same_site: SameSite,
    /// Whether it is only sent over HTTPS.
    pub is_secure: bool,
}

/// The attribute `SameSite`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// With requests of this site only.
    Strict,
    /// Also if a link on another site is followed.
    Lax,
}

impl Cookie<'_> {
    /// The value of the header `Set-Cookie`. No script can read the cookie.
    #[must_use]
    pub fn header(&self) -> String {
        let Self { name, value, max_age, .. } = self;
        let same_site = match self.same_site {
            SameSite::Strict => "Strict",
            SameSite::Lax => "Lax",
        };
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite={same_site}{secure}")
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_cookie_is_read_by_its_full_name_and_only_if_there_is_one() {
        for (line, value) in [
            ("session=a.b", Some("a.b")),
            ("lang=zh; session=x=y; other=1", Some("x=y")),
            ("session=a; session=b", None),
            ("xsession=a", None),
            ("session", None),
            ("", None),
        ] {
            let req = TestRequest::default().insert_header((header::COOKIE, line)).to_http_request();
            assert_eq!(read(&req, "session"), value, "{line}");
        }
        let two = TestRequest::default()
            .append_header((header::COOKIE, "session=a"))
            .append_header((header::COOKIE, "session=b"));
        assert_eq!(read(&two.to_http_request(), "session"), None);
    }

    #[test]
    fn the_header_has_all_attributes() {
        let cookie = Cookie { name: "a", value: "b", max_age: 7, same_site: SameSite::Strict, is_secure: true };
        assert_eq!(cookie.header(), "a=b; Path=/; Max-Age=7; HttpOnly; SameSite=Strict; Secure");
        let lax = Cookie { same_site: SameSite::Lax, is_secure: false, ..cookie };
        assert_eq!(lax.header(), "a=b; Path=/; Max-Age=7; HttpOnly; SameSite=Lax");
    }
}
