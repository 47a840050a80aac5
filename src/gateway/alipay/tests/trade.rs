//! Tests of the outcome of each call for each response.

use serde_json::json;

use super::*;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::gateway::alipay::trade::{self, CallResult, Content};
use crate::gateway::text::TRADE_NO_LENGTH_MAX;
use crate::gateway::{Charge, Checkout, Outcome, PaymentStatus, RefundStatus};

const PAY_ID: PayId = PayId::new(77);
const REFUND_ID: RefundId = RefundId::new(5);

/// A signed response with these fields; successful unless they contain a code.
fn response(mut fields: Value) -> CallResult {
    fields["code"] = fields.get("code").cloned().unwrap_or(json!("10000"));
    Content::read("a test", &fields.to_string(), true)
}

fn failure(sub_code: &str) -> CallResult {
    response(json!({"code": "40004", "msg": "Business Failed", "sub_code": sub_code}))
}

fn unknown<T>(why: &str) -> Outcome<T> {
    Outcome::Unknown(why.to_owned())
}

/// The outcome after a business failure that does not decide it. Only a system error says that Alipay is not well.
fn open<T>(why: &str) -> Outcome<T> {
    if why == "ACQ.SYSTEM_ERROR" { unknown(why) } else { Outcome::Undecided(why.to_owned()) }
}

#[test]
fn every_error_code_has_its_outcome_for_each_call() {
    use Outcome::Known;
    // The outcomes of query, close, refund and refund query. `None` for a close means that a query follows.
    let rejected =
        |code: &str| (open(code), Some(open(code)), Known(RefundStatus::Refused(code.to_owned())), open(code));
    let wrong_state = |code: &str| (open(code), None, Known(RefundStatus::Refused(code.to_owned())), open(code));
    let undecided = |code: &str| (open(code), Some(open(code)), open(code), open(code));
    let not_found = |code: &str| {
        let refused = RefundStatus::Refused(code.to_owned());
        (
            Known(PaymentStatus::NotFound),
            Some(Known(PaymentStatus::NotFound)),
            Known(refused),
            Known(RefundStatus::NotFound),
        )
    };
    let table = [
        ("ACQ.SYSTEM_ERROR", undecided("ACQ.SYSTEM_ERROR")),
        ("ACQ.TRADE_NOT_EXIST", not_found("ACQ.TRADE_NOT_EXIST")),
        ("ACQ.TRADE_STATUS_ERROR", wrong_state("ACQ.TRADE_STATUS_ERROR")),
        ("ACQ.REASON_TRADE_STATUS_INVALID", wrong_state("ACQ.REASON_TRADE_STATUS_INVALID")),
        ("ACQ.TRADE_HAS_SUCCESS", wrong_state("ACQ.TRADE_HAS_SUCCESS")),
        ("ACQ.TRADE_HAS_CLOSE", wrong_state("ACQ.TRADE_HAS_CLOSE")),
        ("ACQ.TRADE_HAS_FINISHED", wrong_state("ACQ.TRADE_HAS_FINISHED")),
        ("ACQ.REASON_TRADE_REFUND_FEE_ERR", rejected("ACQ.REASON_TRADE_REFUND_FEE_ERR")),
        ("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", rejected("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")),
        ("ACQ.DISCORDANT_REPEAT_REQUEST", rejected("ACQ.DISCORDANT_REPEAT_REQUEST")),
        ("ACQ.CONTEXT_INCONSISTENT", rejected("ACQ.CONTEXT_INCONSISTENT")),
        ("ACQ.SELLER_BALANCE_NOT_ENOUGH", undecided("ACQ.SELLER_BALANCE_NOT_ENOUGH")),
        ("ACQ.UNHEARD_OF", undecided("ACQ.UNHEARD_OF")),
        ("isv.invalid-app-id", undecided("isv.invalid-app-id")),
        ("acq.trade_not_exist", undecided("acq.trade_not_exist")),
        ("", undecided("40004")),
    ];
    for (code, (query, close, refund, refund_query)) in table {
        assert_eq!(trade::created(failure(code), PAY_ID), open(if code.is_empty() { "40004" } else { code }));
        assert_eq!(trade::queried(failure(code), PAY_ID), query, "{code}");
        assert_eq!(trade::closed(failure(code), PAY_ID), close, "{code}");
        assert_eq!(trade::refunded(failure(code), PAY_ID), refund, "{code}");
        assert_eq!(trade::refund_queried(failure(code), PAY_ID, REFUND_ID), refund_query, "{code}");
    }
}

