//! The figures of one moment. A part that did not reply in time is `None`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::at_risk::AtRisk;
use super::traffic::RouteReport;
use crate::actor::health::ActorReport;
use crate::audit::Report;
use crate::coordinator::message::Sagas;
use crate::db::connection::size::Size;
use crate::domain::clock::Timestamp;
use crate::domain::occurrence::Occurrence;
use crate::messaging::outbox::Backlog;
use crate::pay::message::PendingCounts;
use crate::payments::platform::report::PlatformReport;
use crate::trace::Counts;
use crate::webhook::message::Webhook;

/// Numbers by name.
pub type Named = Vec<(&'static str, u64)>;

/// All figures of one moment.
#[derive(Debug)]
pub struct Figures {
    /// The moment.
    pub now: Timestamp,
    /// Start of the process.
    pub started: Timestamp,
    /// Reports of all actors.
    pub actors: Vec<ActorReport>,
    /// Numbers of payments and refunds since the start, by event and payment product.
    pub occurrences: BTreeMap<(Occurrence, String), u64>,
    /// Numbers of messages between actors.
    pub edges: Vec<EdgeFigures>,
    /// Numbers of requests for an order by outcome.
    pub orders: Named,
    /// Numbers of sagas that ended by outcome.
    pub sagas_ended: Named,
    /// Numbers of refused orders by the code of the refusal.
    pub refusals: Named,
    /// Unfinished sagas.
    pub sagas: Option<Sagas>,
    /// The backlog of each outbox, by the name of its producer.
    pub backlogs: Vec<(&'static str, Option<Backlog>)>,
    /// Numbers of deliveries by consumer group.
    pub deliveries: Vec<DeliveryFigures>,
    /// Money at risk.
    pub at_risk: Option<Vec<AtRisk>>,
    /// Numbers of payments and refunds that are not final.
    pub pending: Option<PendingCounts>,
    /// State of the payment products.
    pub platforms: Vec<PlatformReport>,
    /// The webhooks.
    pub webhooks: Option<Vec<Webhook>>,
    /// Numbers of attempts to send events to webhooks by outcome.
    pub webhook_attempts: Named,
    /// HTTP requests by route.
    pub requests: Vec<RouteReport>,
    /// The figures of the HTTP servers.
    pub serving: Serving,
    /// Sizes of the stores that are files.
    pub stores: Option<Vec<StoreFigures>>,
    /// This node.
    pub node: NodeFigures,
    /// Number of log lines that were dropped.
    pub log_lines_dropped: u64,
    /// Numbers of spans of traces.
    pub trace_spans: Counts,
    /// The last audit of this process.
    pub audit: Option<Arc<Report>>,
}

impl Figures {
    /// Number of parts that did not reply in time.
    #[must_use]
    pub fn missing_parts(&self) -> usize {
        let missing = [
            self.sagas.is_none(),
            self.at_risk.is_none(),
            self.pending.is_none(),
            self.stores.is_none(),
            self.webhooks.is_none(),
        ];
        let backlogs = self.backlogs.iter().filter(|(_, backlog)| backlog.is_none()).count();
        backlogs + missing.into_iter().filter(|is_missing| *is_missing).count()
    }
}

/// Number of messages from one actor to another since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeFigures {
    /// Name of the sender.
    pub from: &'static str,
    /// Name of the receiver.
    pub to: &'static str,
    /// Number of messages.
    pub sent: u64,
}

/// Number of deliveries to one consumer group since the start.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryFigures {
    /// Name of the producer.
    pub producer: &'static str,
    /// Name of the consumer group.
    pub group: &'static str,
    /// Numbers of deliveries by the name of the outcome.
    pub by_outcome: [(&'static str, u64); 4],
}

/// The figures of the HTTP servers.
#[derive(Debug, Clone, Default)]
pub struct Serving {
    /// Requests for new work.
    pub admission: Admission,
    /// Connections of all servers.
    pub connections: ConnectionFigures,
    /// Requests beyond a limit since the start, by the name of the limit.
    pub limited: Vec<(&'static str, u64)>,
}

/// Connections of clients.
#[derive(Debug, Clone, Default)]
pub struct ConnectionFigures {
    /// Connections that may be open at once.
    pub capacity: usize,
    /// Open connections.
    pub open: usize,
    /// Connections that were ended since the start, by the reason.
    pub ended: Vec<(&'static str, u64)>,
}

/// Admission of requests for new work.
#[derive(Debug, Clone, Copy, Default)]
pub struct Admission {
    /// Requests that may be in flight at once.
    pub capacity: usize,
    /// Requests in flight.
    pub in_flight: usize,
    /// Requests refused since the start.
    pub refused: u64,
}

/// The file of one store.
#[derive(Debug, Clone, Copy)]
pub struct StoreFigures {
    /// Name of the owner.
    pub owner: &'static str,
    /// Sizes of the file.
    pub size: Size,
}

/// This node among those that share its stores.
#[derive(Debug, Clone, Copy)]
pub struct NodeFigures {
    /// Whether it may write.
    pub has_lease: bool,
    /// Number of nodes with a valid lease, this one included.
    pub alive: usize,
    /// The system time minus the database's time.
    pub clock_difference_ms: i64,
}
