//! Errors as clients see them: RFC 9457 problem details, each with a stable public code.

pub mod field_code;
mod from;

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::id::OrderId;
use crate::domain::lifecycle::OrderState;
use crate::trace::TraceId;

/// The header with the request's id: ours in responses, the client's own in requests.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header of responses with the client's own id of the request.
pub const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");

/// The content security policy of every answer that is no page: were it shown as one, it would load and do nothing.
pub const CLOSED_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The challenge of RFC 6750 for a token that has expired.
const EXPIRED_CHALLENGE: &str = "Bearer error=\"invalid_token\", error_description=\"The access token expired\"";

/// The detail of a problem with an unknown outcome until the middleware says what to do about it.
const OUTCOME_UNKNOWN: &str = "The outcome is not known yet";

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
    OneTimeCodeRequired   "one_time_code_required"   401 "A one-time code is required";
    InvalidSignature      "invalid_signature"        401 "The signature is not valid";
    Forbidden             "forbidden"                403 "Not allowed";
    SecondFactorRequired  "second_factor_required"   403 "A second factor has to be added first";
    NotFound              "not_found"                404 "Not found";
    MethodNotAllowed      "method_not_allowed"       405 "The method is not allowed";
    RequestTimeout        "request_timeout"          408 "The request took too long";
    IdempotencyKeyInUse   "idempotency_key_in_use"   409 "The first request with this key is still under way";
    UserNameTaken         "user_name_taken"          409 "The user name is taken";
    GoodsOffSale          "goods_off_sale"           409 "The goods are off sale";
    InsufficientStock     "insufficient_stock"       409 "Not enough goods in stock";
    InsufficientBalance   "insufficient_balance"     409 "The balance is too low";
    CouponAlreadyUsed     "coupon_already_used"      409 "The coupon is used by another order";
    OrderDeadlinePassed   "order_deadline_passed"    409 "The order could not be made in time";
    TooManyUnpaidOrders   "too_many_unpaid_orders"   409 "Other orders wait for their payment";
    TooManyUnpaidUnits    "too_many_unpaid_units"    409 "Unpaid orders hold too many units";
    TooManyUnitsInAll     "too_many_units_in_all"    409 "Unpaid orders hold too many units in all";
    OrderNotPayable       "order_not_payable"        409 "The order cannot be paid";
    OrderNotCancellable   "order_not_cancellable"    409 "The order cannot be cancelled";
    OrderNotShippable     "order_not_shippable"      409 "The order cannot be shipped";
    OrderNotReceivable    "order_not_receivable"     409 "The order cannot be received";
    OrderNotRefundable    "order_not_refundable"     409 "The order cannot be refunded";
    PaymentNotClosable    "payment_not_closable"     409 "The payment cannot be closed";
    AccountProtected      "account_protected"        409 "The account cannot be changed";
    SecondFactorExists    "second_factor_exists"     409 "There is a second factor already";
    AlreadyDecided        "already_decided"          409 "It is decided already";
    DecisionNotPossible   "decision_not_possible"    409 "The decision does not fit";
    NoStatement           "no_statement"             409 "There is no statement to compare";
    CursorBeyondEnd       "cursor_beyond_end"        409 "The cursor is beyond the last event";
    WebhookDisabled       "webhook_disabled"         409 "The webhook is disabled";
    TradeNotOpen          "trade_not_open"           409 "The trade has ended";
    PreconditionFailed    "precondition_failed"      412 "It was changed in the meantime";
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
    OrderAmountTooHigh    "order_amount_too_high"    422 "The order amount exceeds 9999999999.99";
    MoneyPaidTooHigh      "money_paid_too_high"      422 "More balance is offered than there is to pay";
    TooManyRequests       "too_many_requests"        429 "Too many requests";
    TooManySignIns        "too_many_sign_ins"        429 "Too many sign-ins have failed";
    HeadTooLarge          "head_too_large"           431 "The head of the request is too large";
    Internal              "internal"                 500 "Internal error";
    Busy                  "busy"                     503 "Busy, try again";
    PlatformUnavailable   "platform_unavailable"     503 "The payment platform does not answer";
    NotReady              "not_ready"                503 "Not ready";
}

