//! Tests of the gateway over HTTP, against a stand-in that verifies requests as Alipay does.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::gateway::alipay::gateways;
use crate::gateway::alipay::notify::Form;
use crate::gateway::crypto::key::PublicKey;
use crate::gateway::{Checkout, Gateway, Outcome, PaymentStatus, Purchase, Refund, RefundStatus};

const PAY_ID: PayId = PayId::new(77);
const REFUND_ID: RefundId = RefundId::new(5);

/// The raw HTTP responses of the stand-in, by method.
type Responses = Arc<Mutex<HashMap<String, String>>>;
/// The requests received: the method and the content of each.
type Requests = Arc<Mutex<Vec<(String, Value)>>>;

/// A stand-in for Alipay, and the gateways to it.
struct StandIn {
    responses: Responses,
    requests: Requests,
    page: Arc<dyn Gateway>,
    code: Arc<dyn Gateway>,
}

fn fields_of(form: &str) -> HashMap<String, String> {
    form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}

/// Verifies the merchant's signature of a request; returns its fields.
fn verified(query: &str, body: &str) -> HashMap<String, String> {
    let mut fields = fields_of(&format!("{query}&{body}"));
    let sign = fields.remove("sign").unwrap();
    let text = sign::canonical(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())), &[]);
    let key = PublicKey::parse(part("ali_app", "spki_der_b64")).unwrap();
    assert!(key.verifies(text.as_bytes(), &sign), "{text}");
    fields
}

/// Reads one HTTP request; returns its query and its body.
fn request(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok()?;
    let query = line.split_whitespace().nth(1)?.split_once('?')?.1.to_owned();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim().to_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((query, String::from_utf8(body).unwrap()))
}

impl StandIn {
    fn start() -> Self {
        let (responses, requests) = (Responses::default(), Requests::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut given = Given::bare();
        given.settings.url = format!("http://{}/gateway.do", listener.local_addr().unwrap());
        let mut gateways = gateways(&given.settings, &shop()).unwrap();
        let (code, page) = (gateways.pop().unwrap(), gateways.pop().unwrap());
        let standin = Self { responses: responses.clone(), requests: requests.clone(), page, code };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some((query, body)) = request(&stream) else { continue };
                assert!(!query.contains("biz_content") && body.starts_with("biz_content="), "{query} {body}");
                let fields = verified(&query, &body);
                let content = serde_json::from_str(&fields["biz_content"]).unwrap();
                requests.lock().unwrap().push((fields["method"].clone(), content));
                let response = responses.lock().unwrap().get(&fields["method"]).cloned().unwrap_or_default();
                let _ = stream.write_all(response.as_bytes());
            }
        });
        standin
    }

    /// Sets the response to `method`, signed.
    fn respond(&self, method: &str, content: &Value) {
        self.respond_raw(method, 200, &signed_response(method, &content.to_string(), &private("ali_platform")));
    }

    /// Sets the response to `method`, as it is.
    fn respond_raw(&self, method: &str, status: u16, body: &str) {
        let head = format!("HTTP/1.1 {status} X\r\nContent-Type: text/html\r\nContent-Length: {}", body.len());
        self.responses.lock().unwrap().insert(method.to_owned(), format!("{head}\r\nConnection: close\r\n\r\n{body}"));
    }

    fn last_request(&self) -> (String, Value) {
        self.requests.lock().unwrap().last().cloned().unwrap()
    }
}

fn purchase() -> Purchase {
    let closes_at = shop().clock.now().plus(std::time::Duration::from_secs(1800));
    let amount = Money::from_minor(8888);
    Purchase { pay_id: PAY_ID, amount, closes_at, payer: None, return_url: None, client_ip: None }
}

fn refund() -> Refund {
    let (amount, paid) = (Money::from_minor(1000), Money::from_minor(8888));
    Refund { refund_id: REFUND_ID, pay_id: PAY_ID, amount, paid, reason: "部分退款".to_owned() }
}

