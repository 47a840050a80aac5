//! The settings of traces.

use awc::http::Uri;
use serde::{Deserialize, Deserializer};

/// `[trace]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The URL to which spans are posted.
    pub endpoint: Endpoint,
    /// The share of orders that are traced.
    pub sample: Share,
}

/// The URL to which spans are posted; `None` if nothing is exported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint(pub Option<String>);

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        let is_url = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        match text.parse::<Uri>() {
            Ok(uri) if is_url(&uri) => Ok(Self(Some(text))),
            _ => Err(serde::de::Error::custom("must be a URL such as \"http://127.0.0.1:4318/v1/traces\", or empty")),
        }
    }
}

/// A share from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

impl Default for Share {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Share {
    /// Whether the trace `id` belongs to the share. The id decides, so all nodes and all runs decide alike, and an order is
    /// traced as a whole or not at all.
    #[must_use]
    pub fn contains(self, id: super::TraceId) -> bool {
        let [.., a, b, c, d] = id.0;
        f64::from(u32::from_be_bytes([a, b, c, d])) < self.0 * (f64::from(u32::MAX) + 1.0)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse::<f64>() {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self(share)),
            _ => Err(serde::de::Error::custom("must be a number from \"0\" to \"1\", such as \"0.05\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::OrderId;
    use crate::trace::TraceId;

    fn share(text: &str) -> Result<Share, serde_json::Error> {
        serde_json::from_value(text.into())
    }

    #[test]
    fn a_share_takes_about_that_part_of_all_orders_and_always_the_same() {
        let taken = |text: &str| {
            let share = share(text).unwrap();
            (1..=2_000).filter(|id| share.contains(TraceId::of_order(OrderId::new(*id)))).count()
        };
        assert_eq!((taken("0"), taken("1")), (0, 2_000));
        assert!((400..600).contains(&taken("0.25")), "{}", taken("0.25"));
    }

    #[test]
    fn wrong_values_are_refused() {
        for wrong in ["", "2", "-0.1", "NaN", "half", "inf"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        for wrong in ["collector:4318", "127.0.0.1", "ftp://collector/v1/traces", "http://", "/v1/traces"] {
            assert!(serde_json::from_value::<Endpoint>(wrong.into()).is_err(), "{wrong}");
        }
    }
}
