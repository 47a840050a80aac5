//! Addresses of web pages and their origins.

use serde::{Deserialize, Serialize};

use super::Invalid;

/// The origin of a page: `http://` or `https://`, a host in lower case, and the port unless it is the usual one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Origin(String);

impl Origin {
    /// The origin as browsers send it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin of an address, and the rest of the address.
    fn split(address: &str) -> Option<(Self, &str)> {
        let (scheme, rest) = address.split_once("://")?;
        let (scheme, usual_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => ("http", "80"),
            "https" => ("https", "443"),
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            // The colon of an IPv6 address is followed by its bracket.
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_in_host = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
        let is_in_address = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
        let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => !address.is_empty() && address.bytes().all(is_in_address),
            None => !host.is_empty() && host.bytes().all(is_in_host),
        };
        let is_port = |port: &str| port.parse::<u16>().is_ok() && port.bytes().all(|b| b.is_ascii_digit());
        if !is_host || !port.is_none_or(is_port) {
            return None;
        }
        let host = host.to_ascii_lowercase();
        let origin = match port.filter(|port| *port != usual_port) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        Some((Self(origin), path))
    }
}

/// Origins, separated by blanks or commas; may be none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origins(Vec<Origin>);

impl Origins {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Origin> {
        self.0.iter()
    }

    /// Whether `origin`, as a browser sends it, is one of them.
    #[must_use]
    pub fn contains(&self, origin: &str) -> bool {
        self.0.iter().any(|known| known.as_str() == origin)
    }
}

impl TryFrom<String> for Origins {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
        let origins =
            parts.map(|part| Origin::split(part).filter(|(_, rest)| rest.is_empty()).map(|(origin, _)| origin));
        origins.collect::<Option<Vec<Origin>>>().map(Self).ok_or(Invalid(
            "must be origins such as https://shop.example.com, separated by commas: no path, no user, no asterisk",
        ))
    }
}

/// The address of a page: at most 500 visible ASCII characters, `http` or `https`, without a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebAddress {
    text: String,
    origin: Origin,
}

impl WebAddress {
    const LENGTH_MAX: usize = 500;

    /// The origin of the page.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the address.
    #[must_use]
    pub fn into_inner(self) -> String {
        self.text
    }
}

impl From<WebAddress> for String {
    fn from(address: WebAddress) -> Self {
        address.text
    }
}

impl TryFrom<String> for WebAddress {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let is_allowed = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b);
        let origin = Origin::split(&text).filter(|_| text.len() <= Self::LENGTH_MAX && text.bytes().all(is_allowed));
        match origin {
            Some((origin, _)) => Ok(Self { origin, text }),
            None => {
                Err(Invalid("must be an address such as https://shop.example.com/thanks, of at most 500 characters"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin_of(address: &str) -> Option<String> {
        WebAddress::try_from(address.to_owned()).ok().map(|address| address.origin().as_str().to_owned())
    }

    #[test]
    fn an_address_has_the_origin_that_a_browser_takes_it_for() {
        for (address, origin) in [
            ("https://shop.example.com", "https://shop.example.com"),
            ("HTTPS://Shop.Example.com:443/a?b=c#d", "https://shop.example.com"),
            ("http://localhost:3000/thanks", "http://localhost:3000"),
            ("http://127.0.0.1:80?x", "http://127.0.0.1"),
            ("https://[::1]:8443/", "https://[::1]:8443"),
            ("https://[::1]", "https://[::1]"),
        ] {
            assert_eq!(origin_of(address).as_deref(), Some(origin), "{address}");
        }
    }

    #[test]
    fn an_address_that_programs_read_differently_is_refused() {
        for address in [
            "",
            "shop.example.com",
            "//shop.example.com",
            "javascript:alert(1)",
            "ftp://shop.example.com",
            "https://",
            "https:///path",
            "https://shop.example.com@evil.example",
            "https://shop.example.com\\@evil.example",
            "https://shop.example.com\\.evil.example",
            "https://evil.example:80:443",
            "https://evil.example:x",
            "https://evil.example:99999",
            "https://evil.example:+80",
            "https://sh op.example.com",
            "https://shop.example.com/\n",
            "https://shöp.example.com",
            "https://shop.example.com/<script>",
        ] {
            assert_eq!(origin_of(address), None, "{address}");
        }
        assert!(origin_of(&format!("https://a.b/{}", "x".repeat(500))).is_none());
    }

    #[test]
    fn origins_are_listed_without_paths() {
        let origins = Origins::try_from("https://a.example, http://b.example:8080".to_owned()).unwrap();
        assert!(origins.contains("https://a.example") && origins.contains("http://b.example:8080"));
        assert!(!origins.contains("https://a.example.evil.example") && !origins.contains("null"));
        assert!(Origins::try_from(String::new()).unwrap().is_empty());
        for wrong in ["*", "a.example", "https://a.example/", "https://a.example/x", "https://*.example", "null"] {
            assert!(Origins::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
