//! What each answer means to each call.

use serde_json::json;

use super::*;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::gateway::alipay::trade::{self, Answer, Content, NUMBER_MAX};
use crate::gateway::{Charge, Checkout, Outcome, PaymentStatus, RefundStatus};

const PAY_ID: PayId = PayId::new(77);
const REFUND_ID: RefundId = RefundId::new(5);

/// A signed answer with these fields.
fn says(mut fields: Value) -> Answer {
    fields["code"] = fields.get("code").cloned().unwrap_or(json!("10000"));
    Content::read("a test", &fields.to_string(), true)
}

fn refuses(sub_code: &str) -> Answer {
    says(json!({"code": "40004", "msg": "Business Failed", "sub_code": sub_code}))
}

fn unknown<T>(why: &str) -> Outcome<T> {
    Outcome::Unknown(why.to_owned())
}

#[test]
fn every_refusal_means_what_the_table_says() {
    use Outcome::Known;
    // To whoever asks, closes, refunds, and asks for a refund; a close that says nothing is followed by a question.
    let never =
        |code: &str| (unknown(code), Some(unknown(code)), Known(RefundStatus::Refused(code.to_owned())), unknown(code));
    let elsewhere = |code: &str| (unknown(code), None, Known(RefundStatus::Refused(code.to_owned())), unknown(code));
    let nothing = |code: &str| (unknown(code), Some(unknown(code)), unknown(code), unknown(code));
    let missing = |code: &str| {
        let refused = RefundStatus::Refused(code.to_owned());
        (
            Known(PaymentStatus::NotFound),
            Some(Known(PaymentStatus::NotFound)),
            Known(refused),
            Known(RefundStatus::NotFound),
        )
    };
    let table = [
        ("ACQ.SYSTEM_ERROR", nothing("ACQ.SYSTEM_ERROR")),
        ("ACQ.TRADE_NOT_EXIST", missing("ACQ.TRADE_NOT_EXIST")),
        ("ACQ.TRADE_STATUS_ERROR", elsewhere("ACQ.TRADE_STATUS_ERROR")),
        ("ACQ.REASON_TRADE_STATUS_INVALID", elsewhere("ACQ.REASON_TRADE_STATUS_INVALID")),
        ("ACQ.TRADE_HAS_SUCCESS", elsewhere("ACQ.TRADE_HAS_SUCCESS")),
        ("ACQ.TRADE_HAS_CLOSE", elsewhere("ACQ.TRADE_HAS_CLOSE")),
        ("ACQ.TRADE_HAS_FINISHED", elsewhere("ACQ.TRADE_HAS_FINISHED")),
        ("ACQ.REASON_TRADE_REFUND_FEE_ERR", never("ACQ.REASON_TRADE_REFUND_FEE_ERR")),
        ("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", never("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")),
        ("ACQ.DISCORDANT_REPEAT_REQUEST", never("ACQ.DISCORDANT_REPEAT_REQUEST")),
        ("ACQ.CONTEXT_INCONSISTENT", never("ACQ.CONTEXT_INCONSISTENT")),
        ("ACQ.SELLER_BALANCE_NOT_ENOUGH", nothing("ACQ.SELLER_BALANCE_NOT_ENOUGH")),
        ("ACQ.UNHEARD_OF", nothing("ACQ.UNHEARD_OF")),
        ("isv.invalid-app-id", nothing("isv.invalid-app-id")),
        ("acq.trade_not_exist", nothing("acq.trade_not_exist")),
        ("", nothing("40004")),
    ];
    for (code, (query, close, refund, refund_query)) in table {
        assert_eq!(trade::created(refuses(code), PAY_ID), unknown(if code.is_empty() { "40004" } else { code }));
        assert_eq!(trade::queried(refuses(code), PAY_ID), query, "{code}");
        assert_eq!(trade::closed(refuses(code), PAY_ID), close, "{code}");
        assert_eq!(trade::refunded(refuses(code), PAY_ID), refund, "{code}");
        assert_eq!(trade::refund_queried(refuses(code), PAY_ID, REFUND_ID), refund_query, "{code}");
    }
}

#[test]
fn a_code_that_was_given_out_before_is_not_given_out_again() {
    assert_eq!(trade::created(refuses("ACQ.APPLY_PC_MERCHANT_CODE_ERROR"), PAY_ID), Outcome::Known(None));
    assert_eq!(trade::created(refuses("ACQ.SYSTEM_ERROR"), PAY_ID), unknown("ACQ.SYSTEM_ERROR"));
}

#[test]
fn a_code_that_is_no_business_of_a_trade_says_nothing_of_one() {
    for code in ["20000", "20001", "40001", "40002", "40006", "10003", "", "10000 "] {
        let says = says(json!({"code": code, "sub_code": "ACQ.TRADE_NOT_EXIST"}));
        assert_eq!(trade::queried(says, PAY_ID), unknown("ACQ.TRADE_NOT_EXIST"), "{code}");
    }
}

