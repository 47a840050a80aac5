//! Implements [`Gateway`] for Alipay: two products, each with a name of its own, on one merchant account.

use std::sync::Arc;

use awc::http::Method;
use serde::Serialize;

use super::account::MerchantAccount;
use super::{amount, notify, time, trade};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::gateway::statement::Bill;
use crate::gateway::statement::day::Day;
use crate::gateway::wire::{self, Request};
use crate::gateway::{
    Checkout, CheckoutKind, Gateway, LocalFuture, Notification, Outcome, PaymentStatus, Purchase, Refund, RefundStatus,
    Reject, Reply,
};

/// Alipay's payment product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The browser is redirected to Alipay's page.
    Page,
    /// The customer scans a QR code with Alipay's app.
    Code,
}

impl Product {
    /// The gateway's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "alipay",
            Self::Code => "alipay_qr",
        }
    }

    /// The code of the product in requests.
    const fn code(self) -> &'static str {
        match self {
            Self::Page => "FAST_INSTANT_TRADE_PAY",
            Self::Code => "QR_CODE_OFFLINE",
        }
    }
}

/// Content of `alipay.trade.page.pay` and `alipay.trade.precreate`.
#[derive(Serialize)]
struct PaymentRequest {
    out_trade_no: String,
    total_amount: String,
    subject: String,
    product_code: &'static str,
    time_expire: String,
}

/// Content of `alipay.trade.query` and `alipay.trade.close`.
#[derive(Serialize)]
struct PaymentQuery {
    out_trade_no: String,
}

/// Content of `alipay.trade.refund`.
#[derive(Serialize)]
struct RefundRequest {
    out_trade_no: String,
    refund_amount: String,
    out_request_no: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    refund_reason: String,
}

/// Content of `alipay.trade.fastpay.refund.query`.
#[derive(Serialize)]
struct RefundQuery {
    out_trade_no: String,
    out_request_no: String,
}

/// Content of `alipay.data.dataservice.bill.downloadurl.query`.
#[derive(Serialize)]
struct BillQuery {
    bill_type: &'static str,
    bill_date: String,
}

/// The gateway to one product.
#[derive(Debug)]
pub struct AlipayGateway {
    product: Product,
    account: Arc<MerchantAccount>,
}

impl AlipayGateway {
    /// Creates the gateway to `product` for `account`.
    #[must_use]
    pub const fn new(product: Product, account: Arc<MerchantAccount>) -> Self {
        Self { product, account }
    }

    /// The content of the request that starts `purchase`; `None` if a time is out of the calendar's range.
    fn payment_request(&self, purchase: &Purchase) -> Option<PaymentRequest> {
        let pay_id = purchase.pay_id.to_string();
        Some(PaymentRequest {
            total_amount: amount::write(purchase.amount),
            subject: format!("{} {pay_id}", self.account.subject),
            out_trade_no: pay_id,
            product_code: self.product.code(),
            time_expire: time::write(time::expiry(purchase.closes_at, self.account.shop.clock.now()))?,
        })
    }

    /// Signs the URL of the payment page. The server does not call Alipay here; the browser sends the signed request.
    async fn page(&self, payment: &PaymentRequest, notify_url: &str, return_url: &str) -> Outcome<Option<Checkout>> {
        match self.account.sign("alipay.trade.page.pay", payment, notify_url, return_url).await {
            Ok(signed) => Outcome::Known(Some(Checkout::Redirect { url: signed.page_url(&self.account.url) })),
            Err(why) => Outcome::Unknown(why),
        }
    }
}

impl Gateway for AlipayGateway {
    fn name(&self) -> &str {
        self.product.name()
    }

    fn platform(&self) -> &str {
        "alipay"
    }

    fn checkout_kind(&self) -> CheckoutKind {
        match self.product {
            Product::Page => CheckoutKind::Redirect,
            Product::Code => CheckoutKind::QrCode,
        }
    }

    fn takes_return_url(&self) -> bool {
        self.product == Product::Page
    }

    /// The browser sends the signed request of the page.
    fn creates_locally(&self) -> bool {
        self.product == Product::Page
    }

    /// The signed page URL contains a timestamp, and Alipay may reject it some time later.
    fn checkout_expires(&self) -> bool {
        self.product == Product::Page
    }

    fn create(&self, purchase: Purchase) -> LocalFuture<'_, Outcome<Option<Checkout>>> {
        Box::pin(async move {
            let Some(payment) = self.payment_request(&purchase) else {
                return Outcome::Unknown("a time is out of range".to_owned());
            };
            let shop = &self.account.shop;
            let notify_url = shop.callback_url(self.name());
            match self.product {
                Product::Page => {
                    let return_url = purchase.return_url.unwrap_or_else(|| shop.page_url(purchase.pay_id));
                    self.page(&payment, &notify_url, &return_url).await
                }
                Product::Code => {
                    let result = self.account.call("alipay.trade.precreate", &payment, &notify_url).await;
                    trade::created(result, purchase.pay_id)
                }
            }
        })
    }

    fn query(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(async move {
            let content = PaymentQuery { out_trade_no: pay_id.to_string() };
            trade::queried(self.account.call("alipay.trade.query", &content, "").await, pay_id)
        })
    }

    fn close(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(async move {
            let content = PaymentQuery { out_trade_no: pay_id.to_string() };
            let result = self.account.call("alipay.trade.close", &content, "").await;
            match trade::closed(result, pay_id) {
                Some(outcome) => outcome,
                None => match self.query(pay_id).await {
                    Outcome::Known(PaymentStatus::Unpaid) => Outcome::Unknown("the payment was not closed".to_owned()),
                    outcome => outcome,
                },
            }
        })
    }

    fn refund(&self, refund: Refund) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(async move {
            let content = RefundRequest {
                out_trade_no: refund.pay_id.to_string(),
                refund_amount: amount::write(refund.amount),
                out_request_no: refund.refund_id.to_string(),
                refund_reason: refund.reason,
            };
            trade::refunded(self.account.call("alipay.trade.refund", &content, "").await, refund.pay_id)
        })
    }

    fn query_refund(&self, pay_id: PayId, refund_id: RefundId) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(async move {
            let content = RefundQuery { out_trade_no: pay_id.to_string(), out_request_no: refund_id.to_string() };
            let result = self.account.call("alipay.trade.fastpay.refund.query", &content, "").await;
            trade::refund_queried(result, pay_id, refund_id)
        })
    }

    fn download_statement(&self, bill: Bill, day: Day) -> LocalFuture<'_, Result<Vec<u8>, String>> {
        Box::pin(async move {
            let bill_type = match bill {
                Bill::Trade => "trade",
                Bill::Funds => "signcustomer",
            };
            let content = BillQuery { bill_type, bill_date: day.to_string() };
            let result = self.account.call("alipay.data.dataservice.bill.downloadurl.query", &content, "").await;
            let request =
                Request { method: Method::GET, url: trade::bill_url(result)?, headers: Vec::new(), body: None };
            let response = wire::download(request).await?;
            if response.status == 200 { Ok(response.body) } else { Err(format!("HTTP status {}", response.status)) }
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