#[test]
fn a_qr_code_leads_to_an_encrypted_page() {
    let created = |url: &str| trade::created(response(json!({"out_trade_no": "77", "qr_code": url})), PAY_ID);
    for good in ["https://qr.alipay.com/bax1", "HTTPS://QR.ALIPAY.COM/BAX1"] {
        assert_eq!(created(good), Outcome::Known(Some(Checkout::QrCode { url: good.to_owned() })));
    }
    let script = "\"><script>alert(1)</script>";
    for wrong in ["javascript:alert(1)", script, "http://qr.alipay.com/bax1", "https://", "https://a b", "测试", ""] {
        assert!(matches!(created(wrong), Outcome::Unknown(_)), "{wrong}");
    }
}

#[test]
fn a_qr_code_returned_before_is_no_error() {
    assert_eq!(trade::created(failure("ACQ.APPLY_PC_MERCHANT_CODE_ERROR"), PAY_ID), Outcome::Known(None));
    assert_eq!(trade::created(failure("ACQ.SYSTEM_ERROR"), PAY_ID), unknown("ACQ.SYSTEM_ERROR"));
}

#[test]
fn the_sub_code_decides_nothing_unless_the_code_is_a_business_failure() {
    for code in ["20000", "20001", "40001", "40002", "40006", "10003", "", "10000 "] {
        let response = response(json!({"code": code, "sub_code": "ACQ.TRADE_NOT_EXIST"}));
        assert_eq!(trade::queried(response, PAY_ID), unknown("ACQ.TRADE_NOT_EXIST"), "{code}");
    }
}

#[test]
fn an_error_code_is_sanitized_and_truncated() {
    let outcome = trade::queried(failure(&format!("{}\n\u{1b}[31m", "x".repeat(500))), PAY_ID);
    assert_eq!(outcome, open(&"x".repeat(64)));
    assert_eq!(trade::queried(failure("\n\u{7f}好"), PAY_ID), open("40004"));
}

#[test]
fn the_payment_status_follows_from_the_trade_status_and_the_pay_time() {
    let paid = PaymentStatus::Paid(Charge {
        trade_no: "2025".to_owned(),
        amount: Money::from_minor(8888),
        currency: "CNY".to_owned(),
        wrong_recipient: None,
    });
    for (status, paid_at, payment_status) in [
        ("WAIT_BUYER_PAY", "", PaymentStatus::Unpaid),
        ("TRADE_SUCCESS", "2025-10-09 16:53:18", paid.clone()),
        ("TRADE_SUCCESS", "", paid.clone()),
        ("TRADE_FINISHED", "2025-10-09 16:53:18", paid.clone()),
        ("TRADE_CLOSED", "", PaymentStatus::Closed),
        ("TRADE_CLOSED", "2025-10-09 16:53:18", paid.clone()),
    ] {
        let response = response(json!({"out_trade_no": "77", "trade_no": "2025", "trade_status": status,
            "total_amount": "88.88", "receipt_amount": "80.00",
            "buyer_pay_amount": "70.00", "send_pay_date": paid_at}));
        assert_eq!(trade::queried(response, PAY_ID), Outcome::Known(payment_status), "{status} {paid_at}");
    }
}

