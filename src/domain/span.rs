//! Durations in the settings, such as `"30m"`, `"500ms"` or `"1h 30m"`.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::Invalid;

/// The longest duration: ten years. Longer ones would leave the range of moments when they are added to one.
const LONGEST: Duration = Duration::from_secs(87_600 * 3_600);
/// The longest wait: a day. Engines take their time limits in milliseconds, in 32 bits.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3_600);

/// The longest [`Pause`].
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// A duration of zero or more, up to ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let span = text.parse::<jiff::SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
        match span {
            Some(span) if span <= LONGEST => Ok(Self(span)),
            Some(_) => Err(serde::de::Error::custom(format!("{text:?} is longer than 87600h (ten years)"))),
            None => Err(serde::de::Error::custom(format!("{text:?} is not a duration such as \"30m\" or \"500ms\""))),
        }
    }
}

/// A pause that a busy process makes: zero to 100 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Span")]
pub struct Pause(Duration);

impl Pause {
    /// The duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl TryFrom<Span> for Pause {
    type Error = Invalid;

    fn try_from(span: Span) -> Result<Self, Invalid> {
        if span.0 > LONGEST_PAUSE { Err(Invalid("must not be longer than 100ms")) } else { Ok(Self(span.0)) }
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

/// How long to wait for something: longer than zero, up to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "PositiveSpan")]
pub struct Wait(Duration);

impl Wait {
    /// The duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl TryFrom<PositiveSpan> for Wait {
    type Error = Invalid;

    fn try_from(span: PositiveSpan) -> Result<Self, Invalid> {
        if span.0 > LONGEST_WAIT { Err(Invalid("must not be longer than 24h")) } else { Ok(Self(span.0)) }
    }
}
