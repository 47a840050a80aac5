//! Tests of the meaning of responses.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::gateway::wechat::answer::{Fault, Response, fault, read};
use crate::gateway::wechat::refund::RefundResponse;
use crate::gateway::wechat::trade::Trade;
use crate::gateway::{PaymentStatus, Refund, RefundStatus, WrongRecipient};

const PAY_ID: PayId = PayId::new(7001);
const REFUND_ID: RefundId = RefundId::new(8001);

/// Verifies and interprets a response with these headers.
fn response(status: u16, headers: &Headers, body: &str) -> Result<Response, String> {
    read(&account().keys, status, &|name| headers.get(name).cloned(), body.as_bytes(), NOW)
}

#[test]
fn decisive_codes_are_recognised_in_both_spellings() {
    for (codes, known) in [
        (["ORDER_NOT_EXIST", "ORDERNOTEXIST"], Fault::PaymentNotFound),
        (["ORDER_PAID", "ORDERPAID"], Fault::PaidOrClosed),
        (["ORDER_CLOSED", "ORDERCLOSED"], Fault::PaidOrClosed),
        (["RESOURCE_NOT_EXISTS", "RESOURCENOTEXISTS"], Fault::RefundNotFound),
        (["NOT_ENOUGH", "NOTENOUGH"], Fault::InsufficientFunds),
    ] {
        for code in codes {
            assert_eq!(fault(code), Some(known), "{code}");
        }
    }
    for code in [
        "INVALID_REQUEST",
        "PARAM_ERROR",
        "SIGN_ERROR",
        "NO_AUTH",
        "FREQUENCY_LIMITED",
        "SYSTEM_ERROR",
        "order_paid",
        "ORDER__PAID",
        "ORDER_PAID ",
        "",
    ] {
        assert_eq!(fault(code), None, "{code}");
    }
}

#[test]
fn an_error_code_decides_only_with_a_client_error_status() {
    let body = r#"{"code":"ORDER_NOT_EXIST","message":"订单不存在"}"#;
    for (status, known) in [(400, true), (404, true), (403, true), (429, false), (500, false), (502, false)] {
        let unsigned = response(status, &Headers::new(), body);
        assert_eq!(unsigned.is_ok(), known, "{status} {unsigned:?}");
        assert_eq!(response(status, &headers(body.as_bytes(), NOW), body), unsigned);
        let forged = headers_by("wx_merchant", PUBLIC_KEY_ID, body.as_bytes(), NOW);
        response(status, &forged, body).unwrap_err();
        let mut incomplete = headers(body.as_bytes(), NOW);
        incomplete.remove(keys::SIGNATURE);
        response(status, &incomplete, body).unwrap_err();
    }
    for (status, body) in [(100, body), (200, body), (204, ""), (302, body), (399, body)] {
        response(status, &Headers::new(), body).unwrap_err();
    }
    response(302, &headers(body.as_bytes(), NOW), body).unwrap_err();
}

