//! Nothing secret is ever printed: the real binary, with all its log lines down to the finest, lives through a whole
//! life beside both platforms, and what it printed and what it answered to errors is searched for everything that is to
//! stay secret.

use std::fs::{File, read_to_string};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use awc::http::Method;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tradepost::domain::clock::Clock;
use tradepost::sandbox::Key;

use crate::platform::alipay::{self, AES_KEY};
use crate::platform::{Alipay, Call, Op, Wechat, wechat};
use crate::support::eventually;

const BINARY: &str = env!("CARGO_BIN_EXE_tradepost");
const LISTENING: &str = "Tradepost is listening on ";
const BOUND: Duration = Duration::from_secs(60);

const SESSION_SECRET: &str = "canary-session-secret-0123456789-abcdef";
const SANDBOX_SECRET: &str = "canary-sandbox-secret-0123456789-abcdef";
const ADMIN_PASSWORD: &str = "canary admin password";
const DEMO_PASSWORD: &str = "canary demo password";
const CUSTOMER_PASSWORD: &str = "canary customer password";
const WRONG_PASSWORD: &str = "canary wrong password";
const OPENID: &str = "oCanaryOpenid_0123456789abcd";
/// Where a body or a setting is wrong, what is wrong with it is not repeated.
const REPEATED: &str = "canary-not-to-be-repeated";
/// Parts of what only requests, notices and hashes have in them.
const TRACES: [&str; 11] = [
    "canary",
    "$argon2",
    "Bearer ",
    "WECHATPAY2-SHA256",
    "mchid=",
    "biz_content",
    "buyer_id",
    "2088000000009999",
    "own***@example.com",
    "ALIPAYACCOUNT",
    "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
];

/// What must never be printed, and what was answered to errors.
#[derive(Default)]
struct Watch {
    secrets: Vec<(String, String)>,
    errors: String,
}

impl Watch {
    fn keep(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 6, "{what} is too short to be found: {secret}");
        self.secrets.push((what.to_owned(), secret.to_owned()));
    }

    /// A key in base64: no 40 characters of it may be anywhere, in which there always are 16 as they are cut here.
    fn keep_key(&mut self, what: &str, text: &str) {
        let text: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        assert!(text.len() > 1000, "{what} is no key");
        for at in (0..text.len() - 16).step_by(16) {
            self.keep(what, &text[at..at + 16]);
        }
    }

    #[track_caller]
    fn search(&self, place: &str, text: &str) {
        let found = self.secrets.iter().filter(|(_, secret)| text.contains(secret.as_str()));
        let mut found: Vec<String> = found.map(|(what, secret)| format!("{what}: {}", line(text, secret))).collect();
        found.dedup();
        assert!(found.is_empty(), "{place} has secrets in it:\n{}", found.join("\n"));
    }
}

/// The line with this in it.
fn line<'a>(text: &'a str, secret: &str) -> &'a str {
    text.lines().find(|line| line.contains(secret)).unwrap_or_default()
}

/// The binary, its data, and a client.
struct Server {
    folder: TempDir,
    settings: Vec<(String, String)>,
    child: Option<Child>,
    url: String,
    /// How many requests it was sent: the key of the next.
    asked: usize,
    watch: Watch,
}

impl Server {
    fn new(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").display().to_string();
        std::fs::create_dir(&path).unwrap();
        let store = format!("sqlite://{path}");
        let content_key = BASE64_STANDARD.encode(AES_KEY);
        let base = [
            ("STORE__URL", store.as_str()),
            ("SECRETS__FOLDER", path.as_str()),
            ("HTTP__LISTEN", "127.0.0.1:0"),
            ("HTTP__WORKERS", "1"),
            ("LOG__FILTER", "trace"),
            ("LOG__FORMAT", "text"),
            ("SESSION__SECRET", SESSION_SECRET),
            ("ADMIN__PASSWORD", ADMIN_PASSWORD),
            ("DEMO__PASSWORD", DEMO_PASSWORD),
            ("GATEWAY__SANDBOX__SECRET", SANDBOX_SECRET),
            ("GATEWAY__ALIPAY__CONTENT_KEY", content_key.as_str()),
            ("AUDIT__GRACE", "0s"),
        ];
        let named = |(name, value): &(&str, &str)| (format!("TRADEPOST__{name}"), (*value).to_owned());
        let settings: Vec<_> = base.iter().chain(settings).map(named).collect();
        let mut watch = Watch::default();
        watch.keep("the content key", &content_key);
        for (name, value) in &settings {
            match name.trim_start_matches("TRADEPOST__") {
                "GATEWAY__WECHAT__API_V3_KEY" => watch.keep(name, value),
                "GATEWAY__ALIPAY__APP_KEY" | "GATEWAY__WECHAT__MERCHANT_KEY" => {
                    watch.keep_key(name, &read_to_string(value).unwrap());
                }
                _ => {}
            }
        }
        for trace in TRACES {
            watch.keep("a trace", trace);
        }
        Self { folder, settings, child: None, url: String::new(), asked: 0, watch }
    }

