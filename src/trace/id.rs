//! The ids of traces and spans.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

use crate::domain::id::OrderId;

/// The id of a trace: 16 bytes, not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub [u8; 16]);

/// The id of a span within its trace: 8 bytes, not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub [u8; 8]);

/// The first bytes of a hash of `text` among the texts of one `kind`, as the ids of a trace and of a span. All zero, which
/// the formats of traces exclude, is as unlikely as a collision.
fn hash(kind: &str, text: &str) -> (TraceId, SpanId) {
    let digest = digest(&SHA256, format!("tradepost {kind} {text}").as_bytes());
    let (trace, rest) = digest.as_ref().split_first_chunk().map_or(([1; 16], [].as_slice()), |(id, rest)| (*id, rest));
    (TraceId(trace), SpanId(rest.first_chunk().copied().unwrap_or([1; 8])))
}

impl TraceId {
    /// The trace of an order. It is the same on every node and after every restart.
    #[must_use]
    pub fn of_order(order_id: OrderId) -> Self {
        hash("order", &order_id.to_string()).0
    }

    /// The trace of a request that concerns no order, by the id of the request.
    #[must_use]
    pub fn of_request(request_id: &str) -> Self {
        hash("request", request_id).0
    }
}

impl SpanId {
    /// The root span of an order's trace, under which all other spans of the trace are.
    #[must_use]
    pub fn of_order(order_id: OrderId) -> Self {
        hash("order", &order_id.to_string()).1
    }

    /// A random id. It need not be secret.
    #[must_use]
    pub fn random() -> Self {
        Self(fastrand::u64(1..).to_be_bytes())
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_of_an_order_never_changes() {
        // Another value here would tear the traces of orders apart that are on their way during an upgrade.
        let order = OrderId::new(345_959_443_973_935_104);
        assert_eq!(TraceId::of_order(order).to_string(), "67d9cead1b50f37f0a51577f28cf999b");
        assert_eq!(SpanId::of_order(order).to_string(), "c213da50335edb29");
        assert_ne!(TraceId::of_order(order), TraceId::of_order(OrderId::new(1)));
        assert_ne!(TraceId::of_order(OrderId::new(1)), TraceId::of_request("1"));
    }
}
