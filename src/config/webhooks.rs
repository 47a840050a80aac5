//! `[webhooks]`
#![expect(missing_docs, reason = "config/default.toml documents each setting")]

use std::time::Duration;

use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Deserializer};

use crate::domain::count::Count;
use crate::domain::span::{PositiveSpan, Span, Wait};
use crate::domain::webhook::UrlRules;

/// `[webhooks]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    pub poll: PositiveSpan,
    pub answer_within: Wait,
    pub schedule: Schedule,
    pub in_flight_max: Count<1, 100>,
    pub undelivered_max: Count<1, 100_000>,
    pub disable_after: PositiveSpan,
    pub old_secret_for: Span,
    pub retention: PositiveSpan,
    pub allow_http: bool,
    pub allow_private_addresses: bool,
}

impl Webhooks {
    /// The addresses that endpoints may have.
    #[must_use]
    pub const fn rules(&self) -> UrlRules {
        UrlRules { allow_http: self.allow_http, allow_private: self.allow_private_addresses }
    }
}

/// The delays before the attempts of a delivery: the first after it was queued, each other after the attempt before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

impl Schedule {
    /// Maximum number of attempts.
    const LENGTH_MAX: usize = 50;

    /// The delay before the next attempt after `tries` attempts; `None` if that was the last one.
    #[must_use]
    pub fn delay(&self, tries: usize) -> Option<Duration> {
        self.0.get(tries).copied()
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parse = |part: &str| {
            let part: StrDeserializer<'_, Error> = part.trim().into_deserializer();
            Span::deserialize(part).map(|span| span.0)
        };
        let delays: Vec<Duration> =
            text.split(',').map(parse).collect::<Result<_, _>>().map_err(serde::de::Error::custom)?;
        if delays.len() > Self::LENGTH_MAX {
            return Err(serde::de::Error::custom(format!("must have at most {} delays", Self::LENGTH_MAX)));
        }
        Ok(Self(delays))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_a_list_of_delays() {
        let read = |text: &str| Schedule::deserialize(toml::Value::from(text));
        let schedule = read("0s, 5s,1h 30m").unwrap();
        let delays: Vec<_> = (0..4).map(|tries| schedule.delay(tries).map(|delay| delay.as_secs())).collect();
        assert_eq!(delays, [Some(0), Some(5), Some(5_400), None]);
        for wrong in ["", "5s,", "5", "1s, -1s", &["1s"; 51].join(",")] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
