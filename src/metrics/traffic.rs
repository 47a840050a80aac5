//! Numbers and durations of HTTP requests by route, method and class of status.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::RwLock;

/// The methods that have numbers of their own; the last one stands for all others.
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PATCH", "OPTIONS", "other"];
/// The classes of status.
pub const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// Upper bounds of the buckets of durations, in microseconds. A further bucket has what takes longer.
const BOUNDS_US: [u64; 12] =
    [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000];
const BUCKETS: usize = BOUNDS_US.len() + 1;

/// The requests that have been answered since the start.
#[derive(Debug, Default)]
pub struct Traffic {
    routes: RwLock<HashMap<String, Arc<[Counters; METHODS.len()]>>>,
}

/// The counters of one method of a route.
#[derive(Debug, Default)]
struct Counters {
    classes: [AtomicU64; CLASSES.len()],
    buckets: [AtomicU64; BUCKETS],
    sum_us: AtomicU64,
}

/// The requests to one route with one method.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteReport {
    /// Template of the route, such as `/v1/orders/{id}`.
    pub route: String,
    /// The method, one of [`METHODS`].
    pub method: &'static str,
    /// Numbers of responses, in the order of [`CLASSES`].
    pub classes: [u64; CLASSES.len()],
    /// Upper bound and number of requests of each bucket of durations; the last bound is infinite.
    pub buckets: Vec<(Duration, u64)>,
    /// Sum of all durations.
    pub sum: Duration,
}

impl RouteReport {
    /// Number of requests.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.classes.iter().sum()
    }
}

impl Traffic {
    /// Counts a request to the route with this template.
    pub fn record(&self, route: &str, method: &str, status: u16, took: Duration) {
        let counters = self.counters(route);
        let at = METHODS.iter().position(|known| *known == method).unwrap_or(METHODS.len() - 1);
        let Some(counters) = counters.get(at) else { return };
        let class = usize::from(status / 100).saturating_sub(1).min(CLASSES.len() - 1);
        if let Some(number) = counters.classes.get(class) {
            number.fetch_add(1, Relaxed);
        }
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(number) = counters.buckets.get(BOUNDS_US.partition_point(|bound| *bound < us)) {
            number.fetch_add(1, Relaxed);
        }
        counters.sum_us.fetch_add(us, Relaxed);
    }

    fn counters(&self, route: &str) -> Arc<[Counters; METHODS.len()]> {
        if let Some(known) = self.routes.read().get(route) {
            return Arc::clone(known);
        }
        Arc::clone(self.routes.write().entry(route.to_owned()).or_default())
    }

    /// The numbers of each route and method that was requested, sorted.
    #[must_use]
    pub fn report(&self) -> Vec<RouteReport> {
        let routes = self.routes.read();
        let of_route = |(route, methods): (&String, &Arc<[Counters; METHODS.len()]>)| {
            let of_method = |(method, counters): (&&'static str, &Counters)| {
                let read = |number: &AtomicU64| number.load(Relaxed);
                let bounds = BOUNDS_US.iter().map(|us| Duration::from_micros(*us)).chain([Duration::MAX]);
                RouteReport {
                    route: route.clone(),
                    method,
                    classes: counters.classes.each_ref().map(read),
                    buckets: bounds.zip(counters.buckets.each_ref().map(read)).collect(),
                    sum: Duration::from_micros(read(&counters.sum_us)),
                }
            };
            METHODS.iter().zip(methods.iter()).map(of_method).collect::<Vec<_>>()
        };
        let mut reports: Vec<RouteReport> = routes.iter().flat_map(of_route).collect();
        drop(routes);
        reports.retain(|report| report.count() > 0);
        reports.sort_by(|one, other| (&one.route, one.method).cmp(&(&other.route, other.method)));
        reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_by_route_method_class_and_duration() {
        let traffic = Traffic::default();
        let orders = "/v1/orders";
        for (method, status, ms) in [("GET", 200, 1), ("GET", 404, 2), ("POST", 503, 20_000), ("BREW", 405, 1)] {
            traffic.record(orders, method, status, Duration::from_millis(ms));
        }
        let reports = traffic.report();
        let summary = |report: &RouteReport| (report.method, report.classes, report.sum.as_millis());
        assert_eq!(
            reports.iter().map(summary).collect::<Vec<_>>(),
            [("GET", [0, 1, 0, 1, 0], 3), ("POST", [0, 0, 0, 0, 1], 20_000), ("other", [0, 0, 0, 1, 0], 1)]
        );
        let first = reports.first().unwrap();
        assert_eq!(first.buckets.iter().map(|(_, number)| number).sum::<u64>(), first.count());
        assert_eq!(first.buckets[..2], [(Duration::from_millis(1), 1), (Duration::from_micros(2_500), 1)]);
        assert_eq!(reports[1].buckets.last(), Some(&(Duration::MAX, 1)));
    }
}
