//! What handlers work with.

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

/// All that handlers need; one for all workers, in `web::Data`.
pub struct State {
    /// The owners.
    pub owners: coordinator::Owners,
    /// Places orders and starts payments.
    pub coordinator: Addr<OrderCoordinator>,
    /// Gives up orders, asks platforms.
    pub payments: Addr<Payments>,
    /// The payment platforms.
    pub gateways: Gateways,
    /// New ids.
    pub ids: Arc<IdGenerator>,
    /// The time.
    pub clock: Clock,
    /// Makes and reads access tokens.
    pub tokens: Tokens,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// The counters of all actors.
    pub health: Vec<Arc<Health>>,
    /// The outboxes.
    pub outboxes: Vec<Outbox>,
    /// When this process started.
    pub started: Timestamp,
    /// Checks the books.
    pub auditor: Auditor,
    /// Where new work is let in.
    pub admission: AdmissionControl,
    /// A body that takes longer is refused: `http.body_within`.
    pub body_within: Duration,
}

/// What a handler answers.
pub type Answer = Result<HttpResponse, Problem>;

/// The [`State`] of the application that serves `req`.
pub fn state(req: &HttpRequest) -> Result<web::Data<State>, Problem> {
    req.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::new(Code::Internal))
}