    /// The binary with these settings and more, and nothing else of our environment; what it prints is added to files.
    fn command(&self, more: &[(&str, &str)]) -> Command {
        let file = |name| File::options().create(true).append(true).open(self.folder.path().join(name)).unwrap();
        let settings = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut command = Command::new(BINARY);
        command
            .env_clear()
            .envs(settings)
            .envs(more.iter().map(|(name, value)| (format!("TRADEPOST__{name}"), *value)));
        command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
        command
    }

    fn printed(&self) -> [String; 2] {
        ["stdout", "stderr"].map(|name| read_to_string(self.folder.path().join(name)).unwrap())
    }

    async fn start(&mut self) {
        self.child = Some(self.command(&[]).spawn().unwrap());
        let listens = || async {
            let [stdout, _] = self.printed();
            stdout.lines().find_map(|line| line.strip_prefix(LISTENING)).map(str::to_owned)
        };
        self.url = eventually(BOUND, "it listens", listens).await;
    }

    async fn stop(&mut self) {
        let id = self.child.as_ref().unwrap().id();
        let told = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap();
        assert!(told.success(), "SIGTERM was not sent");
        for _ in 0..3000 {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                assert_eq!(status.code(), Some(0), "an orderly stop");
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it does not stop");
    }

    async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> (u16, Value) {
        let client = awc::Client::builder().timeout(Duration::from_secs(30)).disable_redirects().finish();
        let mut request = client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        let mut response = request.send_body(body).await.unwrap();
        let (status, bytes) = (response.status().as_u16(), response.body().await.unwrap());
        let text = String::from_utf8_lossy(&bytes);
        if status >= 400 {
            self.watch.errors.push_str(&format!("{path} {status} {text}\n"));
        }
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn call(&mut self, method: Method, path: &str, token: &str, body: &str) -> (u16, Value) {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/json")];
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        self.asked += 1;
        let key = self.asked.to_string();
        headers.push(("idempotency-key", &key));
        self.send(method, path, &headers, body.to_owned()).await
    }

    async fn post(&mut self, path: &str, token: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::POST, path, token, &body.to_string()).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    async fn get(&mut self, path: &str, token: &str) -> Value {
        let (status, answer) = self.call(Method::GET, path, token, "").await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    async fn sign_in(&mut self, name: &str, password: &str) -> String {
        let answer = self.post("/v1/sessions", "", json!({"user_name": name, "user_password": password})).await;
        let token = text(&answer, "access_token");
        self.watch.keep("an access token", &token);
        self.watch.keep("the signature of an access token", token.rsplit('.').next().unwrap());
        token
    }

    /// A new order and its payment there: both numbers, and how to pay.
    async fn pay(&mut self, token: &str, goods_id: &str, provider: &str) -> (String, String, Value) {
        let order =
            json!({"goods": [{"goods_id": goods_id, "goods_number": 1}], "address": provider, "consignee": "c"});
        let order_id = text(&self.post("/v1/orders", token, order).await, "order_id");
        let mut body = json!({"order_id": order_id, "provider": provider});
        if provider == "wechat_jsapi" {
            body["payer"] = json!(OPENID);
        }
        let payment = self.post("/v1/payments", token, body).await;
        (order_id, text(&payment, "pay_id"), payment["checkout"].clone())
    }

    async fn is_paid(&mut self, token: &str, order_id: &str) {
        for _ in 0..1000 {
            if self.get(&format!("/v1/orders/{order_id}"), token).await["pay_status"] == "paid" {
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("order {order_id} is not paid");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// Starts that fail, each with one line that says why.
fn wrong_settings(server: &Server) {
    let file = server.folder.path().join("settings.toml");
    let content_key = format!("{REPEATED}==");
    let settings = [
        ("SESSION__SECRET", "canary-too-short"),
        ("ADMIN__PASSWORD", "canary"),
        ("GATEWAY__SANDBOX__SECRET", " canary with blanks at its ends, long enough "),
        ("GATEWAY__ALIPAY__CONTENT_KEY", content_key.as_str()),
        ("GATEWAY__WECHAT__API_V3_KEY", REPEATED),
    ];
    for (name, value) in settings {
        assert!(!server.command(&[(name, value)]).status().unwrap().success(), "it started with {name}={value}");
    }
    let texts = [
        format!("[session]\nsecret = \"{REPEATED}"),
        format!("[session]\nsecret = [\"{REPEATED}\"]"),
        format!("[admin]\npassword = {{ canary = \"{REPEATED}\" }}"),
    ];
    for text in texts {
        std::fs::write(&file, &text).unwrap();
        let mut command = server.command(&[]);
        assert!(!command.arg("--config").arg(&file).status().unwrap().success(), "it started with {text}");
    }
}

/// What nobody should send: bodies that are wrong, and tokens that are forged.
async fn strangers(server: &mut Server, token: &str) {
    let (head, signature) = token.rsplit_once('.').unwrap();
    let signature: String = signature.chars().rev().collect();
    let forged = format!("{head}.{signature}");
    server.watch.keep("the signature of a forged token", &signature);
    for path in ["/v1/users/me", "/admin/status"] {
        assert_eq!(server.call(Method::GET, path, &forged, "").await.0, 401);
    }
    let bodies = [
        format!("{{\"user_name\":\"c2\",\"user_password\":\"{REPEATED}"),
        format!("{{\"user_name\":\"c2\",\"user_password\":[\"{REPEATED}\"]}}"),
        format!("{{\"user_name\":{{\"a\":\"{REPEATED}\"}},\"user_password\":\"x\"}}"),
        format!("\"{REPEATED}\""),
    ];
    for body in bodies {
        for path in ["/v1/users", "/v1/sessions", "/v1/orders", "/v1/payments"] {
            let (status, _) = server.call(Method::POST, path, token, &body).await;
            assert!((400..500).contains(&status), "{path} took {body}: {status}");
        }
    }
    let body = json!({"user_name": "customer", "user_password": WRONG_PASSWORD}).to_string();
    assert_eq!(server.call(Method::POST, "/v1/sessions", "", &body).await.0, 401);
    for provider in ["sandbox", "alipay", "alipay_qr", "wechat", "wechat_jsapi"] {
        let path = format!("/v1/payments/callbacks/{provider}");
        let headers = [("Wechatpay-Signature", REPEATED), ("Sandbox-Signature", "t=1,v1=canary")];
        let (status, _) = server.send(Method::POST, &path, &headers, format!("sign={REPEATED}&buyer_id=canary")).await;
        assert!(status >= 200, "{provider}");
    }
}

/// The sandbox tells of a payment, once with a bad signature and once with a good one.
async fn sandbox_calls_back(server: &mut Server, pay_id: &str) {
    server.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({"lose": true})).await;
    let trade = server.get(&format!("/sandbox/trades/{pay_id}"), "").await;
    let (now, trade_no) = (Clock::default().now(), text(&trade, "trade_no"));
    let body = json!({"id": "evt_by_hand", "type": "payment.succeeded", "created": now.unix_seconds(), "data": {
        "out_trade_no": pay_id, "trade_no": trade_no, "amount": trade["amount"], "currency": "CNY",
        "merchant_id": "tradepost-demo"}, "note": "canary in a notice"});
    let (path, body) = ("/v1/payments/callbacks/sandbox", body.to_string());
    let good = Key::new(SANDBOX_SECRET).unwrap().sign(body.as_bytes(), now);
    server.watch.keep("a signature of the sandbox", good.rsplit('=').next().unwrap());
    let bad = Key::new(SESSION_SECRET).unwrap().sign(body.as_bytes(), now);
    server.watch.keep("a bad signature of the sandbox", bad.rsplit('=').next().unwrap());
    for (signature, status) in [(bad, 401), (good, 200)] {
        assert_eq!(server.send(Method::POST, path, &[("Sandbox-Signature", &signature)], body.clone()).await.0, status);
    }
}

/// Everything that was signed, in both directions.
fn keep_signatures(watch: &mut Watch, alipay: &Alipay, wechat: &Wechat, pay_ids: &[String]) {
    for call in alipay.calls() {
        let query = call.line.split(['?', ' ']).find(|part| part.contains("sign=")).unwrap().to_owned();
        let encoded = query.split('&').find_map(|part| part.strip_prefix("sign=")).unwrap();
        watch.keep("a signature of ours in an address", encoded);
        let fields = form_urlencoded::parse(query.as_bytes());
        for (_, signature) in fields.filter(|(name, _)| name == "sign") {
            watch.keep("a signature of ours", &signature);
        }
    }
    for pay_id in pay_ids {
        for delivery in alipay.deliveries(pay_id) {
            for (name, value) in form_urlencoded::parse(&delivery.post.body) {
                if ["sign", "buyer_logon_id", "fund_bill_list"].contains(&&*name) && !value.is_empty() {
                    watch.keep("a field of a notice of Alipay's", &value);
                }
            }
        }
        for delivery in wechat.deliveries(pay_id) {
            watch.keep("a signature of WeChat Pay's", delivery.post.header("Wechatpay-Signature"));
            let body: Value = serde_json::from_slice(&delivery.post.body).unwrap();
            watch.keep("a sealed notice", body["resource"]["ciphertext"].as_str().unwrap());
        }
    }
}

#[actix_web::test]
async fn nothing_secret_is_printed_or_answered_in_a_whole_life() {
    let (alipay, wechat) = (Alipay::with_encryption().await, Wechat::start().await);
    let mut server = Server::new(&[alipay.settings(), wechat.settings()].concat());
    wrong_settings(&server);
    server.start().await;
    alipay.deliver_to(&server.url);
    wechat.deliver_to(&server.url);

    let admin = server.sign_in("admin", ADMIN_PASSWORD).await;
    server.sign_in("zs", DEMO_PASSWORD).await;
    server.post("/v1/users", "", json!({"user_name": "customer", "user_password": CUSTOMER_PASSWORD})).await;
    let customer = server.sign_in("customer", CUSTOMER_PASSWORD).await;
    strangers(&mut server, &customer).await;

    let goods = json!({"goods_name": "goods", "goods_number": 100, "goods_price": "8.80"});
    let goods_id = text(&server.post("/admin/goods", &admin, goods).await, "goods_id");
    let mut orders = Vec::new();
    for provider in ["sandbox", "alipay", "alipay_qr", "wechat", "wechat_jsapi"] {
        let (order_id, pay_id, checkout) = server.pay(&customer, &goods_id, provider).await;
        match provider {
            "sandbox" => sandbox_calls_back(&mut server, &pay_id).await,
            "alipay" => {
                assert!(alipay.open(&text(&checkout, "url")).await.is_good());
                alipay.pay(&pay_id).await;
            }
            "alipay_qr" => {
                alipay.scan(&text(&checkout, "url")).unwrap();
                alipay.pay(&pay_id).await;
            }
            "wechat" => wechat.pay(&pay_id).await,
            _ => {
                server.watch.keep("what a page hands over", &text(&checkout["params"], "paySign"));
                wechat.pay(&pay_id).await;
            }
        }
        server.get(&format!("/v1/payments/{pay_id}"), &customer).await;
        server.is_paid(&customer, &order_id).await;
        orders.push((order_id, pay_id));
    }
    for wrong in [alipay::Wrong::Signature, alipay::Wrong::Altered, alipay::Wrong::Amount, alipay::Wrong::Twice] {
        let told = alipay.resend(&orders[1].1, Some(wrong)).await;
        server.watch.errors.push_str(&told.reply);
    }
    for wrong in [wechat::Wrong::Signature, wechat::Wrong::ApiKey, wechat::Wrong::Amount, wechat::Wrong::Merchant] {
        let told = wechat.resend(&orders[4].1, Some(wrong)).await;
        server.watch.errors.push_str(&told.reply);
    }
    for (order_id, pay_id) in &orders {
        server.post(&format!("/v1/orders/{order_id}/refund"), &customer, json!({"reason": "too late"})).await;
        server.post(&format!("/admin/payments/{pay_id}/query"), &admin, json!({})).await;
    }
    let asked = || async {
        let refunds =
            |calls: Vec<Call>| calls.iter().filter(|call| call.op == Some(Op::Refund) && call.took_effect).count();
        (refunds(alipay.calls()) >= 2 && refunds(wechat.calls()) >= 2).then_some(())
    };
    eventually(BOUND, "both platforms were asked to give money back", asked).await;
    alipay.tick().await;
    wechat.tick().await;
    server.get("/admin/status", &admin).await;
    server.get("/admin/notices", &admin).await;
    server.stop().await;
    assert!(server.command(&[]).arg("audit").status().unwrap().code().is_some());

    let pay_ids: Vec<String> = orders.into_iter().map(|(_, pay_id)| pay_id).collect();
    keep_signatures(&mut server.watch, &alipay, &wechat, &pay_ids);
    let [stdout, stderr] = server.printed();
    for finest in ["TRACE", "actix_http::h1", "DEBUG", "tradepost::http::middleware", "callback not read"] {
        assert!(stderr.contains(finest), "the log has nothing of {finest}: it proves nothing");
    }
    server.watch.search("standard output", &stdout);
    server.watch.search("the log", &stderr);
    server.watch.search("an answer", &server.watch.errors);
}
