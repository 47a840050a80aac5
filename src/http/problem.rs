//! Errors as clients see them: RFC 9457 problem details, each with a stable public code.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use crate::actor::Failure;
use crate::domain::id::OrderId;
use crate::domain::refusal::Refusal;
use crate::pay::error::RequestRefusal;

/// The header with the request's id, in requests and responses.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Generates the enum and its table from one line per code.
macro_rules! codes {
    ($($variant:ident $name:literal $status:literal $title:literal;)*) => {
        /// The public codes, each with its status and title.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            const fn row(self) -> (&'static str, u16, &'static str) {
                match self {
                    $(Self::$variant => ($name, $status, $title),)*
                }
            }
        }
    };
}

codes! {
    MalformedRequest      "malformed_request"        400 "The request is malformed";
    Unauthenticated       "unauthenticated"          401 "Authentication is required";
    InvalidSignature      "invalid_signature"        401 "The signature is not valid";
    Forbidden             "forbidden"                403 "Not allowed";
    NotFound              "not_found"                404 "Not found";
    MethodNotAllowed      "method_not_allowed"       405 "The method is not allowed";
    RequestTimeout        "request_timeout"          408 "The request took too long";
    IdempotencyKeyInUse   "idempotency_key_in_use"   409 "The first request with this key is still under way";
    UserNameTaken         "user_name_taken"          409 "The user name is taken";
    InsufficientStock     "insufficient_stock"       409 "Not enough goods in stock";
    InsufficientBalance   "insufficient_balance"     409 "The balance is too low";
    CouponAlreadyUsed     "coupon_already_used"      409 "The coupon is used by another order";
    OrderDeadlinePassed   "order_deadline_passed"    409 "The order could not be made in time";
    OrderNotPayable       "order_not_payable"        409 "The order cannot be paid";
    OrderNotCancellable   "order_not_cancellable"    409 "The order cannot be cancelled";
    OrderNotShippable     "order_not_shippable"      409 "The order cannot be shipped";
    OrderNotReceivable    "order_not_receivable"     409 "The order cannot be received";
    OrderNotRefundable    "order_not_refundable"     409 "The order cannot be refunded";
    TradeNotOpen          "trade_not_open"           409 "The trade has ended";
    PayloadTooLarge       "payload_too_large"        413 "The body is too large";
    UnsupportedMediaType  "unsupported_media_type"   415 "The body must be application/json";
    InvalidRequest        "invalid_request"          422 "The request is not valid";
    IdempotencyKeyReused  "idempotency_key_reused"   422 "The key was used for another request";
    InvalidNotice         "invalid_notice"           422 "The notice is not believed";
    GoodsNotFound         "goods_not_found"          422 "The goods do not exist";
    CouponNotFound        "coupon_not_found"         422 "The coupon does not exist";
    GoodsPriceMismatch    "goods_price_mismatch"     422 "A price has changed";
    ShippingFeeMismatch   "shipping_fee_mismatch"    422 "The shipping fee is another";
    OrderAmountMismatch   "order_amount_mismatch"    422 "The order amount is another";
    MoneyPaidTooHigh      "money_paid_too_high"      422 "More balance is offered than there is to pay";
    Internal              "internal"                 500 "Internal error";
    Busy                  "busy"                     503 "Busy, try again";
    NotReady              "not_ready"                503 "Not ready";
}

impl Code {
    /// The public name, as in the member `code` of a response.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code for a bare status set by the framework.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            413 => Self::PayloadTooLarge,
            415 => Self::UnsupportedMediaType,
            503 => Self::Busy,
            400..=499 => Self::MalformedRequest,
            _ => Self::Internal,
        }
    }

    /// Seconds after which the same request may succeed; the value of `Retry-After`.
    const fn retry_after(self) -> Option<u16> {
        match self {
            Self::Busy | Self::NotReady | Self::IdempotencyKeyInUse => Some(1),
            _ => None,
        }
    }
}

/// An error in one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Full path of the field, such as `goods[0].goods_number`, or the name of a header or parameter.
    pub field: String,
    /// The rule a valid value meets, such as `must be a string`.
    pub detail: String,
}

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", .code.name())]
pub struct Problem {
    /// The public code.
    pub code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    order_id: Option<OrderId>,
    /// The request id, set by the middleware.
    instance: Option<String>,
}

