//! Tests of the platform over HTTP: its routes, its pages and the delivery of its callbacks.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix::Arbiter;
use actix_web::dev::ServiceResponse;
use actix_web::http::{StatusCode, header};
use actix_web::{App, HttpRequest, HttpResponseBuilder, HttpServer, test};
use serde_json::Value;
use tokio::sync::mpsc;

use super::*;
use crate::actor::owner::Limits;
use crate::actor::retry::Backoff;
use crate::actor::{BlockingExecutor, Chain, Context, Faults, Fence, Peers, RelayWaker};
use crate::db::{Store, migrate};
use crate::domain::clock::Clock;
use crate::domain::horizon::Horizon;
use crate::domain::id::{IdGenerator, NodeId, PayId};
use crate::domain::money::Money;
use crate::domain::span::Span;
use crate::gateway::{Checkout, Gateway, Notification, Outcome, Purchase, Reject};
use crate::messaging::relay::{self, Network, Policy, Relay};
use crate::sandbox::{self, Key, MerchantAccount};
use crate::trace::Tracer;

const PAY_ID: PayId = PayId::new(77);

/// A platform with a relay, and a shop that listens on its own port.
struct Fixture {
    platform: Platform,
    gateway: Arc<dyn Gateway>,
    /// The callbacks as the shop read them, in order.
    callbacks: tokio::sync::Mutex<mpsc::UnboundedReceiver<Result<Option<Notification>, Reject>>>,
    shop: Data<Shop>,
    _dir: tempfile::TempDir,
}

/// The state of the shop's server.
struct Shop {
    /// Set once the platform has started.
    gateway: OnceLock<Arc<dyn Gateway>>,
    /// The sender of [`Fixture::callbacks`].
    callbacks: mpsc::UnboundedSender<Result<Option<Notification>, Reject>>,
    clock: Clock,
    /// Responses to send before the regular ones, the last one first.
    wrong_replies: Mutex<Vec<(u16, &'static str)>>,
}

async fn shop(request: HttpRequest, body: Bytes, shop: Data<Shop>) -> HttpResponse {
    let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    let gateway = shop.gateway.get().unwrap();
    let read = gateway.read_callback(&header, &body, shop.clock.now());
    shop.callbacks.send(read.clone()).unwrap();
    if let Some((status, body)) = shop.wrong_replies.lock().unwrap().pop() {
        let status = StatusCode::from_u16(status).unwrap();
        return HttpResponseBuilder::new(status).insert_header((header::LOCATION, "/redirected")).body(body);
    }
    match read {
        Ok(_) => HttpResponse::Ok().body(gateway.acknowledgement().body),
        Err(_) => HttpResponse::Unauthorized().finish(),
    }
}

/// The target of redirects. The platform must not follow them.
async fn redirect_target() -> &'static str {
    "success"
}

async fn start() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let limits = crate::config::read("", Vec::new()).unwrap().store_limits();
    let store = Store::new(&format!("sqlite://{}", dir.path().display()), "sandbox", limits).unwrap();
    migrate::run(&store, migrate::SANDBOX).unwrap();
    let (clock, node) = (Clock::default(), NodeId::try_from(0).unwrap());
    let ids = Arc::new(IdGenerator::new(clock.clone(), node));
    let context = Context {
        clock: clock.clone(),
        ids,
        node,
        fence: Fence::default(),
        faults: Faults::default(),
        arbiter: Arbiter::current(),
        executor: BlockingExecutor::default(),
        relay_waker: RelayWaker::default(),
        chain: Chain::default(),
    };

    let (sender, callbacks) = mpsc::unbounded_channel();
    let (gateway, wrong_replies) = (OnceLock::new(), Mutex::default());
    let data = Data::new(Shop { gateway, callbacks: sender, clock: clock.clone(), wrong_replies });
    let app = {
        let data = data.clone();
        move || {
            App::new()
                .app_data(data.clone())
                .route("/v1/payments/callbacks/sandbox", web::post().to(shop))
                .route("/redirected", web::to(redirect_target))
        }
    };
    let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let public_url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());

    let limits = Limits { mailbox: 64, reserved: 64, batch_max: 64, batch_wait: Duration::ZERO };
    let key = Key::new("a secret of the tests, of no use elsewhere").unwrap();
    let account = MerchantAccount {
        key,
        merchant_id: "m".to_owned(),
        second: None,
        callback_url: public_url.clone(),
        public_url,
    };
    let started = sandbox::start(context.clone(), store, limits, account, Horizon::of([Duration::from_secs(300)]));
    assert!(data.gateway.set(Arc::clone(&started.gateways.first().unwrap().clone())).is_ok());
    let routes = vec![started.route];
    let outboxes = vec![started.outbox];
    let network = Network { outboxes, routes: routes.clone(), inboxes: Vec::new(), peers: Peers::alone(node) };
    let span = |ms| Span(Duration::from_millis(ms));
    let policy = Policy {
        poll: span(50).try_into().unwrap(),
        lease: span(30_000).try_into().unwrap(),
        batch_max: 8.try_into().unwrap(),
        attempts: 4.try_into().unwrap(),
        backoff: Backoff { first: span(1), longest: span(2) },
        retention: span(60_000),
    };
    let (relay, _) = Relay::start(network, policy, clock, Faults::default(), Tracer::default());
    relay::connect(std::iter::once((&context.relay_waker, sandbox::NAME)), &routes, &relay, &policy);
    Fixture {
        platform: started.platform,
        gateway: started.gateways.first().unwrap().clone(),
        callbacks: tokio::sync::Mutex::new(callbacks),
        shop: data,
        _dir: dir,
    }
}

