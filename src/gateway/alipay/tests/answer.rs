//! Tests of responses: altered ones are refused, and no input makes the parser panic.

use proptest::prelude::*;

use super::*;
use crate::domain::id::PayId;
use crate::gateway::alipay::answer::{Envelope, Verified};
use crate::gateway::alipay::trade::{self, CallError};
use crate::gateway::{Outcome, PaymentStatus, Reject};

const METHOD: &str = "alipay.trade.query";
const CONTENT: &str = concat!(
    r#"{"code":"10000","msg":"Success","out_trade_no":"77","trade_no":"2025100922001400000000000001","#,
    r#""trade_status":"TRADE_SUCCESS","total_amount":"88.88","subject":"订单 {\"77\"}"}"#
);

fn good() -> String {
    signed_response(METHOD, CONTENT, &private("ali_platform"))
}

fn verify<'a>(account: &MerchantAccount, body: &'a [u8]) -> Result<Verified<'a>, Reject> {
    Envelope::open(METHOD, body)?.verify(&account.keyring)
}

#[test]
fn a_response_with_any_bit_changed_is_refused() {
    let (account, good) = (Given::bare().account(), good());
    assert_eq!(verify(&account, good.as_bytes()).unwrap().text, CONTENT);
    for body in with_one_bit_flipped(good.as_bytes()) {
        let verified = verify(&account, &body);
        assert!(verified.is_err(), "{}", String::from_utf8_lossy(&body));
    }
    let sign = private("ali_platform").sign(CONTENT.as_bytes()).unwrap();
    for other in signatures_with_one_bit_flipped(&sign) {
        assert_eq!(verify(&account, good.replace(&sign, &other).as_bytes()), Err(Reject::Signature));
    }
}

#[test]
fn a_repeated_member_is_refused_however_its_name_is_escaped() {
    let (account, good) = (Given::bare().account(), good());
    for (name, value) in [
        ("alipay_trade_query_response", "{}"),
        (r"alipay_trade_query_respons\u0065", "{}"),
        ("sign", r#""""#),
        (r"\u0073ign", r#""x""#),
    ] {
        let body = format!(r#"{{"{name}":{value},{}"#, &good[1..]);
        assert_eq!(verify(&account, body.as_bytes()), Err(Reject::Duplicate), "{body}");
    }
}

#[test]
fn only_errors_may_be_unsigned_and_decide_nothing() {
    let account = Given::bare().account();
    let unsigned = |content: &str| format!(r#"{{"alipay_trade_query_response":{content}}}"#);
    for content in [CONTENT, r#"{"code":"10000"}"#, "{}", r#"{"code":""}"#, r#"{"code":40004}"#, r#""b3du""#, "[]"] {
        assert_eq!(verify(&account, unsigned(content).as_bytes()), Err(Reject::MissingSignature), "{content}");
    }
    let missing = r#"{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}"#;
    for body in [unsigned(missing), format!(r#"{{"error_response":{missing},"sign":""}}"#)] {
        let verified = verify(&account, body.as_bytes()).unwrap();
        assert!(!verified.is_signed);
        // An unsigned response cannot state that a payment does not exist.
        let outcome = trade::queried(account.read(METHOD, body.as_bytes()), PayId::new(77));
        assert_eq!(outcome, Outcome::Unknown("ACQ.TRADE_NOT_EXIST".to_owned()));
    }
    let signed = signed_response(METHOD, missing, &private("ali_platform"));
    let outcome = trade::queried(account.read(METHOD, signed.as_bytes()), PayId::new(77));
    assert_eq!(outcome, Outcome::Known(PaymentStatus::NotFound));
}

#[test]
fn a_response_to_another_method_is_refused() {
    let account = Given::bare().account();
    let other = signed_response("alipay.trade.close", CONTENT, &private("ali_platform"));
    assert_eq!(verify(&account, other.as_bytes()), Err(Reject::Unreadable));
}

#[test]
fn only_the_named_certificate_verifies() {
    let account = Given::certified().account();
    let sns = ["c1af28455d071840f3c9f462c99efcf1", "d77c8658f9058b49086c7747b56d0a95"];
    for (key, own) in ["ali_platform", "ali_platform_2"].into_iter().zip(sns) {
        let good = signed_response(METHOD, CONTENT, &private(key));
        // If no certificate is named, as in notifications, any of Alipay's keys may have signed.
        assert!(verify(&account, good.as_bytes()).is_ok());
        for sn in sns {
            let body = format!(r#"{{"alipay_cert_sn":"{sn}",{}"#, &good[1..]);
            let expected = if sn == own { Ok(()) } else { Err(Reject::Signature) };
            assert_eq!(verify(&account, body.as_bytes()).map(drop), expected);
        }
        let unknown = format!(r#"{{"alipay_cert_sn":"{}",{}"#, "0".repeat(32), &good[1..]);
        assert_eq!(verify(&account, unknown.as_bytes()), Err(Reject::UnknownKey));
    }
    let own_key = signed_response(METHOD, CONTENT, &private("wx_platform_certkey"));
    assert_eq!(verify(&account, own_key.as_bytes()), Err(Reject::Signature));
}

#[test]
fn a_refused_response_leaves_the_outcome_unknown() {
    let account = Given::bare().account();
    for body in ["", "<html>502</html>", "{}", "[]", "null", "{\"error_response\":{}}", "\u{feff}{}"] {
        assert!(matches!(account.read(METHOD, body.as_bytes()), Err(CallError::Unknown(_))), "{body}");
    }
    // The content is encrypted and no content key is configured.
    let encrypted = signed_response(METHOD, r#""ILpoMowjIQjfYMR847rnFQ==""#, &private("ali_platform"));
    let error = account.read(METHOD, encrypted.as_bytes()).unwrap_err();
    assert_eq!(error, CallError::Unknown(Reject::Algorithm.to_string()));
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Envelope::open(METHOD, &bytes).is_err());
    }

    #[test]
    fn no_text_like_a_response_makes_the_parser_panic(
        content in r#"[{}\[\]":,a-z0-9\\/ ]{0,40}"#, sign in r#"["a-zA-Z0-9+/=\\]{0,20}"#,
    ) {
        let body = format!(r#"{{"alipay_trade_query_response":{content},"sign":{sign}}}"#);
        if let Ok(envelope) = Envelope::open(METHOD, body.as_bytes()) {
            let _ = envelope.verify(&crate::gateway::alipay::keyring::Keyring::default());
        }
        let _ = crate::gateway::alipay::trade::Content::read(METHOD, &content, true);
    }
}
