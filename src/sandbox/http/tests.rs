use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix_web::dev::ServiceResponse;
use actix_web::{App, HttpRequest, HttpResponseBuilder, HttpServer, test};
use serde_json::Value;
use tokio::sync::mpsc;

use super::*;
use crate::actor::owner::Limits;
use crate::actor::retry::Backoff;
use crate::actor::{BlockingExecutor, Context, Faults, RelayWaker};
use crate::db::{Store, migrate};
use crate::domain::clock::Clock;
use crate::domain::id::{IdGenerator, NodeId, PayId};
use crate::domain::money::Money;
use crate::domain::span::Span;
use crate::gateway::{Checkout, Gateway, Notification, Outcome, Purchase, Reject};
use crate::messaging::relay::Policy;
use crate::messaging::relay::{Network, Relay};
use crate::sandbox::{self, Key, MerchantAccount};

const PAY_ID: PayId = PayId::new(77);

/// A platform with a relay, and a shop that listens on a port of its own.
struct Stand {
    platform: Platform,
    gateway: Arc<dyn Gateway>,
    /// What the shop read from each callback, in order.
    told: tokio::sync::Mutex<mpsc::UnboundedReceiver<Result<Option<Notification>, Reject>>>,
    shop: Data<Shop>,
    _dir: tempfile::TempDir,
}

/// The shop's side: its gateway once there is one, where it tells of callbacks, its clock, its first bad answers.
struct Shop {
    gateway: OnceLock<Arc<dyn Gateway>>,
    tell: mpsc::UnboundedSender<Result<Option<Notification>, Reject>>,
    clock: Clock,
    bad: Mutex<Vec<(u16, &'static str)>>,
}

async fn shop(request: HttpRequest, body: Bytes, shop: Data<Shop>) -> HttpResponse {
    let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    let gateway = shop.gateway.get().unwrap();
    let read = gateway.read_callback(&header, &body, shop.clock.now());
    shop.tell.send(read.clone()).unwrap();
    if let Some((status, body)) = shop.bad.lock().unwrap().pop() {
        let status = StatusCode::from_u16(status).unwrap();
        return HttpResponseBuilder::new(status).insert_header((header::LOCATION, "/good")).body(body);
    }
    match read {
        Ok(_) => HttpResponse::Ok().body(gateway.acknowledgement().body),
        Err(_) => HttpResponse::Unauthorized().finish(),
    }
}

async fn good() -> &'static str {
    "success"
}

async fn stand() -> Stand {
    let dir = tempfile::tempdir().unwrap();
    let limits = crate::config::read("", Vec::new()).unwrap().store.limits();
    let store = Store::new(&format!("sqlite://{}", dir.path().display()), "sandbox", limits).unwrap();
    migrate::run(&store, migrate::SANDBOX).unwrap();
    let (clock, node) = (Clock::default(), NodeId::try_from(0).unwrap());
    let ids = Arc::new(IdGenerator::new(clock.clone(), node));
    let context = Context {
        clock: clock.clone(),
        ids,
        node,
        faults: Faults::default(),
        executor: BlockingExecutor::default(),
        relay_waker: RelayWaker::default(),
    };

    let (tell, told) = mpsc::unbounded_channel();
    let data = Data::new(Shop { gateway: OnceLock::new(), tell, clock: clock.clone(), bad: Mutex::default() });
    let app = {
        let data = data.clone();
        move || {
            App::new()
                .app_data(data.clone())
                .route("/v1/payments/callbacks/sandbox", web::post().to(shop))
                .route("/good", web::to(good))
        }
    };
    let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let public_url = format!("http://{}/", server.addrs()[0]);
    actix_web::rt::spawn(server.run());

    let limits = Limits { mailbox: 64, reserved: 64, batch_max: 64 };
    let key = Key::new("a secret of the tests, of no use elsewhere").unwrap();
    let account = MerchantAccount { key, merchant_id: "m".to_owned(), second: None, public_url };
    let started = sandbox::start(context.clone(), store, limits, account);
    assert!(data.gateway.set(Arc::clone(&started.gateways.first().unwrap().clone())).is_ok());
    let network = Network { outboxes: vec![started.outbox], routes: vec![started.route], inboxes: Vec::new() };
    let span = |ms| Span(Duration::from_millis(ms));
    let policy = Policy {
        poll: span(50).try_into().unwrap(),
        lease: span(30_000).try_into().unwrap(),
        batch_max: 8.try_into().unwrap(),
        attempts: 4.try_into().unwrap(),
        backoff: Backoff { first: span(1), longest: span(2) },
        retention: span(60_000),
    };
    let (relay, _) = Relay::start(network, policy, clock, Faults::default());
    context.relay_waker.connect(relay.recipient());
    Stand {
        platform: started.platform,
        gateway: started.gateways.first().unwrap().clone(),
        told: tokio::sync::Mutex::new(told),
        shop: data,
        _dir: dir,
    }
}

