//! Payment platforms behind one trait.

pub mod sandbox;

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;

use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;

/// Where a customer pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checkout {
    /// How to get there.
    pub kind: CheckoutKind,
    /// The address.
    pub url: String,
}

/// How a customer gets to the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutKind {
    /// The browser is sent to the address.
    Redirect,
}

impl CheckoutKind {
    /// The word that is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        (code == Self::Redirect.code()).then_some(Self::Redirect)
    }
}

/// What a platform tells, its signature checked, nothing of it believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The platform's id of the event, the same in every delivery of it.
    pub event_id: String,
    /// What happened.
    pub event: Event,
    /// Our number of the payment, as the platform says it.
    pub out_trade_no: String,
    /// The platform's number of the payment.
    pub trade_no: String,
    /// The amount it says.
    pub amount: Money,
    /// The currency it says.
    pub currency: String,
    /// Whether it is for the merchant in our settings.
    pub merchant_is_ours: bool,
}

/// What happened at a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The customer paid.
    Paid,
    /// The customer, or the platform, declined.
    Declined,
    /// Money went back: the number of the refund.
    Refunded(String),
}

/// Why a callback is not even read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// The signature is missing, malformed, wrong or too old.
    #[error("the signature is not valid")]
    Signature,
    /// The signature is good, the content is none we know.
    #[error("the notice cannot be read")]
    Unreadable,
}

/// What asking a platform gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The platform answered.
    Known(T),
    /// It may or may not have happened: ask again with the same number.
    Unknown(String),
}

/// How a payment stands at its platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It waits for the customer.
    Unpaid,
    /// It can be paid no more.
    Closed,
    /// The platform does not know the number.
    Missing,
    /// The customer was charged.
    Paid(Charge),
}

/// What a customer was charged, as the platform says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The platform's number of the payment.
    pub trade_no: String,
    /// How much.
    pub amount: Money,
    /// In which currency.
    pub currency: String,
    /// Whether it is for the merchant in our settings.
    pub merchant_is_ours: bool,
}

/// What a platform is to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Our number of it: the same number again is the same refund.
    pub refund_id: RefundId,
    /// Of which payment.
    pub pay_id: PayId,
    /// How much of it.
    pub amount: Money,
    /// All that was paid.
    pub paid: Money,
    /// Why, for the customer.
    pub reason: String,
}

/// How a refund stands at its platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunding {
    /// The money is back.
    Done,
    /// It is on its way.
    Pending,
    /// The platform does not know the number.
    Missing,
    /// The platform will not do it, for this reason; trying again does not help.
    Refused(String),
}

/// One line of a platform's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Our number of the payment, as the platform says it.
    pub out_trade_no: String,
    /// The platform's number of the payment.
    pub trade_no: String,
    /// Our number of the refund, where it is one.
    pub refund_no: Option<String>,
    /// How much went in, or back.
    pub amount: Money,
    /// When.
    pub time: Timestamp,
}

/// A future that stays on its thread.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// One payment platform.
pub trait Gateway: Send + Sync {
    /// Its name in requests, rows and the callback's address.
    fn name(&self) -> &'static str;

    /// Starts a payment of `amount` under our number `pay_id`; the same number again gives the same checkout.
    fn create(&self, pay_id: PayId, amount: Money) -> LocalFuture<'_, Outcome<Checkout>>;

    /// Asks how a payment stands.
    fn query(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<Standing>>;

    /// Closes a payment, so that it cannot be paid any more, and answers how it stands then: `Paid` where the customer
    /// was faster, never `Unpaid`.
    fn close(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<Standing>>;

    /// Gives money back; the same number again is the same refund.
    fn refund(&self, refund: Refund) -> LocalFuture<'_, Outcome<Refunding>>;

    /// Asks how a refund stands.
    fn query_refund(&self, pay_id: PayId, refund_id: RefundId) -> LocalFuture<'_, Outcome<Refunding>>;

    /// Reads a callback: `header` looks a request header up, `body` is the raw bytes. Verifies before it parses.
    ///
    /// # Errors
    /// [`Reject`].
    fn read_callback(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Notice, Reject>;

    /// The body that tells the platform its notice is safe here.
    fn acknowledgement(&self) -> &'static str;
}

/// How a platform's statement is read; an error says what is wrong with it, naming the line.
pub type StatementReader = fn(&str) -> Result<Vec<Entry>, String>;

/// The platform with this name and the way to read its statements; `second` is the sandbox's other name, if it has one.
#[must_use]
pub fn statement_reader(provider: &str, second: &str) -> Option<(&'static str, StatementReader)> {
    let is_second = !second.is_empty() && provider == second;
    let name = if is_second { &*second.to_owned().leak() } else { sandbox::NAME };
    (is_second || provider == sandbox::NAME).then_some((name, sandbox::statement::read))
}

/// The platforms that are set up.
#[derive(Clone, Default)]
pub struct Gateways {
    all: Vec<std::sync::Arc<dyn Gateway>>,
}

impl Gateways {
    /// These platforms.
    #[must_use]
    pub fn new(all: Vec<std::sync::Arc<dyn Gateway>>) -> Self {
        Self { all }
    }

    /// The platform with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&dyn Gateway> {
        self.all.iter().find(|gateway| gateway.name() == name).map(std::convert::AsRef::as_ref)
    }
}
