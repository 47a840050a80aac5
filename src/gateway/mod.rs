//! The [`Gateway`] trait, through which the shop reaches every payment platform, and the types of its calls.

pub mod alipay;
pub mod checkout;
pub mod crypto;
pub mod notification;
pub mod statement;
pub mod text;
pub mod ticket;
pub mod wechat;
mod wire;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::text::Payer;
use statement::Bill;
use statement::day::Day;

pub use checkout::{Checkout, CheckoutKind};
pub use notification::{Event, Notification, Reject, Reply, WrongRecipient};
pub use statement::{Entry, Statement};

/// Result of a call to a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The platform gave an answer that can be trusted.
    Known(T),
    /// The call may or may not have taken effect, for this reason. Repeat it with the same id. The reason is for the
    /// log.
    Unknown(String),
    /// The platform gave an answer that can be trusted and does not decide the outcome, for this reason, such as a
    /// balance that is too low. Repeat the call with the same id later. The platform itself is well.
    Undecided(String),
}

/// Status of a payment at its platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStatus {
    /// The payment waits for the customer.
    Unpaid,
    /// The payment was not paid and can no longer be paid.
    Closed,
    /// The platform does not know the id.
    NotFound,
    /// The customer was charged.
    Paid(Charge),
}

/// A charge, as reported by the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The platform's id of the payment.
    pub trade_no: String,
    /// The amount charged.
    pub amount: Money,
    /// The currency's code: `CNY`.
    pub currency: String,
    /// The part of the recipient that differs from our account; `None` if the payment is ours.
    pub wrong_recipient: Option<WrongRecipient>,
}

/// A payment to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Our id of the payment.
    pub pay_id: PayId,
    /// The amount due.
    pub amount: Money,
    /// The time at which the platform closes the payment if it is still unpaid.
    pub closes_at: Timestamp,
    /// The customer's id at the platform. Required if [`Gateway::needs_payer`] is true.
    pub payer: Option<Payer>,
    /// The page to which the customer goes afterwards; `None` for the payment's own page. See
    /// [`Gateway::takes_return_url`].
    pub return_url: Option<String>,
    /// The customer's address, if it is known.
    pub client_ip: Option<IpAddr>,
}

/// A refund to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Our id of the refund. It makes the call idempotent.
    pub refund_id: RefundId,
    /// Our id of the payment.
    pub pay_id: PayId,
    /// The amount to refund.
    pub amount: Money,
    /// The total amount of the payment.
    pub paid: Money,
    /// The reason, as the customer sees it.
    pub reason: String,
}

/// Status of a refund at its platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStatus {
    /// The money was refunded.
    Done,
    /// The platform accepted the refund but has not completed it.
    Pending,
    /// The platform does not know the id.
    NotFound,
    /// The platform rejected the refund for good, for this reason. A retry cannot succeed.
    Refused(String),
}

/// The money that a platform has given back of a payment so far, by requests of ours or by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    /// The sum of all refunds.
    Sum(Money),
    /// At least one refund was made; the platform does not say how much.
    Something,
    /// The platform does not report it.
    NotReported,
}

/// A boxed future that is not `Send`.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// One product of a payment platform, for one merchant account.
pub trait Gateway: Send + Sync {
    /// The name used in requests, rows and the callback URL.
    fn name(&self) -> &str;

    /// The name of the platform, which several products may share. A platform that does not answer for one of its
    /// products is not called for the others.
    fn platform(&self) -> &str {
        self.name()
    }

    /// The kind of checkout that [`create`](Self::create) returns.
    fn checkout_kind(&self) -> CheckoutKind;

    /// Whether the platform sends the customer to [`Purchase::return_url`].
    fn takes_return_url(&self) -> bool {
        false
    }

    /// Whether [`create`](Self::create) makes the checkout without calling the platform.
    fn creates_locally(&self) -> bool {
        false
    }

    /// Whether [`Purchase::payer`] is required.
    fn needs_payer(&self) -> bool {
        false
    }