impl Stand {
    async fn open(&self) -> String {
        match self.create(PAY_ID, Money::from_minor(88_000)).await {
            Outcome::Known(Some(Checkout::Redirect { url })) => url,
            other => panic!("not opened: {other:?}"),
        }
    }

    async fn create(&self, pay_id: PayId, amount: Money) -> Outcome<Option<Checkout>> {
        let closes_at = self.shop.clock.now().plus(Duration::from_secs(1800));
        self.gateway.create(Purchase { pay_id, amount, closes_at, payer: None }).await
    }

    async fn told(&self) -> Result<Notification, Reject> {
        let next = async { self.told.lock().await.recv().await.unwrap() };
        let read = tokio::time::timeout(Duration::from_secs(10), next).await.expect("the shop was told nothing");
        read.map(|notice| notice.expect("a notice of a payment"))
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

    /// The ledger once `n` deliveries stand in it: they are written just after the shop has seen them.
    async fn ledger(&self, n: usize) -> Value {
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
async fn a_trade_paid_twice_is_charged_once_and_told_under_one_event_id() {
    let stand = stand().await;
    stand.open().await;
    let (status, trade) = stand.json("POST", "/sandbox/trades/77/pay", "").await;
    assert_eq!((status, &trade["status"], &trade["charged"]), (200, &"paid".into(), &"880.00".into()));
    let first = stand.told().await.unwrap();
    assert_eq!(
        (first.out_trade_no.as_str(), first.amount, first.wrong_recipient),
        ("77", Money::from_minor(88_000), None)
    );
    let (_, again) = stand.json("POST", "/sandbox/trades/77/pay", r#"{"callbacks": 2, "concurrent": true}"#).await;
    assert_eq!((&again["trade_no"], &again["charged"]), (&trade["trade_no"], &trade["charged"]));
    assert_eq!(stand.told().await.unwrap(), first);
    assert_eq!(stand.told().await.unwrap(), first);
    let ledger = stand.ledger(3).await;
    assert_eq!(ledger["charged"], "880.00");
    assert!(ledger["deliveries"].as_array().unwrap().iter().all(|delivery| delivery["status_code"] == 200));
}

#[actix_web::test]
async fn opening_again_gives_the_same_trade_and_another_amount_is_refused() {
    let stand = stand().await;
    let url = stand.open().await;
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with("/sandbox/checkout/77") && !url.contains("//sandbox")
    );
    assert_eq!(stand.open().await, url);
    assert!(matches!(stand.create(PAY_ID, Money::from_minor(1)).await, Outcome::Unknown(_)));
    assert!(matches!(stand.create(PayId::new(78), Money::from_minor(0)).await, Outcome::Unknown(_)));
}

#[actix_web::test]
async fn a_tampered_callback_is_sent_again_each_time_tampered_until_it_is_dead() {
    let stand = stand().await;
    stand.open().await;
    stand.json("POST", "/sandbox/trades/77/pay", r#"{"tamper": "timestamp"}"#).await;
    for _ in 0..4 {
        assert_eq!(stand.told().await, Err(Reject::Signature));
    }
    let ledger = stand.ledger(4).await;
    assert!(ledger["deliveries"].as_array().unwrap().iter().all(|delivery| delivery["status_code"] == 401));
}

#[actix_web::test]
async fn only_the_exact_acknowledgement_ends_the_deliveries() {
    let stand = stand().await;
    stand.open().await;
    *stand.shop.bad.lock().unwrap() = vec![(500, "success"), (307, "success"), (200, "\"success\"")];
    stand.json("POST", "/sandbox/trades/77/pay", "").await;
    let ledger = stand.ledger(4).await;
    let codes: Vec<i64> = ledger["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|delivery| delivery["status_code"].as_i64().unwrap())
        .collect();
    assert_eq!(codes, [200, 307, 500, 200]);
}

#[actix_web::test]
async fn a_delayed_callback_is_sent_once_its_time_has_come_and_stamped_then() {
    let stand = stand().await;
    stand.open().await;
    stand.json("POST", "/sandbox/trades/77/pay", r#"{"delay_ms": 3600000, "callbacks": 3}"#).await;
    stand.json("POST", "/sandbox/trades/77/pay", "").await;
    let at_once = stand.told().await.unwrap();
    assert!(stand.told.lock().await.try_recv().is_err());
    stand.shop.clock.advance(Duration::from_secs(3600));
    for _ in 0..3 {
        assert_eq!(stand.told().await.unwrap(), at_once);
    }
}

#[actix_web::test]
async fn a_lost_callback_is_not_sent_and_a_declined_trade_cannot_be_paid() {
    let stand = stand().await;
    stand.open().await;
    let (status, trade) = stand.json("POST", "/sandbox/trades/77/decline", "").await;
    assert_eq!((status, &trade["status"], &trade["charged"]), (200, &"declined".into(), &"0.00".into()));
    assert_eq!(stand.told().await.unwrap().event, crate::gateway::Event::Closed);
    let (status, problem) = stand.json("POST", "/sandbox/trades/77/pay", "").await;
    assert_eq!((status, &problem["code"]), (409, &"trade_not_open".into()));

    assert!(matches!(stand.create(PayId::new(78), Money::from_minor(100)).await, Outcome::Known(_)));
    stand.json("POST", "/sandbox/trades/78/pay", r#"{"lose": true}"#).await;
    let (status, _) = stand.json("POST", "/sandbox/trades/78/close", "").await;
    assert_eq!(status, 409);
    // What is sent after it arrives alone: the lost one was never on its way.
    assert!(matches!(stand.create(PayId::new(79), Money::from_minor(100)).await, Outcome::Known(_)));
    stand.json("POST", "/sandbox/trades/79/pay", "{}").await;
    assert_eq!(stand.told().await.unwrap().out_trade_no, "79");
}

#[actix_web::test]
async fn a_body_that_is_wrong_pays_nothing() {
    let stand = stand().await;
    stand.open().await;
    for (body, expected) in [
        (r#"{"callbacks": 0}"#, 422),
        (r#"{"callbacks": 51}"#, 422),
        (r#"{"delay_ms": -1}"#, 422),
        (r#"{"tamper": "colour"}"#, 422),
        (r#"{"colour": 1}"#, 422),
        ("{", 400),
        ("{} {}", 400),
    ] {
        let (status, _) = stand.json("POST", "/sandbox/trades/77/pay", body).await;
        assert_eq!(status, expected, "{body}");
    }
    let (status, problem) = stand.json("POST", "/sandbox/trades/nobody/pay", "").await;
    assert_eq!((status, &problem["code"]), (404, &"not_found".into()));
    assert_eq!(stand.ledger(0).await["status"], "open");
}

#[actix_web::test]
async fn the_page_pays_by_a_plain_form_and_then_shows_the_outcome() {
    let stand = stand().await;
    stand.open().await;
    let page = stand.call("GET", "/sandbox/checkout/77", "").await;
    assert_eq!(page.headers().get("content-security-policy").unwrap(), html::PLAIN);
    let answer = stand.call("POST", "/sandbox/checkout/77/pay", "").await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers().get("location").unwrap().to_str().unwrap()),
        (303, "/sandbox/checkout/77")
    );
    let late = stand.call("POST", "/sandbox/checkout/77/decline", "").await;
    assert_eq!(late.status().as_u16(), 303);
    let page = test::read_body(stand.call("GET", "/sandbox/checkout/77", "").await).await;
    assert!(String::from_utf8_lossy(&page).contains("Paid. You can go back to the shop."));
    assert_eq!(stand.call("GET", "/sandbox/checkout/nobody", "").await.status().as_u16(), 404);
    assert!(stand.told().await.is_ok());
}