#[actix::test]
async fn the_browser_is_redirected_to_a_signed_page_url() {
    let standin = StandIn::start();
    let Outcome::Known(Some(Checkout::Redirect { url })) = standin.page.create(purchase()).await else {
        panic!("no page")
    };
    assert!(standin.requests.lock().unwrap().is_empty());
    let (address, query) = url.split_once('?').unwrap();
    assert!(address.ends_with("/gateway.do"), "{address}");
    let fields = verified(query, "");
    for (name, value) in [
        ("app_id", APP_ID),
        ("method", "alipay.trade.page.pay"),
        ("charset", "utf-8"),
        ("sign_type", "RSA2"),
        ("version", "1.0"),
        ("notify_url", "https://shop.example.com/v1/payments/callbacks/alipay"),
    ] {
        assert_eq!(fields[name], value);
    }
    let return_url = &fields["return_url"];
    assert!(return_url.starts_with("https://shop.example.com/pay/77-"), "{return_url}");
    let content: Value = serde_json::from_str(&fields["biz_content"]).unwrap();
    let expiry = crate::gateway::alipay::time::write(purchase().closes_at).unwrap();
    assert!(content["time_expire"].as_str().unwrap() <= expiry.as_str());
    assert_eq!(content["time_expire"].as_str().unwrap().len(), expiry.len());
    assert_eq!(content["subject"], "Order 77");
    assert_eq!(content["total_amount"], "88.88");
    assert_eq!(content["product_code"], "FAST_INSTANT_TRADE_PAY");
}

#[actix::test]
async fn a_qr_code_is_requested_and_returned() {
    let standin = StandIn::start();
    let code = json!({"code": "10000", "out_trade_no": "77", "qr_code": "https://qr.example.com/bax1"});
    standin.respond("alipay.trade.precreate", &code);
    let checkout = Checkout::QrCode { url: "https://qr.example.com/bax1".to_owned() };
    assert_eq!(standin.code.create(purchase()).await, Outcome::Known(Some(checkout)));
    let (_, content) = standin.last_request();
    assert_eq!((&content["product_code"], &content["out_trade_no"]), (&json!("QR_CODE_OFFLINE"), &json!("77")));
}

#[actix::test]
async fn a_payment_is_closed_only_if_alipay_confirms_it() {
    let standin = StandIn::start();
    let wrong_state = json!({"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR"});
    let trade = |status: &str| {
        json!({"code": "10000", "out_trade_no": "77", "trade_no": "2025", "total_amount": "88.88",
            "trade_status": status})
    };
    standin.respond("alipay.trade.close", &wrong_state);
    standin.respond("alipay.trade.query", &trade("WAIT_BUYER_PAY"));
    assert_eq!(standin.page.query(PAY_ID).await, Outcome::Known(PaymentStatus::Unpaid));
    assert_eq!(standin.page.close(PAY_ID).await, Outcome::Unknown("the payment was not closed".to_owned()));
    standin.respond("alipay.trade.query", &trade("TRADE_SUCCESS"));
    assert!(matches!(standin.page.close(PAY_ID).await, Outcome::Known(PaymentStatus::Paid(_))));
    standin.respond("alipay.trade.query", &trade("TRADE_CLOSED"));
    assert_eq!(standin.code.close(PAY_ID).await, Outcome::Known(PaymentStatus::Closed));
    assert_eq!(standin.last_request().0, "alipay.trade.query");
    standin.respond("alipay.trade.close", &json!({"code": "10000", "out_trade_no": "77", "trade_no": "2025"}));
    assert_eq!(standin.code.close(PAY_ID).await, Outcome::Known(PaymentStatus::Closed));
    assert_eq!(standin.last_request(), ("alipay.trade.close".to_owned(), json!({"out_trade_no": "77"})));
}

#[actix::test]
async fn a_refund_is_made_and_queried_by_its_id() {
    let standin = StandIn::start();
    let accepted =
        |change: &str| json!({"code": "10000", "out_trade_no": "77", "fund_change": change, "refund_fee": "10.00"});
    standin.respond("alipay.trade.refund", &accepted("Y"));
    assert_eq!(standin.page.refund(refund()).await, Outcome::Known(RefundStatus::Done));
    let content =
        json!({"out_trade_no": "77", "refund_amount": "10.00", "out_request_no": "5", "refund_reason": "部分退款"});
    assert_eq!(standin.last_request(), ("alipay.trade.refund".to_owned(), content));
    standin.respond("alipay.trade.refund", &accepted("N"));
    assert_eq!(standin.page.refund(refund()).await, Outcome::Known(RefundStatus::Pending));
    let done = json!({"code": "10000", "out_trade_no": "77", "out_request_no": "5", "refund_status": "REFUND_SUCCESS"});
    standin.respond("alipay.trade.fastpay.refund.query", &done);
    assert_eq!(standin.page.query_refund(PAY_ID, REFUND_ID).await, Outcome::Known(RefundStatus::Done));
    assert_eq!(standin.last_request().1, json!({"out_trade_no": "77", "out_request_no": "5"}));
}

