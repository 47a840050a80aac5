//! Alipay as Pay sees it: two ways to pay, each with its name, on one account.

use std::sync::Arc;

use serde::Serialize;

use super::account::MerchantAccount;
use super::{amount, notify, time, trade};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::gateway::{
    Checkout, Gateway, LocalFuture, Notification, Outcome, PaymentStatus, Purchase, Refund, RefundStatus, Reject, Reply,
};

/// How a customer gets to Alipay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The browser is sent there.
    Page,
    /// Its app scans a code.
    Code,
}

impl Product {
    const fn name(self) -> &'static str {
        match self {
            Self::Page => "alipay",
            Self::Code => "alipay_qr",
        }
    }

    const fn product(self) -> &'static str {
        match self {
            Self::Page => "FAST_INSTANT_TRADE_PAY",
            Self::Code => "QR_CODE_OFFLINE",
        }
    }
}

/// A payment that begins.
#[derive(Serialize)]
struct PaymentRequest {
    out_trade_no: String,
    total_amount: String,
    subject: String,
    product_code: &'static str,
    time_expire: String,
}

/// A payment that is asked for, or closed.
#[derive(Serialize)]
struct PaymentQuery {
    out_trade_no: String,
}

/// A refund that is made.
#[derive(Serialize)]
struct RefundRequest {
    out_trade_no: String,
    refund_amount: String,
    out_request_no: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    refund_reason: String,
}

/// A refund that is asked for.
#[derive(Serialize)]
struct RefundQuery {
    out_trade_no: String,
    out_request_no: String,
}

/// One product to pay.
#[derive(Debug)]
pub struct AlipayGateway {
    product: Product,
    account: Arc<MerchantAccount>,
}

impl AlipayGateway {
    /// This product to pay to an account.
    #[must_use]
    pub const fn new(product: Product, account: Arc<MerchantAccount>) -> Self {
        Self { product, account }
    }

    fn begin(&self, purchase: &Purchase) -> Option<PaymentRequest> {
        let pay_id = purchase.pay_id.to_string();
        Some(PaymentRequest {
            total_amount: amount::write(purchase.amount),
            subject: format!("{} {pay_id}", self.account.subject),
            out_trade_no: pay_id,
            product_code: self.product.product(),
            time_expire: time::write(time::end(purchase.closes_at, self.account.shop.clock.now()))?,
        })
    }

    /// Nobody asks Alipay here: the browser brings what we signed.
    async fn page(&self, begin: &PaymentRequest, notify_url: &str, return_url: &str) -> Outcome<Option<Checkout>> {
        match self.account.signed("alipay.trade.page.pay", begin, notify_url, return_url).await {
            Ok(signed) => Outcome::Known(Some(Checkout::Redirect { url: signed.address(&self.account.url) })),
            Err(why) => Outcome::Unknown(why),
        }
    }
}

impl Gateway for AlipayGateway {
    fn name(&self) -> &str {
        self.product.name()
    }

    /// The address of the page has a time in it, after which the gateway need not take it for long.
    fn checkout_expires(&self) -> bool {
        self.product == Product::Page
    }

    fn create(&self, purchase: Purchase) -> LocalFuture<'_, Outcome<Option<Checkout>>> {
        Box::pin(async move {
            let Some(begin) = self.begin(&purchase) else {
                return Outcome::Unknown("there is no such time".to_owned());
            };
            let shop = &self.account.shop;
            let notify_url = shop.callback_url(self.name());
            match self.product {
                Product::Page => self.page(&begin, &notify_url, &shop.page_url(purchase.pay_id)).await,
                Product::Code => {
                    let answer = self.account.ask("alipay.trade.precreate", &begin, &notify_url).await;
                    trade::created(answer, purchase.pay_id)
                }
            }
        })
    }

    fn query(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(async move {
            let asked = PaymentQuery { out_trade_no: pay_id.to_string() };
            trade::queried(self.account.ask("alipay.trade.query", &asked, "").await, pay_id)
        })
    }

    fn close(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(async move {
            let asked = PaymentQuery { out_trade_no: pay_id.to_string() };
            let answer = self.account.ask("alipay.trade.close", &asked, "").await;
            match trade::closed(answer, pay_id) {
                Some(outcome) => outcome,
                None => match self.query(pay_id).await {
                    Outcome::Known(PaymentStatus::Unpaid) => Outcome::Unknown("it was not closed".to_owned()),
                    outcome => outcome,
                },
            }
        })
    }

    fn refund(&self, refund: Refund) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(async move {
            let asked = RefundRequest {
                out_trade_no: refund.pay_id.to_string(),
                refund_amount: amount::write(refund.amount),
                out_request_no: refund.refund_id.to_string(),
                refund_reason: refund.reason,
            };
            trade::refunded(self.account.ask("alipay.trade.refund", &asked, "").await, refund.pay_id)
        })
    }

    fn query_refund(&self, pay_id: PayId, refund_id: RefundId) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(async move {
            let asked = RefundQuery { out_trade_no: pay_id.to_string(), out_request_no: refund_id.to_string() };
            let answer = self.account.ask("alipay.trade.fastpay.refund.query", &asked, "").await;
            trade::refund_queried(answer, pay_id, refund_id)
        })
    }

    fn read_callback(
        &self,
        _: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        _: Timestamp,
    ) -> Result<Option<Notification>, Reject> {
        notify::read(&self.account, body)
    }

    fn acknowledgement(&self) -> Reply {
        Reply { status: 200, content_type: Some("text/plain"), body: "success".to_owned() }
    }

    fn refusal(&self, _: u16, _: &str) -> Option<Reply> {
        Some(Reply { status: 200, content_type: Some("text/plain"), body: "fail".to_owned() })
    }
}
