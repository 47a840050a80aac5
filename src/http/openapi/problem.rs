//! Problems in the document: one schema, one example of each code.

use serde_json::{Value, json};
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Schema};

use super::schema::{
    Component, between, count, extended, flag, id, integer, list, money, named, object, or_null, text, words,
};
use super::word::{
    ORDER_STATUS, PARKED_STATUS, PAY_STATUS, PAYMENT_STATUS, REFUSALS, SCOPES, SHIPPING_STATUS, TRADE_STATUS,
};
use crate::http::problem::{Code, field_code};

/// The media type of a problem.
pub const MEDIA: &str = "application/problem+json";

/// The codes of errors in fields that are no codes of problems.
const FIELD_CODES: &[&str] = &[
    field_code::REQUIRED,
    field_code::UNKNOWN_FIELD,
    field_code::DUPLICATE_FIELD,
    field_code::WRONG_TYPE,
    field_code::UNKNOWN_WORD,
    field_code::INVALID_VALUE,
    field_code::TOO_HIGH,
    field_code::OUT_OF_RANGE,
    field_code::NOT_FOUND,
    field_code::TOKEN_MISSING,
    field_code::TOKEN_EXPIRED,
    field_code::TOKEN_INVALID,
    field_code::SCOPE_MISSING,
    field_code::COMMON_PASSWORD,
    field_code::PASSWORD_IS_NAME,
    field_code::WRONG_PASSWORD,
    field_code::RESERVED_NAME,
    field_code::WRONG_ONE_TIME_CODE,
];

/// Name of the header with the seconds after which a request may be sent again.
const RETRY_AFTER: &str = "Retry-After";

/// The schemas of a problem and of its parts.
#[must_use]
pub fn schemas() -> Vec<Component> {
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    let problem = object("An error, as RFC 9457 describes it.")
        .has("type", text(), "The address of the page about the code.")
        .has("title", text(), "The meaning of the code, for people.")
        .has("status", between(400, 599), "The HTTP status.")
        .has("detail", text(), "The reason in this case, for people.")
        .has("code", words(&names), "The stable name of the error, for programs.")
        .may_have("instance", text(), "The id of the request, as in `X-Request-Id`.")
        .may_have("trace_id", text(), "The trace that the request belongs to: 32 hexadecimal digits.")
        .may_have("errors", list(named("FieldError")), "The fields that are wrong.")
        .may_have("order_id", id(), "The order that was refused. It is stored too.")
        .may_have("order_status", words(ORDER_STATUS), "The state of the order that does not allow the action.")
        .may_have("pay_status", words(PAY_STATUS), "The state of its payment.")
        .may_have("shipping_status", words(SHIPPING_STATUS), "The state of its delivery.")
        .may_have("payment_status", words(PAYMENT_STATUS), "The state of the payment that does not allow the action.")
        .may_have("parked_status", words(PARKED_STATUS), "The decision that was made before.")
        .may_have("trade_status", words(TRADE_STATUS), "The state of the trade of the sandbox.")
        .may_have("limit", text(), "`too_many_requests`: the name of the setting with the limit.")
        .may_have("outcome", words(&["unknown"]), "Present if the request may have taken effect; see `detail`.")
        .shown_as(example(Code::InvalidRequest));
    vec![("Problem", problem), ("FieldError", field_error())]
}