impl Code {
    /// The public name, as in the member `code` of a response.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The title, as in the member `title` of a response.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// The detail of a problem that does not know more than its code: the title, or how to mend the request.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::IdempotencyKeyReused => "The key was used for another request: a new request needs a new key",
            code => code.title(),
        }
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
            412 => Self::PreconditionFailed,
            413 => Self::PayloadTooLarge,
            415 => Self::UnsupportedMediaType,
            429 => Self::TooManyRequests,
            431 => Self::HeadTooLarge,
            503 => Self::Busy,
            400..=499 => Self::MalformedRequest,
            _ => Self::Internal,
        }
    }

    /// Seconds after which the same request may succeed; the value of `Retry-After`.
    const fn retry_after(self) -> Option<u64> {
        match self {
            Self::Busy | Self::NotReady | Self::IdempotencyKeyInUse | Self::TooManyRequests => Some(1),
            _ => None,
        }
    }
}

/// Further members of a problem or of a field error, by name.
type Data = serde_json::Map<String, Value>;

/// An error in one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Full path of the field, such as `goods[0].goods_number`, or the name of a header or parameter.
    pub field: String,
    /// The kind of error: one of [`field_code`], or the public code of a refusal.
    pub code: &'static str,
    /// The rule a valid value meets, such as `must be a string`.
    pub detail: String,
    /// The value that would be right, and what else a program needs.
    #[serde(flatten)]
    data: Data,
}

impl FieldError {
    /// An error in the value of `field`.
    #[must_use]
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into(), data: Data::new() }
    }

    /// The same error, with a further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.data.insert(name.to_owned(), json!(value));
        self
    }

    /// The same error, with all members of `value` that it does not have.
    #[must_use]
    pub fn with_members(mut self, value: impl Serialize) -> Self {
        if let Value::Object(members) = json!(value) {
            self.data.extend(members.into_iter().filter(|(name, _)| name != "code"));
        }
        self
    }

    /// A further member.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.data.get(name)
    }

    /// The first word that would be right, if the value must be one of some words.
    #[must_use]
    pub fn allowed_word(&self) -> Option<&str> {
        self.data.get("allowed")?.get(0)?.as_str()
    }

    /// The error for a word that is not one of `allowed`.
    #[must_use]
    pub fn unknown_word<S: AsRef<str>>(field: impl Into<String>, allowed: &[S]) -> Self {
        let words: Vec<&str> = allowed.iter().map(AsRef::as_ref).collect();
        let detail = match words.as_slice() {
            [] => "has no value that is allowed at present".to_owned(),
            words => format!("must be one of: {}", words.join(", ")),
        };
        Self::new(field, field_code::UNKNOWN_WORD, detail).with("allowed", words)
    }
}

/// Parts of a problem that are rare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Extra {
    /// Further members.
    data: Data,
    /// Further headers.
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", .code.name())]
pub struct Problem {
    /// The public code.
    pub code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    /// Boxed, because most problems have none and a result should be small.
    extra: Option<Box<Extra>>,
    order_id: Option<OrderId>,
    /// Seconds after which the request may succeed, if they are not those of the code.
    retry_after: Option<u64>,
    /// The request id and the trace, set by the middleware.
    origin: Option<Box<Origin>>,
}

/// The request that a problem answers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    request_id: String,
    trace_id: TraceId,
}