#[actix::test]
async fn a_refused_response_leaves_the_outcome_unknown() {
    let standin = StandIn::start();
    let content = r#"{"code":"10000","out_trade_no":"77","trade_no":"2025","trade_status":"TRADE_CLOSED"}"#;
    let good = signed_response("alipay.trade.query", content, &private("ali_platform"));
    for (status, body) in [
        (500, good.clone()),
        (302, good.clone()),
        (200, "<html>".to_owned()),
        (200, String::new()),
        (200, format!(r#"{{"alipay_trade_query_response":{content}}}"#)),
        (200, signed_response("alipay.trade.query", content, &private("ali_app"))),
        (200, r#"{"error_response":{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}}"#.to_owned()),
    ] {
        standin.respond_raw("alipay.trade.query", status, &body);
        let outcome = standin.page.query(PAY_ID).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{status} {body}: {outcome:?}");
    }
    standin.respond_raw("alipay.trade.query", 200, &good);
    assert_eq!(standin.page.query(PAY_ID).await, Outcome::Known(PaymentStatus::Closed));
    // The stand-in has no response to this method and closes the connection.
    assert!(matches!(standin.page.refund(refund()).await, Outcome::Unknown(_)));
}

#[actix::test]
async fn contents_are_encrypted_if_a_content_key_is_configured() {
    let key = STANDARD.encode([7; 16]);
    let given = Given::bare_with(&[("CONTENT_KEY", &key)]);
    let gateway = gateways(&given.settings, &shop()).unwrap().remove(0);
    let Outcome::Known(Some(Checkout::Redirect { url })) = gateway.create(purchase()).await else { panic!("no page") };
    let fields = verified(url.split_once('?').unwrap().1, "");
    assert_eq!(fields["encrypt_type"], "AES");
    let key = crate::gateway::alipay::content::ContentKey::parse(&key).unwrap();
    let content: Value = serde_json::from_str(&key.decrypt(&fields["biz_content"]).unwrap()).unwrap();
    assert_eq!(content["out_trade_no"], "77");
    let encrypted = key.encrypt(r#"{"code":"10000","out_trade_no":"77","trade_status":"WAIT_BUYER_PAY"}"#).unwrap();
    let signed = signed_response("alipay.trade.query", &json!(encrypted).to_string(), &private("ali_platform"));
    let result = given.account().read("alipay.trade.query", signed.as_bytes());
    assert_eq!(crate::gateway::alipay::trade::queried(result, PAY_ID), Outcome::Known(PaymentStatus::Unpaid));
}

#[test]
fn requests_carry_the_certificate_ids() {
    let account = Given::certified().account();
    let call = crate::gateway::alipay::account::Call { method: "m", content: "{}", notify_url: "", return_url: "" };
    let fields: HashMap<_, _> = account.fields(call, Timestamp(0)).unwrap().into_iter().collect();
    assert_eq!(fields["app_cert_sn"].len(), 32);
    assert_eq!(fields["alipay_root_cert_sn"], "c1af28455d071840f3c9f462c99efcf1_d77c8658f9058b49086c7747b56d0a95");
}

#[test]
fn notifications_get_the_replies_that_alipay_expects() {
    let given = Given::bare();
    let gateway = gateways(&given.settings, &shop()).unwrap().remove(1);
    let (accepted, refused) = (gateway.acknowledgement(), gateway.refusal(503, "why").unwrap());
    assert_eq!(
        (accepted.status, accepted.content_type, accepted.body.as_bytes()),
        (200, Some("text/plain"), &b"success"[..])
    );
    assert_eq!((refused.status, refused.body.as_str()), (200, "fail"));
    let body = form(&[("trade_status", "WAIT_BUYER_PAY")], &private("ali_platform"));
    assert_eq!(gateway.read_callback(&|_| None, body.as_bytes(), Timestamp(0)), Ok(None));
    assert!(Form::read(body.as_bytes()).unwrap().get("sign_type").is_none());
}