/// The schema of an error in one field. Its data depend on its code.
fn field_error() -> Schema {
    let codes: Vec<&str> = FIELD_CODES.iter().copied().chain(refusals()).collect();
    object("An error in one field of a request.")
        .has("field", text(), "The full path, such as `goods[0].goods_number`, or the name of a header or parameter.")
        .has("code", words(&codes), "The stable name of the error, for programs.")
        .has("detail", text(), "The rule that a valid value meets.")
        .may_have("allowed", list(text()), "`unknown_word`: the words that are known.")
        .may_have("max", money(), "`too_high`: the largest amount.")
        .may_have("index", or_null(count()), "The position of the line.")
        .may_have("goods_id", id(), "The goods of the line.")
        .may_have("goods_price", money(), "The price now.")
        .may_have("available", integer(), "The units in stock.")
        .may_have("at_least", flag(), "`true` if more units than `available` may be in stock; left out otherwise.")
        .may_have("user_money", money(), "The balance.")
        .may_have("coupon_id", id(), "The coupon.")
        .may_have("shipping_fee", money(), "The shipping fee.")
        .may_have("order_amount", money(), "The sum.")
        .may_have("order_amount_max", money(), "The highest sum.")
        .may_have("scope", words(SCOPES), "`scope_missing`: the scope that the API key needs.")
        .may_have("money_paid_max", money(), "The amount that the coupon leaves to pay.")
        .may_have("unpaid_orders", integer(), "The number of unpaid orders of the account.")
        .may_have("unpaid_orders_max", integer(), "The number of unpaid orders that an account may have.")
        .may_have("unpaid_units", integer(), "The units of the goods in unpaid orders of the account.")
        .may_have("unpaid_units_max", integer(), "The units that an account may have in unpaid orders.")
        .may_have("units_in_all", integer(), "The units of all products in the account's unpaid orders.")
        .may_have("units_in_all_max", integer(), "The units of all products that an account may have in unpaid orders.")
        .shown_as(json!({"field": "limit", "code": "invalid_value", "detail": "must be an integer from 1 to 100"}))
}

/// The public codes that errors of fields may have.
fn refusals() -> impl Iterator<Item = &'static str> {
    REFUSALS.iter().chain(&[Code::UserNameTaken]).map(|code| code.name())
}

/// The example of each code, by the name of the code.
pub fn examples() -> impl Iterator<Item = (&'static str, Example)> {
    Code::ALL.iter().map(|code| (code.name(), ExampleBuilder::new().value(Some(example(*code))).build()))
}

fn example(code: Code) -> Value {
    let problem = json!({
        "type": format!("/problems/{}", code.name()),
        "title": code.title(),
        "status": code.status().as_u16(),
        "detail": code.detail(),
        "instance": "01a2182c-064f-7a07-9c35-acf69ab0c380",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "code": code.name(),
    });
    if code != Code::InvalidRequest {
        return problem;
    }
    let rule = "must be an integer from 1 to 100";
    let problem = extended(problem, "detail", json!(format!("limit {rule}")));
    extended(problem, "errors", json!([{"field": "limit", "code": "invalid_value", "detail": rule}]))
}

/// The content of a response that has one of these codes. The names of its examples are the codes. The schema is the
/// same for all of them, so that generated clients have one type for every problem.
#[must_use]
pub fn content(codes: &[Code]) -> Content {
    let names = codes.iter().map(|code| code.name());
    let reference = |name: &str| RefOr::<Example>::Ref(Ref::new(format!("#/components/examples/{name}")));
    ContentBuilder::new()
        .schema(Some(named("Problem")))
        .examples_from_iter(names.map(|name| (name, reference(name))))
        .build()
}

/// The description of a response that has one of these codes.
#[must_use]
pub fn summary(codes: &[Code]) -> String {
    codes.iter().map(|code| format!("`{}`: {}.", code.name(), code.title())).collect::<Vec<_>>().join(" ")
}

/// The headers of a response that has one of these codes.
pub fn headers(codes: &[Code]) -> impl Iterator<Item = &'static str> {
    let waits = [
        Code::Busy,
        Code::NotReady,
        Code::PlatformUnavailable,
        Code::IdempotencyKeyInUse,
        Code::TooManyRequests,
        Code::TooManySignIns,
    ];
    let retry = codes.iter().any(|code| waits.contains(code)).then_some(RETRY_AFTER);
    let authenticate = codes
        .iter()
        .any(|code| matches!(code, Code::Unauthenticated | Code::OneTimeCodeRequired))
        .then_some("WWW-Authenticate");
    retry.into_iter().chain(authenticate)
}