    /// Whether the checkout that [`create`](Self::create) returns expires, so that a customer who comes back needs a
    /// new one.
    fn checkout_expires(&self) -> bool {
        false
    }

    /// How long a payment can be made, if that is shorter than its order's time to be paid. A customer who comes back later
    /// needs a new payment.
    fn payment_lasts(&self) -> Option<Duration> {
        None
    }

    /// Starts a payment. The call is idempotent by `purchase.pay_id`. `Known(None)` means that the payment was started
    /// before and the platform does not repeat the checkout.
    fn create(&self, purchase: Purchase) -> LocalFuture<'_, Outcome<Option<Checkout>>>;

    /// Queries the status of a payment.
    fn query(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>>;

    /// Closes a payment so that it can no longer be paid, and returns its status after that: `Paid` if the customer
    /// paid first, never `Unpaid`.
    fn close(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>>;

    /// Makes a refund. The call is idempotent by `refund.refund_id`.
    fn refund(&self, refund: Refund) -> LocalFuture<'_, Outcome<RefundStatus>>;

    /// Queries the status of a refund.
    fn query_refund(&self, pay_id: PayId, refund_id: RefundId) -> LocalFuture<'_, Outcome<RefundStatus>>;

    /// Queries the money that the platform has given back of a payment.
    fn query_given_back(&self, _: PayId) -> LocalFuture<'_, Outcome<GivenBack>> {
        Box::pin(std::future::ready(Outcome::Known(GivenBack::NotReported)))
    }

    /// Downloads the platform's statement of a day, as the platform made it. A platform whose statements cannot be
    /// downloaded returns an error.
    fn download_statement(&self, _: Bill, _: Day) -> LocalFuture<'_, Result<Vec<u8>, String>> {
        Box::pin(async { Err("its statements cannot be downloaded: give a file".to_owned()) })
    }

    /// Verifies and then parses a callback. `header` looks up a request header, `body` is the raw body, and `now` is
    /// compared with the timestamp of the signature. `Ok(None)` means that the callback is authentic but irrelevant to
    /// payments and refunds.
    ///
    /// # Errors
    /// [`Reject`] if the callback is not authentic or cannot be parsed.
    fn read_callback(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Notification>, Reject>;

    /// The reply to a callback that is stored. It ends the platform's redeliveries.
    fn acknowledgement(&self) -> Reply;

    /// The reply to a callback that is refused. `status` and `why` are the HTTP status and the reason that any client
    /// would get. `None` if the platform accepts the shop's usual problem response.
    fn refusal(&self, status: u16, why: &str) -> Option<Reply>;
}

/// Properties of this shop that the gateways need.
#[derive(Debug, Clone)]
pub struct Shop {
    /// The shop's public base URL, without a trailing slash; empty if it is not configured.
    pub public_url: String,
    /// The source of the current time.
    pub clock: Clock,
    /// The addresses of the pages of payments.
    pub pay_pages: ticket::PayPages,
}

impl Shop {
    /// The URL to which the platform named `provider` sends its callbacks.
    #[must_use]
    pub fn callback_url(&self, provider: &str) -> String {
        format!("{}/v1/payments/callbacks/{provider}", self.public_url)
    }

    /// The URL of the page that shows a payment's status to the customer.
    #[must_use]
    pub fn page_url(&self, pay_id: PayId) -> String {
        format!("{}{}", self.public_url, self.pay_pages.path(pay_id))
    }
}

/// The configured gateways.
#[derive(Clone, Default)]
pub struct Gateways {
    all: Vec<std::sync::Arc<dyn Gateway>>,
}

impl Gateways {
    /// Creates the set from `all`.
    #[must_use]
    pub fn new(all: Vec<std::sync::Arc<dyn Gateway>>) -> Self {
        Self { all }
    }

    /// All gateways.
    pub fn all(&self) -> impl Iterator<Item = &std::sync::Arc<dyn Gateway>> {
        self.all.iter()
    }

    /// Finds a gateway by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&dyn Gateway> {
        self.all.iter().find(|gateway| gateway.name() == name).map(std::convert::AsRef::as_ref)
    }
}