impl Fixture {
    async fn open(&self) -> String {
        match self.create(PAY_ID, Money::from_minor(88_000)).await {
            Outcome::Known(Some(Checkout::Redirect { url })) => url,
            other => panic!("not opened: {other:?}"),
        }
    }

    async fn create(&self, pay_id: PayId, amount: Money) -> Outcome<Option<Checkout>> {
        let closes_at = self.shop.clock.now().plus(Duration::from_secs(1800));
        let purchase = Purchase { pay_id, amount, closes_at, payer: None, return_url: None, client_ip: None };
        self.gateway.create(purchase).await
    }

    /// Waits for the next callback that the shop receives.
    async fn next_callback(&self) -> Result<Notification, Reject> {
        let next = async { self.callbacks.lock().await.recv().await.unwrap() };
        let read = tokio::time::timeout(Duration::from_secs(10), next).await.expect("the shop received no callback");
        read.map(|notification| notification.expect("a notification about a payment"))
    }

    async fn call(&self, method: &str, path: &str, body: &'static str) -> ServiceResponse {
        let app = test::init_service(App::new().app_data(Data::new(self.platform.clone())).configure(routes)).await;
        let request = test::TestRequest::with_uri(path).method(method.parse().unwrap()).set_payload(body);
        test::call_service(&app, request.to_request()).await
    }

    async fn json(&self, method: &str, path: &str, body: &'static str) -> (u16, Value) {
        let answer = self.call(method, path, body).await;
        (answer.status().as_u16(), test::read_body_json(answer).await)
    }