#[test]
fn an_incomplete_response_leaves_the_outcome_unknown() {
    let good =
        json!({"out_trade_no": "77", "trade_no": "2025", "trade_status": "TRADE_SUCCESS", "total_amount": "88.88"});
    assert!(matches!(trade::queried(response(good.clone()), PAY_ID), Outcome::Known(PaymentStatus::Paid(_))));
    for (field, value) in [
        ("out_trade_no", json!(null)),
        ("out_trade_no", json!("78")),
        ("out_trade_no", json!("077")),
        ("out_trade_no", json!(77)),
        ("trade_no", json!(null)),
        ("trade_no", json!("")),
        ("trade_no", json!("2".repeat(TRADE_NO_LENGTH_MAX + 1))),
        ("trade_status", json!(null)),
        ("trade_status", json!("TRADE_EXPLODED")),
        ("total_amount", json!(null)),
        ("total_amount", json!(88.88)),
        ("total_amount", json!("88.888")),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let outcome = trade::queried(response(bad.clone()), PAY_ID);
        assert!(matches!(outcome, Outcome::Unknown(_)), "{bad}: {outcome:?}");
    }
    let repeated =
        r#"{"code":"10000","out_trade_no":"77","trade_status":"TRADE_CLOSED","trade_status":"WAIT_BUYER_PAY"}"#;
    assert!(matches!(trade::queried(Content::read("", repeated, true), PAY_ID), Outcome::Unknown(_)));
}

#[test]
fn every_call_refuses_a_response_about_another_payment() {
    let checkout = Checkout::QrCode { url: "https://qr.example.com/1".to_owned() };
    for out_trade_no in ["77", "78"] {
        let ours = out_trade_no == "77";
        let signed = |fields: &Value| response(fields.clone());
        let code = json!({"out_trade_no": out_trade_no, "qr_code": "https://qr.example.com/1"});
        let outcome = trade::created(signed(&code), PAY_ID);
        assert_eq!(outcome == Outcome::Known(Some(checkout.clone())), ours, "{outcome:?}");
        let closed = json!({"out_trade_no": out_trade_no, "trade_no": "2025"});
        let outcome = trade::closed(signed(&closed), PAY_ID);
        assert_eq!(outcome == Some(Outcome::Known(PaymentStatus::Closed)), ours, "{outcome:?}");
        for (change, payment_status) in [("Y", RefundStatus::Done), ("N", RefundStatus::Pending)] {
            let refunded = json!({"out_trade_no": out_trade_no, "fund_change": change, "refund_fee": "10.00"});
            let outcome = trade::refunded(signed(&refunded), PAY_ID);
            assert_eq!(outcome == Outcome::Known(payment_status), ours, "{outcome:?}");
        }
    }
    assert!(matches!(trade::created(response(json!({"out_trade_no": "77"})), PAY_ID), Outcome::Unknown(_)));
}

#[test]
fn a_refund_query_reports_only_the_refund_with_its_id() {
    let outcome = |fields: Value| trade::refund_queried(response(fields), PAY_ID, REFUND_ID);
    let done = json!({"out_trade_no": "77", "out_request_no": "5", "refund_status": "REFUND_SUCCESS"});
    assert_eq!(outcome(done.clone()), Outcome::Known(RefundStatus::Done));
    // The refund does not exist, so it can be retried with the same id.
    assert_eq!(outcome(json!({})), Outcome::Known(RefundStatus::NotFound));
    assert_eq!(outcome(json!({"out_trade_no": "77", "refund_status": ""})), Outcome::Known(RefundStatus::NotFound));
    for (field, value) in [("out_trade_no", "78"), ("out_request_no", "6")] {
        let mut other = done.clone();
        other[field] = json!(value);
        assert!(matches!(outcome(other.clone()), Outcome::Unknown(_)), "{other}");
        other["refund_status"] = json!("");
        assert!(matches!(outcome(other.clone()), Outcome::Unknown(_)), "{other}");
    }
    let mut pending = done;
    pending["refund_status"] = json!("REFUND_PROCESSING");
    assert_eq!(outcome(pending), Outcome::Known(RefundStatus::Pending));
}
