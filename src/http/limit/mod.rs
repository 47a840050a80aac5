//! How often an address or a user may send requests. [`table`] has a line for each route, [`rate`] the rates in
//! it, [`keyed`] counts, [`route_tree`] finds the line of a request.
//!
//! The limits of an address are judged before anything is done for the request, those of a user when the user is known.
//! Requests beyond a limit are answered with 429, and a little later than they could be, so that a client that repeats
//! them at once is slow.

pub mod keyed;
pub mod rate;
pub mod route_tree;
pub mod table;

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::RequestHead;
use strum::{EnumCount, IntoEnumIterator};

use self::keyed::Keyed;
use self::rate::Rate;
use self::route_tree::RouteTree;
use self::table::{LINES, Limit};
use super::problem::{Code, Problem};
use crate::domain::id::UserId;
use crate::domain::network::{TrustedProxies, client_block};

/// How much later than possible a request beyond a limit is answered.
const PACE: Duration = Duration::from_millis(250);

/// The client to which a rate applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Client {
    Address(IpAddr),
    User(UserId),
}

/// A request beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// The limit.
    pub rate: Rate,
    /// The time until the next request is allowed.
    pub wait: Duration,
}

impl From<Exceeded> for Problem {
    fn from(exceeded: Exceeded) -> Self {
        let whole = exceeded.wait.as_secs() + u64::from(exceeded.wait.subsec_nanos() > 0);
        let limit = exceeded.rate.setting();
        Self::new(Code::TooManyRequests).retry_after(Duration::from_secs(whole)).with_data("limit", limit)
    }
}

/// The limits of the settings, and how much of them is used.
#[derive(Debug)]
pub struct Limits {
    routes: RouteTree,
    meters: [Keyed<Client>; Rate::COUNT],
    exceeded: [AtomicU64; Rate::COUNT],
    exempt: TrustedProxies,
}

impl Limits {
    /// Limits with the numbers that `of` gives; 0 is no limit. Addresses in `exempt` have none.
    #[must_use]
    pub fn new(of: impl Fn(Rate) -> u32, exempt: TrustedProxies) -> Self {
        let mut meters: [Keyed<Client>; Rate::COUNT] = Default::default();
        for (rate, meter) in Rate::iter().zip(&mut meters) {
            *meter = Keyed::new(of(rate), rate.period());
        }
        Self { routes: RouteTree::new(LINES), meters, exceeded: Default::default(), exempt }
    }

    /// No limits, for tests of other parts.
    #[must_use]
    pub fn none() -> Self {
        Self::new(|_| 0, TrustedProxies::default())
    }

    fn limit(&self, head: &RequestHead) -> Limit {
        self.routes.find(head.method.as_str(), head.uri.path()).map_or(Limit::UNKNOWN, |(limit, _)| limit)
    }

    /// The template of the route in the table, for requests that are refused before they are routed.
    #[must_use]
    pub fn template(&self, head: &RequestHead) -> Option<&'static str> {
        self.routes.find(head.method.as_str(), head.uri.path()).map(|(_, template)| template)
    }

    fn check(&self, rate: Rate, client: Client) -> Result<(), Exceeded> {
        let Some(meter) = self.meters.get(rate.index()) else { return Ok(()) };
        meter.check(client).map_err(|wait| {
            if let Some(number) = self.exceeded.get(rate.index()) {
                number.fetch_add(1, Relaxed);
            }
            Exceeded { rate, wait }
        })
    }

    /// Counts a request of `address`, as far as its route is limited by address.
    ///
    /// # Errors
    /// The limit that it exceeds.
    pub fn address(&self, head: &RequestHead, address: IpAddr) -> Result<(), Exceeded> {
        match self.limit(head).address {
            Some(rate) if !self.exempt.contains(address) => self.check(rate, Client::Address(client_block(address))),
            _ => Ok(()),
        }
    }

    /// Counts a request of `user_id`.
    ///
    /// # Errors
    /// 429 if it exceeds a limit.
    pub fn user(&self, req: &HttpRequest, user_id: UserId) -> Result<(), Problem> {
        match self.limit(req.head()).user {
            Some(rate) => Ok(self.check(rate, Client::User(user_id))?),
            None => Ok(()),
        }
    }

    /// Whether `address` has had so many requests refused that the next refusal comes late.
    #[must_use]
    pub fn is_refused_often(&self, address: IpAddr) -> bool {
        !self.exempt.contains(address) && self.check(Rate::Refusals, Client::Address(client_block(address))).is_err()
    }

    /// Waits before a request beyond a limit is answered.
    pub async fn pace() {
        tokio::time::sleep(PACE).await;
    }

    /// The number of requests beyond each limit since the start, by the name of the setting.
    #[must_use]
    pub fn exceeded(&self) -> Vec<(&'static str, u64)> {
        Rate::iter().zip(&self.exceeded).map(|(rate, number)| (rate.setting(), number.load(Relaxed))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_rounded_up_to_whole_seconds() {
        for (ms, expected) in [(1, "1"), (1_000, "1"), (1_001, "2"), (59_500, "60")] {
            let exceeded = Exceeded { rate: Rate::Orders, wait: Duration::from_millis(ms) };
            let response = actix_web::ResponseError::error_response(&Problem::from(exceeded));
            assert_eq!(response.status().as_u16(), 429);
            assert_eq!(response.headers().get("retry-after").unwrap(), expected, "{ms} ms");
        }
    }
}