    /// The trade once it has `n` recorded deliveries. They are recorded shortly after the shop has received them.
    async fn trade_with_deliveries(&self, n: usize) -> Value {
        for _ in 0..2_000 {
            let (_, trade) = self.json("GET", "/sandbox/trades/77", "").await;
            if trade["deliveries"].as_array().unwrap().len() >= n {
                return trade;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("fewer than {n} deliveries")
    }
}

#[actix_web::test]
async fn a_trade_paid_twice_is_charged_once_and_has_one_event_id() {
    let fixture = start().await;
    fixture.open().await;
    let (status, trade) = fixture.json("POST", "/sandbox/trades/77/pay", "").await;
    assert_eq!((status, &trade["status"], &trade["charged"]), (200, &"paid".into(), &"880.00".into()));
    let first = fixture.next_callback().await.unwrap();
    assert_eq!(
        (first.out_trade_no.as_str(), first.amount, first.wrong_recipient),
        ("77", Money::from_minor(88_000), None)
    );
    let (_, again) = fixture.json("POST", "/sandbox/trades/77/pay", r#"{"callbacks": 2, "concurrent": true}"#).await;
    assert_eq!((&again["trade_no"], &again["charged"]), (&trade["trade_no"], &trade["charged"]));
    assert_eq!(fixture.next_callback().await.unwrap(), first);
    assert_eq!(fixture.next_callback().await.unwrap(), first);
    let trade = fixture.trade_with_deliveries(3).await;
    assert_eq!(trade["charged"], "880.00");
    assert!(trade["deliveries"].as_array().unwrap().iter().all(|delivery| delivery["status_code"] == 200));
}

#[actix_web::test]
async fn opening_again_returns_the_same_trade_and_another_amount_is_refused() {
    let fixture = start().await;
    let url = fixture.open().await;
    assert!(
        url.starts_with("http://127.0.0.1:") && url.contains("/sandbox/checkout/77-") && !url.contains("//sandbox")
    );
    assert_eq!(fixture.open().await, url);
    assert!(matches!(fixture.create(PAY_ID, Money::from_minor(1)).await, Outcome::Undecided(_)));
    assert!(matches!(fixture.create(PayId::new(78), Money::from_minor(0)).await, Outcome::Undecided(_)));
}

#[actix_web::test]
async fn a_tampered_callback_is_retried_tampered_until_its_attempts_are_used_up() {
    let fixture = start().await;
    fixture.open().await;
    fixture.json("POST", "/sandbox/trades/77/pay", r#"{"tamper": "timestamp"}"#).await;
    for _ in 0..4 {
        assert_eq!(fixture.next_callback().await, Err(Reject::Stale));
    }
    let trade = fixture.trade_with_deliveries(4).await;
    assert!(trade["deliveries"].as_array().unwrap().iter().all(|delivery| delivery["status_code"] == 401));
}

#[actix_web::test]
async fn only_the_exact_acknowledgement_stops_the_deliveries() {
    let fixture = start().await;
    fixture.open().await;
    *fixture.shop.wrong_replies.lock().unwrap() = vec![(500, "success"), (307, "success"), (200, "\"success\"")];
    fixture.json("POST", "/sandbox/trades/77/pay", "").await;
    let trade = fixture.trade_with_deliveries(4).await;
    let codes: Vec<i64> = trade["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|delivery| delivery["status_code"].as_i64().unwrap())
        .collect();
    assert_eq!(codes, [200, 307, 500, 200]);
}

#[actix_web::test]
async fn a_delayed_callback_is_sent_and_timestamped_when_it_is_due() {
    let fixture = start().await;
    fixture.open().await;
    fixture.json("POST", "/sandbox/trades/77/pay", r#"{"delay_ms": 3600000, "callbacks": 3}"#).await;
    fixture.json("POST", "/sandbox/trades/77/pay", "").await;
    let immediate = fixture.next_callback().await.unwrap();
    assert!(fixture.callbacks.lock().await.try_recv().is_err());
    fixture.shop.clock.advance(Duration::from_secs(3600));
    for _ in 0..3 {
        assert_eq!(fixture.next_callback().await.unwrap(), immediate);
    }
}

#[actix_web::test]
async fn a_lost_callback_is_not_sent_and_a_declined_trade_cannot_be_paid() {
    let fixture = start().await;
    fixture.open().await;
    let (status, trade) = fixture.json("POST", "/sandbox/trades/77/decline", "").await;
    assert_eq!((status, &trade["status"], &trade["charged"]), (200, &"declined".into(), &"0.00".into()));
    assert_eq!(fixture.next_callback().await.unwrap().event, crate::gateway::Event::Closed);
    let (status, problem) = fixture.json("POST", "/sandbox/trades/77/pay", "").await;
    assert_eq!((status, &problem["code"]), (409, &"trade_not_open".into()));

    assert!(matches!(fixture.create(PayId::new(78), Money::from_minor(100)).await, Outcome::Known(_)));
    fixture.json("POST", "/sandbox/trades/78/pay", r#"{"lose": true}"#).await;
    let (status, _) = fixture.json("POST", "/sandbox/trades/78/close", "").await;
    assert_eq!(status, 409);
    // The next callback is that of another trade, so the lost one was never sent.
    assert!(matches!(fixture.create(PayId::new(79), Money::from_minor(100)).await, Outcome::Known(_)));
    fixture.json("POST", "/sandbox/trades/79/pay", "{}").await;
    assert_eq!(fixture.next_callback().await.unwrap().out_trade_no, "79");
}

#[actix_web::test]
async fn an_invalid_body_does_not_pay() {
    let fixture = start().await;
    fixture.open().await;
    for (body, expected) in [
        (r#"{"callbacks": 0}"#, 422),
        (r#"{"callbacks": 51}"#, 422),
        (r#"{"delay_ms": -1}"#, 422),
        (r#"{"tamper": "colour"}"#, 422),
        (r#"{"colour": 1}"#, 422),
        ("{", 400),
        ("{} {}", 400),
    ] {
        let (status, _) = fixture.json("POST", "/sandbox/trades/77/pay", body).await;
        assert_eq!(status, expected, "{body}");
    }
    let (status, problem) = fixture.json("POST", "/sandbox/trades/unknown/pay", "").await;
    assert_eq!((status, &problem["code"]), (404, &"not_found".into()));
    assert_eq!(fixture.trade_with_deliveries(0).await["status"], "open");
}

#[actix_web::test]
async fn the_page_pays_by_a_form_and_then_shows_the_outcome() {
    let fixture = start().await;
    let url = fixture.open().await;
    let path = &url[url.find("/sandbox").unwrap()..];
    let page = fixture.call("GET", path, "").await;
    let policy = page.headers().get("content-security-policy").unwrap().to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    let answer = fixture.call("POST", &format!("{path}/pay"), "").await;
    assert_eq!((answer.status().as_u16(), answer.headers().get("location").unwrap().to_str().unwrap()), (303, path));
    let late = fixture.call("POST", &format!("{path}/decline"), "").await;
    assert_eq!(late.status().as_u16(), 303);
    let page = test::read_body(fixture.call("GET", path, "").await).await;
    assert!(String::from_utf8_lossy(&page).contains("Paid. You can go back to the shop."));
    for guess in
        ["/sandbox/checkout/77", "/sandbox/checkout/unknown", "/sandbox/checkout/77-00000000000000000000000000000000"]
    {
        assert_eq!(fixture.call("GET", guess, "").await.status().as_u16(), 404, "{guess}");
        assert_eq!(fixture.call("POST", &format!("{guess}/pay"), "").await.status().as_u16(), 404, "{guess}");
    }
    assert!(fixture.next_callback().await.is_ok());
}
