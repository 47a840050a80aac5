//! What the clients asked for and what they were told: the only witness of what was acknowledged. The server is killed,
//! this process is not, so the file is for people; the checks read the memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::http::Reply;

/// What a request with an idempotency key asks for.
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

/// What is known of a request's outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No answer, or one that says "ask again".
    Unknown,
    /// 201, with the id.
    Made(String),
    /// A refusal: its status, its code, and the order's id.
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
    began: Instant,
    pub requests: Vec<Request>,
    /// Payments the platform was asked to charge, and whether it answered.
    pub charges: BTreeMap<String, bool>,
    /// Orders somebody gave up (`cancelled`) or wanted the money of back (`refunded`), and whether that was acknowledged.
    pub acts: BTreeMap<String, (&'static str, bool)>,
    /// How often what was seen: the run proves nothing about what it never met.
    pub met: BTreeMap<String, u64>,
    /// A node died for good: its orders are given up, though there was time to drive them on.
    pub a_node_is_gone: bool,
    /// The platform could not write down every delivery: the callback counts, not its note of it.
    pub notes_are_lost: bool,
    /// What must never be, as it was seen.
    pub wrong: BTreeSet<String>,
}

impl History {
    pub fn new(file: &Path) -> Self {
        let file = File::create(file).unwrap();
        let (met, wrong) = (BTreeMap::new(), BTreeSet::new());
        Self {
            file,
            began: Instant::now(),
            requests: Vec::new(),
            charges: BTreeMap::new(),
            acts: BTreeMap::new(),
            met,
            a_node_is_gone: false,
            notes_are_lost: false,
            wrong,
        }
    }

    pub fn meet(&mut self, what: &str) {
        *self.met.entry(what.to_owned()).or_default() += 1;
    }

    pub fn times(&self, what: &str) -> u64 {
        self.met.get(what).copied().unwrap_or(0)
    }

    fn unanswered(&mut self, how: &str) {
        self.meet("unanswered");
        self.meet(how);
    }

    fn write(&mut self, phase: &str, what: &str, detail: &Value) {
        let at_ms = self.began.elapsed().as_millis();
        writeln!(self.file, r#"{{"at_ms":{at_ms},"phase":"{phase}","what":"{what}","detail":{detail}}}"#).unwrap();
    }

    /// A new request: its number.
    pub fn invoke(&mut self, kind: Kind, user: usize, body: Value) -> usize {
        let at = self.requests.len();
        let key = format!("key-{at}");
        self.write("invoke", &key, &body);
        self.requests.push(Request { kind, user, key, body, outcome: Outcome::Unknown });
        at
    }

    /// An answer to request `at`, the first or another: once an outcome is known it stays.
    pub fn told(&mut self, at: usize, reply: &Reply) -> Outcome {
        let (kind, key) = (self.requests[at].kind, self.requests[at].key.clone());
        let outcome = judge(kind, reply);
        let (phase, detail) = match &outcome {
            Outcome::Unknown => ("unknown", json!(format!("{reply:?}"))),
            Outcome::Made(id) => ("ok", json!(id)),
            Outcome::Refused(status, code, id) => ("refused", json!([status, code, id])),
        };
        self.write(phase, &key, &detail);
        match reply {
            Reply::Answer(500.., _) if !is_busy(reply) => {
                self.wrong.insert(format!("{key} was answered {reply:?}"));
            }
            Reply::Broken(how) => self.unanswered(how),
            Reply::Answer(..) => {}
        }
        let known = &mut self.requests[at].outcome;
        if *known == Outcome::Unknown {
            known.clone_from(&outcome);
        } else if outcome != Outcome::Unknown && outcome != *known {
            self.wrong.insert(format!("{key} was told {known:?}, then {outcome:?}"));
        }
        outcome
    }

    /// The platform was asked to charge a payment.
    pub fn charging(&mut self, pay_id: &str) {
        self.write("invoke", "charge", &json!(pay_id));
        self.charges.entry(pay_id.to_owned()).or_insert(false);
    }

    /// The platform's answer.
    pub fn charged(&mut self, pay_id: &str, reply: &Reply) {
        let ok = matches!(reply, Reply::Answer(200, _));
        self.write(if ok { "ok" } else { "unknown" }, "charge", &json!(pay_id));
        match reply {
            Reply::Answer(200, _) => {
                self.meet("charge");
                self.charges.insert(pay_id.to_owned(), true);
            }
            Reply::Answer(503, _) => {}
            // Its order was given up first: the platform was told to close it.
            Reply::Answer(409, _) => self.meet("closed before it was charged"),
            Reply::Answer(..) => {
                self.wrong.insert(format!("the charge of {pay_id} was answered {reply:?}"));
            }
            Reply::Broken(how) => self.unanswered(how),
        }
    }
}

fn is_busy(reply: &Reply) -> bool {
    matches!(reply, Reply::Answer(503, body) if body["code"] == "busy")
}

fn judge(kind: Kind, reply: &Reply) -> Outcome {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match reply {
        Reply::Answer(201, body) => Outcome::Made(text(&body[kind.id()])),
        Reply::Answer(409, body) if body["code"] == "idempotency_key_in_use" => Outcome::Unknown,
        Reply::Answer(status @ 400..500, body) => {
            Outcome::Refused(*status, text(&body["code"]), text(&body["order_id"]))
        }
        Reply::Answer(..) | Reply::Broken(_) => Outcome::Unknown,
    }
}
