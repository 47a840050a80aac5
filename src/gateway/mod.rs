//! Payment platforms behind one trait.

pub mod alipay;
pub mod checkout;
pub mod crypto;
pub mod notification;
pub mod wechat;
mod wire;

use std::future::Future;
use std::pin::Pin;

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::text::Payer;

pub use checkout::Checkout;
pub use notification::{Event, Notification, Reject, Reply, WrongRecipient};

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
pub enum PaymentStatus {
    /// It waits for the customer.
    Unpaid,
    /// It can be paid no more.
    Closed,
    /// The platform does not know the number.
    NotFound,
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
    /// Whom it is for, where that is not us.
    pub wrong_recipient: Option<WrongRecipient>,
}

/// What a customer is to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Our number of it.
    pub pay_id: PayId,
    /// How much.
    pub amount: Money,
    /// When it is to end at the platform: what nobody has paid by then cannot be paid any more.
    pub closes_at: Timestamp,
    /// Who the customer is at the platform, where it must be told.
    pub payer: Option<Payer>,
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
pub enum RefundStatus {
    /// The money is back.
    Done,
    /// It is on its way.
    Pending,
    /// The platform does not know the number.
    NotFound,
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
    fn name(&self) -> &str;

    /// Whether the platform must be told who the customer is there.
    fn needs_payer(&self) -> bool {
        false
    }

    /// Whether where to pay is good for a while only: who comes back later is told it anew.
    fn checkout_expires(&self) -> bool {
        false
    }

    /// Starts a payment under our number; the same number again is the same payment. None: it was started before, and
    /// where to pay is not told twice.
    fn create(&self, purchase: Purchase) -> LocalFuture<'_, Outcome<Option<Checkout>>>;

    /// Asks how a payment stands.
    fn query(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>>;

    /// Closes a payment, so that it cannot be paid any more, and answers how it stands then: `Paid` where the customer
    /// was faster, never `Unpaid`.
    fn close(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>>;

    /// Gives money back; the same number again is the same refund.
    fn refund(&self, refund: Refund) -> LocalFuture<'_, Outcome<RefundStatus>>;

    /// Asks how a refund stands.
    fn query_refund(&self, pay_id: PayId, refund_id: RefundId) -> LocalFuture<'_, Outcome<RefundStatus>>;

    /// Reads a callback: `header` looks a request header up, `body` is the raw bytes. Verifies before it parses. None:
    /// it is good, and tells nothing that matters here.
    ///
    /// # Errors
    /// [`Reject`].
    fn read_callback(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Notification>, Reject>;

    /// Tells the platform that its notice is safe here.
    fn acknowledgement(&self) -> Reply;

    /// Tells the platform that its notice is not taken, with the status we would answer anybody and why; none where the
    /// platform takes our own words.
    fn refusal(&self, status: u16, why: &str) -> Option<Reply>;
}

/// How a platform's statement is read; an error says what is wrong with it, naming the line.
pub type StatementReader = fn(&str) -> Result<Vec<Entry>, String>;

/// What platforms are told of this shop.
#[derive(Debug, Clone)]
pub struct Shop {
    /// How the outside reaches it, without a slash at the end; empty where the settings do not say.
    pub public_url: String,
    /// The time.
    pub clock: Clock,
}

impl Shop {
    /// Where a platform sends its callbacks.
    #[must_use]
    pub fn callback_url(&self, provider: &str) -> String {
        format!("{}/v1/payments/callbacks/{provider}", self.public_url)
    }

    /// The page that shows a customer how a payment stands.
    #[must_use]
    pub fn page_url(&self, pay_id: PayId) -> String {
        format!("{}/pay/{pay_id}", self.public_url)
    }
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
