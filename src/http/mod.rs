//! The HTTP side: [`route`] has every route on one screen, one file per resource has its handlers.
//!
//! A request passes [`middleware`] (request id, log line, problems, headers) and, where it is new work, the [`door`]; then
//! the extractors of its handler in this
//! order: who asks ([`auth`]), what it names ([`path`], [`page`], [`key`]), what it says ([`body`]). A handler asks an
//! owner or the coordinator and words the answer. Whatever goes wrong is a [`problem::Problem`].

pub mod audit;
pub mod auth;
pub mod balance;
pub mod body;
pub mod callback;
pub mod coupon;
pub mod door;
pub mod field;
pub mod goods;
pub mod health;
pub mod html;
pub mod key;
pub mod life;
pub mod listing;
pub mod message;
pub mod middleware;
pub mod order;
pub mod page;
pub mod password;
pub mod path;
pub mod pay_page;
pub mod payment;
pub mod problem;
pub mod query;
pub mod route;
pub mod sandbox;
pub mod sandbox_page;
pub mod session;
pub mod status;
pub mod stock;
pub mod story;
pub mod token;
pub mod user;

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::actor::Health;
use crate::coordinator::{self, actor::OrderCoordinator};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::IdGenerator;
use crate::gateway::Gateways;
use crate::messaging::relay::Outbox;
use crate::settlement::actor::Settlement;
use password::Passwords;
use problem::{Code, Problem};
use token::Tokens;

/// All that handlers need; one for all workers, in `web::Data`.
pub struct State {
    /// The owners.
    pub owners: coordinator::Owners,
    /// Places orders and starts payments.
    pub coordinator: Addr<OrderCoordinator>,
    /// Gives up orders, asks platforms.
    pub settlement: Addr<Settlement>,
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
    pub auditor: audit::Auditor,
    /// Where new work is let in.
    pub door: door::Door,
    /// A body that takes longer is refused: `http.body_within`.
    pub body_within: Duration,
}

/// What a handler answers.
pub type Answer = Result<HttpResponse, Problem>;

/// The [`State`] of the application that serves `req`.
fn state(req: &HttpRequest) -> Result<web::Data<State>, Problem> {
    req.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::new(Code::Internal))
}

#[cfg(test)]
mod tests;
