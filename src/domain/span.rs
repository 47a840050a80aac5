//! A length of time in the settings: `"30m"`, `"500ms"`, `"1h 30m"`.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// A length of time, zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<jiff::SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok()).map(Self).ok_or_else(
            || serde::de::Error::custom(format!("{text:?} is not a length of time such as \"30m\" or \"500ms\"")),
        )
    }
}