impl Problem {
    /// A problem with the code's title as its detail.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        let (_, _, title) = code.row();
        Self { code, detail: Cow::Borrowed(title), errors: Vec::new(), order_id: None, instance: None }
    }

    /// A problem with the given detail.
    #[must_use]
    pub fn with(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..Self::new(code) }
    }

    /// 422: one field of the request is not valid.
    #[must_use]
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError { field: field.into(), detail: detail.into() }.into()
    }

    /// The same problem, with the id of the order it concerns.
    #[must_use]
    pub fn of_order(self, order_id: OrderId) -> Self {
        Self { order_id: Some(order_id), ..self }
    }

    /// The same problem, with the id of the request it answers.
    #[must_use]
    pub fn at(self, request_id: &str) -> Self {
        Self { instance: Some(request_id.to_owned()), ..self }
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        let detail = format!("{} {}", error.field, error.detail);
        Self { errors: vec![error], ..Self::with(Code::InvalidRequest, detail) }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Busy => Self::new(Code::Busy),
            Failure::Unknown => Self::with(Code::Busy, "The outcome is not known yet; send the same request again"),
            Failure::Poison => Self::new(Code::Internal),
        }
    }
}

impl From<actix::MailboxError> for Problem {
    fn from(error: actix::MailboxError) -> Self {
        Failure::from(error).into()
    }
}

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::GoodsNotFound => Self::GoodsNotFound,
            Refusal::CouponNotFound => Self::CouponNotFound,
            Refusal::GoodsPriceMismatch => Self::GoodsPriceMismatch,
            Refusal::ShippingFeeMismatch => Self::ShippingFeeMismatch,
            Refusal::OrderAmountMismatch => Self::OrderAmountMismatch,
            Refusal::MoneyPaidTooHigh => Self::MoneyPaidTooHigh,
            Refusal::InsufficientStock => Self::InsufficientStock,
            Refusal::InsufficientBalance => Self::InsufficientBalance,
            Refusal::CouponAlreadyUsed => Self::CouponAlreadyUsed,
            Refusal::OrderDeadlinePassed => Self::OrderDeadlinePassed,
        }
    }
}

impl From<RequestRefusal> for Code {
    fn from(refusal: RequestRefusal) -> Self {
        match refusal {
            RequestRefusal::OrderNotPayable => Self::OrderNotPayable,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.into())
    }
}

impl From<RequestRefusal> for Problem {
    fn from(refusal: RequestRefusal) -> Self {
        Self::new(refusal.into())
    }
}

/// A problem as it is serialised, in the form of RFC 9457.
#[derive(Serialize)]
struct Details<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    code: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// Sets all headers itself because a response made after a panic passes no middleware.
    fn error_response(&self) -> HttpResponse {
        let (code, status, title) = self.code.row();
        let details = Details {
            r#type: format!("/problems/{code}"),
            title,
            status,
            detail: &self.detail,
            instance: self.instance.as_deref(),
            code,
            errors: &self.errors,
            order_id: self.order_id,
        };
        let mut response = HttpResponse::build(self.status_code());
        response
            .insert_header((header::CONTENT_TYPE, "application/problem+json"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        if let Some(request_id) = &self.instance {
            response.insert_header((REQUEST_ID, request_id.as_str()));
        }
        if let Some(seconds) = self.code.retry_after() {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.code == Code::Unauthenticated {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.body(serde_json::to_string(&details).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn every_refusal_keeps_its_stored_code_and_is_a_client_error() {
        let refusals = Refusal::VARIANTS.iter().map(|refusal| (refusal.code(), Code::from(*refusal)));
        let payment = RequestRefusal::OrderNotPayable;
        for (stored, code) in refusals.chain([(payment.code(), Code::from(payment))]) {
            assert_eq!(code.name(), stored);
            assert!(matches!(code.row().1, 409 | 422), "{stored}");
        }
    }

    #[test]
    fn codes_are_unique_and_only_internal_is_500() {
        for (at, code) in Code::ALL.iter().enumerate() {
            assert!(!Code::ALL[..at].iter().any(|other| other.name() == code.name()), "{code:?}");
            assert_eq!(code.row().1 == 500, *code == Code::Internal);
            assert_eq!(code.status().as_u16(), code.row().1);
        }
    }
}
