//! Durations in the settings, such as `"30m"`, `"500ms"` or `"1h 30m"`.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::Invalid;

/// A duration of zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|span| Duration::try_from(span).ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a duration such as \"30m\" or \"500ms\"")))
    }
}

/// A duration greater than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Span")]
pub struct PositiveSpan(Duration);

impl PositiveSpan {
    /// The duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl TryFrom<Span> for PositiveSpan {
    type Error = Invalid;

    fn try_from(span: Span) -> Result<Self, Invalid> {
        if span.0.is_zero() { Err(Invalid("must be longer than zero")) } else { Ok(Self(span.0)) }
    }
}
