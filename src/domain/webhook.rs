//! Webhooks: the endpoints of other systems to which events are sent.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Invalid;
use super::network::is_public;
use super::origin::WebAddress;
use super::text::Text;

/// The address of an endpoint: `http` or `https`, a host, perhaps a port, a path and a query; without a user and a fragment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WebAddress")]
pub struct WebhookUrl(WebAddress);

/// The reason for which an endpoint cannot have an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlRefusal {
    /// It begins with `http://`.
    Plain,
    /// Its host is an address that the public does not reach, or a name for one.
    Private,
}

/// The addresses to which events may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlRules {
    /// Whether an address may begin with `http://`.
    pub allow_http: bool,
    /// Whether a host may have an address that the public does not reach.
    pub allow_private: bool,
}

impl TryFrom<WebAddress> for WebhookUrl {
    type Error = Invalid;

    fn try_from(address: WebAddress) -> Result<Self, Invalid> {
        if String::from(address.clone()).contains('#') {
            return Err(Invalid("must have no fragment"));
        }
        Ok(Self(address))
    }
}

impl TryFrom<String> for WebhookUrl {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        WebAddress::try_from(text)?.try_into()
    }
}

impl WebhookUrl {
    /// The address as text.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.clone().into_inner()
    }

    /// Whether it begins with `https://`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.origin().as_str().starts_with("https://")
    }

    /// The host, without the brackets of an IPv6 address, and the port.
    #[must_use]
    pub fn host_and_port(&self) -> (&str, u16) {
        let origin = self.0.origin().as_str();
        let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
        let usual = if self.is_https() { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().unwrap_or(usual)),
            _ => (authority, usual),
        };
        (host.trim_start_matches('[').trim_end_matches(']'), port)
    }

    /// Whether an endpoint may have this address. What its name stands for is checked before each attempt.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn check(&self, rules: UrlRules) -> Result<(), UrlRefusal> {
        if !rules.allow_http && !self.is_https() {
            return Err(UrlRefusal::Plain);
        }
        if !rules.allow_private && self.is_private() {
            return Err(UrlRefusal::Private);
        }
        Ok(())
    }

    fn is_private(&self) -> bool {
        let host = self.host_and_port().0.trim_end_matches('.');
        let last = host.rsplit('.').next().unwrap_or_default();
        match host.parse::<IpAddr>() {
            Ok(address) => !is_public(address),
            // Some resolvers take other spellings of numbers for addresses, such as 127.1 and 0x7f000001.
            Err(_) if last.starts_with("0x") || last.bytes().all(|b| b.is_ascii_digit()) => true,
            Err(_) => last == "localhost" || host.contains(':'),
        }
    }
}

/// An administrator's note on an endpoint; may be empty.
pub type Description = Text<0, 200>;

/// The types of events that an endpoint gets: names, each once. None for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EventTypes(BTreeSet<String>);

impl EventTypes {
    /// The types with these names.
    #[must_use]
    pub fn new(names: BTreeSet<String>) -> Self {
        Self(names)
    }

    /// The names, sorted; none if all types are wanted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether events of this type are wanted.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.contains(name)
    }

    /// The types as they are stored: names separated by spaces.
    #[must_use]
    pub fn stored(&self) -> String {
        self.names().collect::<Vec<_>>().join(" ")
    }

    /// Restores stored types. A name that this version does not know stays.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_owned).collect())
    }
}

/// The reason for which an endpoint gets no events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisableReason {
    /// An administrator has disabled it.
    Administrator,
    /// All attempts failed for too long.
    Failing,
    /// The endpoint has answered with 410.
    Gone,
}

impl DisableReason {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::Failing, Self::Gone];

    /// The reason as in JSON and in the table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }

    /// The reason with this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// The addresses of `resolved` to which a connection may be made; `None` if one of them is not public and that is not
/// allowed. IPv4 comes first: a machine without a route to IPv6 may still resolve its addresses.
#[must_use]
pub fn permitted(resolved: impl IntoIterator<Item = IpAddr>, rules: UrlRules) -> Option<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = resolved.into_iter().collect();
    if !rules.allow_private && !addresses.iter().all(|address| is_public(*address)) {
        return None;
    }
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.dedup();
    Some(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: UrlRules = UrlRules { allow_http: false, allow_private: false };

    fn check(url: &str, rules: UrlRules) -> Result<(), UrlRefusal> {
        WebhookUrl::try_from(url.to_owned()).unwrap().check(rules)
    }

    #[test]
    fn an_endpoint_is_at_a_public_address_with_tls_unless_other_ones_are_allowed() {
        assert_eq!(check("https://example.com/hook?a=b", STRICT), Ok(()));
        assert_eq!(check("https://93.184.215.14:8443/hook", STRICT), Ok(()));
        assert_eq!(check("http://example.com/hook", STRICT), Err(UrlRefusal::Plain));
        for host in [
            "localhost",
            "a.localhost",
            "LOCALHOST.",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "10.1.2.3",
            "169.254.169.254",
            "192.168.1.1",
            "[::1]",
            "[::ffff:10.0.0.1]",
            "[fe80::1]",
            "[fd00::1]",
            "[64:ff9b::a00:1]",
        ] {
            assert_eq!(check(&format!("https://{host}/hook"), STRICT), Err(UrlRefusal::Private), "{host}");
            let rules = UrlRules { allow_private: true, ..STRICT };
            assert_eq!(check(&format!("https://{host}/hook"), rules), Ok(()), "{host}");
        }
        assert_eq!(check("http://example.com", UrlRules { allow_http: true, ..STRICT }), Ok(()));
        for bad in ["https://user:password@example.com/", "https://example.com/#a", "ftp://example.com/", "example.com"]
        {
            assert!(WebhookUrl::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for (url, host, port) in [
            ("https://example.com/a", "example.com", 443),
            ("http://example.com?a", "example.com", 80),
            ("https://Example.com:8443", "example.com", 8443),
            ("https://[2606:2800::1]:444/", "2606:2800::1", 444),
            ("https://[2606:2800::1]", "2606:2800::1", 443),
        ] {
            assert_eq!(WebhookUrl::try_from(url.to_owned()).unwrap().host_and_port(), (host, port), "{url}");
        }
    }

    #[test]
    fn a_name_that_stands_for_a_private_address_too_is_not_called() {
        let public: IpAddr = "93.184.215.14".parse().unwrap();
        let [loopback, ipv6_loopback]: [IpAddr; 2] = ["127.0.0.1", "::1"].map(|text| text.parse().unwrap());
        assert_eq!(permitted([public], STRICT), Some(vec![public]));
        assert_eq!(permitted([public, loopback], STRICT), None);
        let rules = UrlRules { allow_private: true, ..STRICT };
        assert_eq!(permitted([ipv6_loopback, loopback], rules), Some(vec![loopback, ipv6_loopback]));
    }

    #[test]
    fn no_types_are_all_types() {
        let some = EventTypes::from_stored("a.v1 b.v1");
        assert!(some.has("a.v1") && !some.has("c.v1") && some.stored() == "a.v1 b.v1");
        assert!(EventTypes::default().has("a.v1") && EventTypes::from_stored("") == EventTypes::default());
    }
}