impl Problem {
    /// A problem with the detail of its code.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: Cow::Borrowed(code.detail()),
            errors: Vec::new(),
            extra: None,
            order_id: None,
            retry_after: None,
            origin: None,
        }
    }

    /// A problem with the given detail.
    #[must_use]
    pub fn with(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..Self::new(code) }
    }

    /// 503: the request may or may not have taken effect.
    #[must_use]
    pub fn outcome_unknown(detail: &'static str) -> Self {
        Self::with(Code::Busy, detail).with_data("outcome", "unknown")
    }

    /// The same problem, with `detail` if its outcome is unknown and it says no more than that.
    #[must_use]
    pub fn advise(self, detail: &'static str) -> Self {
        if self.detail == OUTCOME_UNKNOWN { Self { detail: Cow::Borrowed(detail), ..self } } else { self }
    }

    /// 422: one field of the request is not valid.
    #[must_use]
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError::new(field, field_code::INVALID_VALUE, detail).into()
    }

    /// 422: fields of the request are not valid. `errors` has at least one; the first is the problem's detail.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self::of_fields(Code::InvalidRequest, errors)
    }

    /// 404: a field of the body names something that does not exist, or that is not the caller's.
    #[must_use]
    pub fn unknown(field: &str, detail: &str) -> Self {
        Self::of_fields(Code::NotFound, vec![FieldError::new(field, field_code::NOT_FOUND, detail)])
    }

    fn of_fields(code: Code, errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map(|first| format!("{} {}", first.field, first.detail)).unwrap_or_default();
        Self { errors, ..Self::with(code, detail) }
    }

    /// The same problem, with the fields that it is about.
    #[must_use]
    pub fn about(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// The same problem, with a further member.
    #[must_use]
    pub fn with_data(mut self, name: &str, value: impl Serialize) -> Self {
        self.extra.get_or_insert_default().data.insert(name.to_owned(), json!(value));
        self
    }

    /// The same problem, with the state of the order that is the reason for it.
    #[must_use]
    pub fn in_state(self, state: OrderState) -> Self {
        self.with_data("order_status", state.order)
            .with_data("pay_status", state.pay)
            .with_data("shipping_status", state.shipping)
    }

    /// The detail: a sentence on what is wrong.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Seconds after which the request may succeed.
    #[must_use]
    pub fn retry_seconds(&self) -> Option<u64> {
        self.retry_after.or(self.code.retry_after())
    }

    /// The errors of the fields.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The same problem, with the id of the order it concerns.
    #[must_use]
    pub fn of_order(self, order_id: OrderId) -> Self {
        Self { order_id: Some(order_id), ..self }
    }

    /// The same problem, for a request that may succeed after `wait`.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait.as_secs().max(1)), ..self }
    }

    /// The same problem, with further headers. Those of the middleware are only for responses that do not pass it.
    #[must_use]
    pub fn with_headers(mut self, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        self.extra.get_or_insert_default().headers.extend(headers);
        self
    }

    /// The same problem, with the id of the request it answers, and the trace that the request belongs to.
    #[must_use]
    pub fn at(self, request_id: &str, trace_id: TraceId) -> Self {
        Self { origin: Some(Box::new(Origin { request_id: request_id.to_owned(), trace_id })), ..self }
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
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    code: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    #[serde(flatten)]
    data: Option<&'a Data>,
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
            instance: self.origin.as_ref().map(|origin| origin.request_id.as_str()),
            trace_id: self.origin.as_ref().map(|origin| origin.trace_id.to_string()),
            code,
            errors: &self.errors,
            order_id: self.order_id,
            data: self.extra.as_ref().map(|extra| &extra.data),
        };
        let mut response = HttpResponse::build(self.status_code());
        response
            .insert_header((header::CONTENT_TYPE, "application/problem+json"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_SECURITY_POLICY, CLOSED_POLICY))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        if let Some(origin) = &self.origin {
            response.insert_header((REQUEST_ID, origin.request_id.as_str()));
        }
        if let Some(seconds) = self.retry_seconds() {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if matches!(self.code, Code::Unauthenticated | Code::OneTimeCodeRequired) {
            let is_expired = self.errors.iter().any(|error| error.code == field_code::TOKEN_EXPIRED);
            let challenge = if is_expired { EXPIRED_CHALLENGE } else { "Bearer" };
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        self.extra.iter().flat_map(|extra| extra.headers.iter().cloned()).for_each(|header| {
            response.append_header(header);
        });
        response.body(serde_json::to_string(&details).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
