//! Dependencies of the handlers.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use actix_web::{HttpRequest, HttpResponse, web};

use super::admin::auditor::Auditor;
use super::middleware::admission::AdmissionControl;
use super::problem::{Code, Problem};
use super::security::password::Passwords;
use super::security::token::Tokens;
use crate::actor::Health;
use crate::coordinator::{self, actor::OrderCoordinator};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::IdGenerator;
use crate::gateway::Gateways;
use crate::messaging::relay::Outbox;
use crate::payments::actor::Payments;

/// Dependencies of the handlers. All workers share one instance, in `web::Data`.
pub struct State {
    /// Addresses of the owners.
    pub owners: coordinator::Owners,
    /// Places orders.
    pub coordinator: Addr<OrderCoordinator>,
    /// Starts payments, cancels orders and queries the payment platforms.
    pub payments: Addr<Payments>,
    /// The payment platforms that are set up.
    pub gateways: Gateways,
    /// Generator of ids.
    pub ids: Arc<IdGenerator>,
    /// Source of the current time.
    pub clock: Clock,
    /// Issues and verifies access tokens.
    pub tokens: Tokens,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// Counters of all actors.
    pub health: Vec<Arc<Health>>,
    /// Outboxes of all producers.
    pub outboxes: Vec<Outbox>,
    /// Start time of this process.
    pub started: Timestamp,
    /// Runs the audit for administrators.
    pub auditor: Auditor,
    /// Limits how many requests for new work are in flight.
    pub admission: AdmissionControl,
    /// Time limit for receiving a request body: `http.body_within`.
    pub body_within: Duration,
}

/// Result of a handler.
pub type HandlerResult = Result<HttpResponse, Problem>;

/// The [`State`] of the application that serves `req`.
///
/// # Errors
/// 500 if the application has none, which is a bug.
pub fn state(req: &HttpRequest) -> Result<web::Data<State>, Problem> {
    req.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::new(Code::Internal))
}
