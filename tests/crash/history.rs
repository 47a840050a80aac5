//! The requests of the clients and the replies to them. They show what was acknowledged. The file is for the reader of
//! a failure; the checks use the data in memory, as only the server is killed and not this process.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::http::Reply;

/// The kind of a request with an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Order,
    Payment,
}

impl Kind {
    pub const fn path(self) -> &'static str {
        match self {
            Self::Order => "/v1/orders",
            Self::Payment => "/v1/payments",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Order => "order_id",
            Self::Payment => "pay_id",
        }
    }
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There was no reply, or one after which the client must repeat the request.
    Unknown,
    /// Status 201 with this id.
    Made(String),
    /// A refusal: the status, the problem code, and the order's id.
    Refused(u16, String, String),
}

/// A request with an idempotency key.
#[derive(Debug)]
pub struct Request {
    pub kind: Kind,
    pub user: usize,
    pub key: String,
    pub body: Value,
    pub outcome: Outcome,
}

/// All requests of a run.
pub struct History {
    file: File,
    started: Instant,
    pub requests: Vec<Request>,
    /// Payments for which the platform was asked to charge the customer, and whether it confirmed the charge.
    pub charges: BTreeMap<String, bool>,
    /// Orders for which the customer requested a cancellation (`cancelled`) or a refund (`refunded`), and whether the
    /// shop confirmed it.
    pub reversals: BTreeMap<String, (&'static str, bool)>,
    /// Number of occurrences of each event. A run proves nothing about events it has not seen.
    pub counts: BTreeMap<String, u64>,
    /// A node was killed for good, so its orders may be cancelled before their deadline.
    pub a_node_was_killed: bool,
    /// The platform could not record every delivery, so a missing record does not prove a missing callback.
    pub delivery_records_may_be_lost: bool,
    /// Everything that must not happen and did.
    pub violations: BTreeSet<String>,
}

impl History {
    pub fn new(file: &Path) -> Self {
        let file = File::create(file).unwrap();
        let (counts, violations) = (BTreeMap::new(), BTreeSet::new());
        Self {
            file,
            started: Instant::now(),
            requests: Vec::new(),
            charges: BTreeMap::new(),
            reversals: BTreeMap::new(),
            counts,
            a_node_was_killed: false,
            delivery_records_may_be_lost: false,
            violations,
        }
    }

    pub fn note(&mut self, event: &str) {
        *self.counts.entry(event.to_owned()).or_default() += 1;
    }

    pub fn count(&self, event: &str) -> u64 {
        self.counts.get(event).copied().unwrap_or(0)
    }

    fn note_unanswered(&mut self, error: &str) {
        self.note("unanswered");
        self.note(error);
    }

    fn write(&mut self, phase: &str, what: &str, detail: &Value) {
        let at_ms = self.started.elapsed().as_millis();
        writeln!(self.file, r#"{{"at_ms":{at_ms},"phase":"{phase}","what":"{what}","detail":{detail}}}"#).unwrap();
    }

    /// Records a new request; returns its index.
    pub fn invoke(&mut self, kind: Kind, user: usize, body: Value) -> usize {
        let index = self.requests.len();
        let key = format!("key-{index}");
        self.write("invoke", &key, &body);
        self.requests.push(Request { kind, user, key, body, outcome: Outcome::Unknown });
        index
    }

    /// Records a reply to the request `index`, which may be repeated. An outcome that is known must not change.
    pub fn record_reply(&mut self, index: usize, reply: &Reply) -> Outcome {
        let (kind, key) = (self.requests[index].kind, self.requests[index].key.clone());
        let outcome = judge(kind, reply);
        let (phase, detail) = match &outcome {
            Outcome::Unknown => ("unknown", json!(format!("{reply:?}"))),
            Outcome::Made(id) => ("ok", json!(id)),
            Outcome::Refused(status, code, id) => ("refused", json!([status, code, id])),
        };
        self.write(phase, &key, &detail);
        match reply {
            Reply::Answer(500.., _) if !is_temporary(reply) => {
                self.violations.insert(format!("{key} was answered {reply:?}"));
            }
            Reply::Broken(error) => self.note_unanswered(error),
            Reply::Answer(..) => {}
        }
        let known = &mut self.requests[index].outcome;
        if *known == Outcome::Unknown {
            known.clone_from(&outcome);
        } else if outcome != Outcome::Unknown && outcome != *known {
            self.violations.insert(format!("{key} was answered {known:?}, then {outcome:?}"));
        }
        outcome
    }

    /// Records that the platform is asked to charge a payment.
    pub fn charge_requested(&mut self, pay_id: &str) {
        self.write("invoke", "charge", &json!(pay_id));
        self.charges.entry(pay_id.to_owned()).or_insert(false);
    }

    /// Records the platform's reply to a charge.
    pub fn charge_answered(&mut self, pay_id: &str, reply: &Reply) {
        let is_done = matches!(reply, Reply::Answer(200, _));
        self.write(if is_done { "ok" } else { "unknown" }, "charge", &json!(pay_id));
        match reply {
            Reply::Answer(200, _) => {
                self.note("charge");
                self.charges.insert(pay_id.to_owned(), true);
            }
            Reply::Answer(503, _) => {}
            // The order was cancelled first, and the shop closed the payment.
            Reply::Answer(409, _) => self.note("closed before it was charged"),
            Reply::Answer(..) => {
                self.violations.insert(format!("the charge of {pay_id} was answered {reply:?}"));
            }
            Reply::Broken(error) => self.note_unanswered(error),
        }
    }
}

/// Whether the server says that the request can be sent again. The sandbox keeps its trades in the shop's database: if that
/// is away for some calls, the shop takes the platform for unavailable.
fn is_temporary(reply: &Reply) -> bool {
    matches!(reply, Reply::Answer(503, body) if body["code"] == "busy" || body["code"] == "platform_unavailable")
}

fn judge(kind: Kind, reply: &Reply) -> Outcome {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match reply {
        // 200 is a payment that was open already.
        Reply::Answer(200 | 201, body) => Outcome::Made(text(&body[kind.id()])),
        Reply::Answer(409, body) if body["code"] == "idempotency_key_in_use" => Outcome::Unknown,
        Reply::Answer(status @ 400..500, body) => {
            Outcome::Refused(*status, text(&body["code"]), text(&body["order_id"]))
        }
        Reply::Answer(..) | Reply::Broken(_) => Outcome::Unknown,
    }
}