#[test]
fn only_the_code_of_an_error_is_passed_on() {
    for body in [
        "<html>openid o1</html>",
        r#"{"code":"openid o1","message":"a"}"#,
        r#"{"code":"ORDER_PAID","code":"ORDER_NOT_EXIST"}"#,
        r#"{"code":1}"#,
        "[]",
        "",
    ] {
        assert_eq!(response(400, &Headers::new(), body), Err("status 400 ".to_owned()), "{body}");
    }
    let long = format!(r#"{{"code":"{}"}}"#, "A".repeat(65));
    assert_eq!(response(400, &Headers::new(), &long), Err("status 400 ".to_owned()));
    let known = response(403, &Headers::new(), r#"{"code":"NO_AUTH","message":"openid o1"}"#);
    assert_eq!(known, Err("status 403 NO_AUTH".to_owned()));
}

fn trade(state: &str) -> Value {
    json!({"mchid": MERCHANT, "appid": APP, "out_trade_no": "7001", "transaction_id": "42", "trade_state": state,
        "amount": {"total": 8888, "payer_total": 8000, "currency": "CNY"}})
}

fn payment_status(trade: &Value) -> Option<PaymentStatus> {
    let trade: Trade = serde_json::from_value(trade.clone()).unwrap();
    trade.payment_status(&account(), PAY_ID)
}

#[test]
fn the_payment_status_follows_from_the_trade_state() {
    for state in ["NOTPAY", "USERPAYING", "PAYERROR"] {
        let mut unpaid = trade(state);
        unpaid.as_object_mut().unwrap().remove("transaction_id");
        unpaid.as_object_mut().unwrap().remove("amount");
        assert_eq!(payment_status(&unpaid), Some(PaymentStatus::Unpaid), "{state}");
    }
    for state in ["CLOSED", "REVOKED"] {
        assert_eq!(payment_status(&trade(state)), Some(PaymentStatus::Closed), "{state}");
    }
    for state in ["SUCCESS", "REFUND"] {
        let Some(PaymentStatus::Paid(charge)) = payment_status(&trade(state)) else { panic!("{state}") };
        assert_eq!(
            (charge.trade_no.as_str(), charge.amount, charge.wrong_recipient),
            ("42", Money::from_minor(8888), None)
        );
        assert_eq!(charge.currency, "CNY");
    }
    for state in ["", "success", "ACCEPT"] {
        assert_eq!(payment_status(&trade(state)), None, "{state}");
    }
}

#[test]
fn a_payment_of_another_recipient_is_marked_or_ignored() {
    for (field, value, wrong_recipient) in
        [("mchid", "1900000002", WrongRecipient::Merchant), ("appid", "wx1", WrongRecipient::App)]
    {
        let mut foreign = trade("SUCCESS");
        foreign[field] = json!(value);
        let Some(PaymentStatus::Paid(charge)) = payment_status(&foreign) else { panic!("{field}") };
        assert_eq!(charge.wrong_recipient, Some(wrong_recipient));
        for state in ["NOTPAY", "CLOSED"] {
            foreign["trade_state"] = json!(state);
            assert_eq!(payment_status(&foreign), None, "{field} {state}");
        }
    }
    let mut another = trade("SUCCESS");
    another["out_trade_no"] = json!("7002");
    assert_eq!(payment_status(&another), None);
}

#[test]
fn a_paid_payment_without_its_charge_is_refused() {
    for (pointer, value) in [
        ("/transaction_id", Value::Null),
        ("/transaction_id", json!("")),
        ("/transaction_id", json!("4".repeat(59))),
        ("/amount", Value::Null),
        ("/amount/total", Value::Null),
        ("/amount/total", json!(-1)),
        ("/amount/currency", Value::Null),
    ] {
        let mut paid = trade("SUCCESS");
        *paid.pointer_mut(pointer).unwrap() = value.clone();
        assert_eq!(payment_status(&paid), None, "{pointer} {value}");
    }
}

/// The status of a refund in a response with some fields changed: compared with the whole refund, and by its id.
fn refund_status(change: &[(&str, Value)]) -> (Option<RefundStatus>, Option<RefundStatus>) {
    let mut response = json!({"out_trade_no": "7001", "out_refund_no": "8001", "status": "SUCCESS",
        "amount": {"total": 8888, "refund": 1000, "currency": "CNY"}});
    for (pointer, value) in change {
        *response.pointer_mut(pointer).unwrap() = value.clone();
    }
    let read = || -> RefundResponse { serde_json::from_value(response.clone()).unwrap() };
    let (amount, paid) = (Money::from_minor(1000), Money::from_minor(8888));
    let refund = Refund { refund_id: REFUND_ID, pay_id: PAY_ID, amount, paid, reason: String::new() };
    (read().status_of(&refund), read().status_by_id(PAY_ID, REFUND_ID))
}

#[test]
fn the_refund_status_follows_from_the_status_field() {
    let status = |status: &str| refund_status(&[("/status", json!(status))]);
    assert_eq!(status("SUCCESS"), (Some(RefundStatus::Done), Some(RefundStatus::Done)));
    assert_eq!(status("PROCESSING"), (Some(RefundStatus::Pending), Some(RefundStatus::Pending)));
    for word in ["CLOSED", "ABNORMAL"] {
        let (Some(RefundStatus::Refused(why)), Some(RefundStatus::Refused(_))) = status(word) else { panic!("{word}") };
        assert!(why.starts_with(word), "{why}");
    }
    assert_eq!(status("WONDERING"), (None, None));
}

#[test]
fn a_refund_with_another_id_or_amount_is_refused() {
    for pointer in ["/out_trade_no", "/out_refund_no"] {
        assert_eq!(refund_status(&[(pointer, json!("9"))]), (None, None), "{pointer}");
    }
    for (pointer, value) in
        [("/amount/refund", json!(1001)), ("/amount/total", json!(8887)), ("/amount/currency", json!("USD"))]
    {
        assert_eq!(refund_status(&[(pointer, value)]).0, None, "{pointer}");
    }
    assert_eq!(refund_status(&[("/amount/currency", Value::Null)]).0, Some(RefundStatus::Done));
}

proptest! {
    #[test]
    fn no_response_makes_the_parser_panic(status in 0..1000_u16, body in ".{0,100}") {
        prop_assert!(response(status, &Headers::new(), &body).is_err());
    }
}