#[test]
fn a_code_somebody_else_wrote_is_cut_before_anybody_reads_it() {
    let told = trade::queried(refuses(&format!("{}\n\u{1b}[31m", "x".repeat(500))), PAY_ID);
    assert_eq!(told, unknown(&"x".repeat(64)));
    assert_eq!(trade::queried(refuses("\n\u{7f}好"), PAY_ID), unknown("40004"));
}

#[test]
fn a_trade_stands_as_its_state_and_the_time_it_was_paid_say() {
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
        let answer = says(json!({"out_trade_no": "77", "trade_no": "2025", "trade_status": status,
            "total_amount": "88.88", "receipt_amount": "80.00",
            "buyer_pay_amount": "70.00", "send_pay_date": paid_at}));
        assert_eq!(trade::queried(answer, PAY_ID), Outcome::Known(payment_status), "{status} {paid_at}");
    }
}

#[test]
fn an_answer_that_does_not_say_it_all_says_nothing() {
    let good =
        json!({"out_trade_no": "77", "trade_no": "2025", "trade_status": "TRADE_SUCCESS", "total_amount": "88.88"});
    assert!(matches!(trade::queried(says(good.clone()), PAY_ID), Outcome::Known(PaymentStatus::Paid(_))));
    for (field, value) in [
        ("out_trade_no", json!(null)),
        ("out_trade_no", json!("78")),
        ("out_trade_no", json!("077")),
        ("out_trade_no", json!(77)),
        ("trade_no", json!(null)),
        ("trade_no", json!("")),
        ("trade_no", json!("2".repeat(NUMBER_MAX + 1))),
        ("trade_status", json!(null)),
        ("trade_status", json!("TRADE_EXPLODED")),
        ("total_amount", json!(null)),
        ("total_amount", json!(88.88)),
        ("total_amount", json!("88.888")),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let told = trade::queried(says(bad.clone()), PAY_ID);
        assert!(matches!(told, Outcome::Unknown(_)), "{bad}: {told:?}");
    }
    let twice = r#"{"code":"10000","out_trade_no":"77","trade_status":"TRADE_CLOSED","trade_status":"WAIT_BUYER_PAY"}"#;
    assert!(matches!(trade::queried(Content::read("", twice, true), PAY_ID), Outcome::Unknown(_)));
}

#[test]
fn the_other_calls_believe_only_answers_about_their_payment() {
    let checkout = Checkout::QrCode { url: "https://qr.example.com/1".to_owned() };
    for number in ["77", "78"] {
        let ours = number == "77";
        let known = |answer: &Value| says(answer.clone());
        let code = json!({"out_trade_no": number, "qr_code": "https://qr.example.com/1"});
        let told = trade::created(known(&code), PAY_ID);
        assert_eq!(told == Outcome::Known(Some(checkout.clone())), ours, "{told:?}");
        let plain = json!({"out_trade_no": number, "trade_no": "2025"});
        let told = trade::closed(known(&plain), PAY_ID);
        assert_eq!(told == Some(Outcome::Known(PaymentStatus::Closed)), ours, "{told:?}");
        for (change, payment_status) in [("Y", RefundStatus::Done), ("N", RefundStatus::Pending)] {
            let back = json!({"out_trade_no": number, "fund_change": change, "refund_fee": "10.00"});
            let told = trade::refunded(known(&back), PAY_ID);
            assert_eq!(told == Outcome::Known(payment_status), ours, "{told:?}");
        }
    }
    assert!(matches!(trade::created(says(json!({"out_trade_no": "77"})), PAY_ID), Outcome::Unknown(_)));
}

#[test]
fn a_refund_is_done_when_its_own_number_is() {
    let asked = |fields: Value| trade::refund_queried(says(fields), PAY_ID, REFUND_ID);
    let done = json!({"out_trade_no": "77", "out_request_no": "5", "refund_status": "REFUND_SUCCESS"});
    assert_eq!(asked(done.clone()), Outcome::Known(RefundStatus::Done));
    // Not there: the same number can be tried again.
    assert_eq!(asked(json!({})), Outcome::Known(RefundStatus::NotFound));
    assert_eq!(asked(json!({"out_trade_no": "77", "refund_status": ""})), Outcome::Known(RefundStatus::NotFound));
    for (field, value) in [("out_trade_no", "78"), ("out_request_no", "6")] {
        let mut other = done.clone();
        other[field] = json!(value);
        assert!(matches!(asked(other.clone()), Outcome::Unknown(_)), "{other}");
        other["refund_status"] = json!("");
        assert!(matches!(asked(other.clone()), Outcome::Unknown(_)), "{other}");
    }
    let mut pending = done;
    pending["refund_status"] = json!("REFUND_PROCESSING");
    assert_eq!(asked(pending), Outcome::Known(RefundStatus::Pending));
}
