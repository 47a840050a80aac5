//! No secret is ever printed. The real binary runs with all log levels enabled, in front of stand-ins for both
//! platforms, and takes orders, payments and refunds. Its output and its error answers are then searched for secrets.

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
use crate::support::second_factor::code_at;

const BINARY: &str = env!("CARGO_BIN_EXE_tradepost");
const LISTENING: &str = "Tradepost is listening on ";
const TIMEOUT: Duration = Duration::from_secs(60);

const SESSION_SECRET: &str = "canary-session-secret-0123456789-abcdef";
const SANDBOX_SECRET: &str = "canary-sandbox-secret-0123456789-abcdef";
const ADMIN_PASSWORD: &str = "canary admin password";
const DEMO_PASSWORD: &str = "canary demo password";
const CUSTOMER_PASSWORD: &str = "canary customer password";
const WRONG_PASSWORD: &str = "canary wrong password";
const OPENID: &str = "oCanaryOpenid_0123456789abcd";
/// An invalid value of a body or a setting. An error must not repeat it.
const INVALID: &str = "canary-not-to-be-repeated";
/// Texts that occur only in requests, notices and hashes.
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

/// The secrets that must never be printed, and the error answers of the server.
#[derive(Default)]
struct Watch {
    /// Description and text of each secret.
    secrets: Vec<(String, String)>,
    /// All answers with a status of 400 or above.
    errors: String,
}

impl Watch {
    fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 6, "{what} is too short to be found: {secret}");
        self.secrets.push((what.to_owned(), secret.to_owned()));
    }

    /// Adds a base64 key, cut into pieces of 16 characters. Any 32 consecutive characters contain a whole piece.
    fn add_key(&mut self, what: &str, text: &str) {
        let text: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        assert!(text.len() > 1000, "{what} is not a key");
        for at in (0..text.len() - 16).step_by(16) {
            self.add(what, &text[at..at + 16]);
        }
    }

    #[track_caller]
    fn search(&self, place: &str, text: &str) {
        let found = self.secrets.iter().filter(|(_, secret)| text.contains(secret.as_str()));
        let mut found: Vec<String> = found.map(|(what, secret)| format!("{what}: {}", line(text, secret))).collect();
        found.dedup();
        assert!(found.is_empty(), "{place} contains secrets:\n{}", found.join("\n"));
    }
}

/// Returns the first line of `text` that contains `secret`.
fn line<'a>(text: &'a str, secret: &str) -> &'a str {
    text.lines().find(|line| line.contains(secret)).unwrap_or_default()
}

/// The running binary with its data folder, and a client of it.
struct Server {
    folder: TempDir,
    settings: Vec<(String, String)>,
    child: Option<Child>,
    url: String,
    /// Number of requests sent so far. Also the idempotency key of the last one.
    requests: usize,
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
        watch.add("the content key", &content_key);
        for (name, value) in &settings {
            match name.trim_start_matches("TRADEPOST__") {
                "GATEWAY__WECHAT__API_V3_KEY" => watch.add(name, value),
                "GATEWAY__ALIPAY__APP_KEY" | "GATEWAY__WECHAT__MERCHANT_KEY" => {
                    watch.add_key(name, &read_to_string(value).unwrap());
                }
                _ => {}
            }
        }
        for trace in TRACES {
            watch.add("a trace", trace);
        }
        Self { folder, settings, child: None, url: String::new(), requests: 0, watch }
    }

    /// Builds a command that runs the binary with the base settings and `more`, in an otherwise empty environment. Its
    /// output is appended to files.
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

    /// Returns everything that was printed so far: standard output and standard error.
    fn printed(&self) -> [String; 2] {
        ["stdout", "stderr"].map(|name| read_to_string(self.folder.path().join(name)).unwrap())
    }

    async fn start(&mut self) {
        self.child = Some(self.command(&[]).spawn().unwrap());
        let listens = || async {
            let [stdout, _] = self.printed();
            stdout.lines().find_map(|line| line.strip_prefix(LISTENING)).map(str::to_owned)
        };
        self.url = eventually(TIMEOUT, "the server listens", listens).await;
    }

    async fn stop(&mut self) {
        let id = self.child.as_ref().unwrap().id();
        let kill = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap();
        assert!(kill.success(), "SIGTERM was not sent");
        for _ in 0..3000 {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                assert_eq!(status.code(), Some(0), "the exit code of an orderly stop");
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server does not stop");
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
        self.requests += 1;
        let key = self.requests.to_string();
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
        self.watch.add("an access token", &token);
        self.watch.add("the signature of an access token", token.rsplit('.').next().unwrap());
        token
    }

    /// Places an order and starts a payment with `provider`. Returns the order id, the payment id and the checkout.
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

    /// Waits until the order is paid.
    async fn wait_until_paid(&mut self, token: &str, order_id: &str) {
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

/// Starts the binary with invalid settings. Each start must fail.
fn start_with_invalid_settings(server: &Server) {
    let file = server.folder.path().join("settings.toml");
    let content_key = format!("{INVALID}==");
    let settings = [
        ("SESSION__SECRET", "canary-too-short"),
        ("ADMIN__PASSWORD", "canary"),
        ("GATEWAY__SANDBOX__SECRET", " canary with blanks at its ends, long enough "),
        ("GATEWAY__ALIPAY__CONTENT_KEY", content_key.as_str()),
        ("GATEWAY__WECHAT__API_V3_KEY", INVALID),
    ];
    for (name, value) in settings {
        assert!(!server.command(&[(name, value)]).status().unwrap().success(), "it started with {name}={value}");
    }
    let texts = [
        format!("[session]\nsecret = \"{INVALID}"),
        format!("[session]\nsecret = [\"{INVALID}\"]"),
        format!("[admin]\npassword = {{ canary = \"{INVALID}\" }}"),
    ];
    for text in texts {
        std::fs::write(&file, &text).unwrap();
        let mut command = server.command(&[]);
        assert!(!command.arg("--config").arg(&file).status().unwrap().success(), "it started with {text}");
    }
}

/// Sends invalid bodies, forged tokens and unsigned callbacks.
async fn send_invalid_requests(server: &mut Server, token: &str) {
    let (head, signature) = token.rsplit_once('.').unwrap();
    let signature: String = signature.chars().rev().collect();
    let forged = format!("{head}.{signature}");
    server.watch.add("the signature of a forged token", &signature);
    for path in ["/v1/users/me", "/admin/status"] {
        assert_eq!(server.call(Method::GET, path, &forged, "").await.0, 401);
    }
    let bodies = [
        format!("{{\"user_name\":\"c2\",\"user_password\":\"{INVALID}"),
        format!("{{\"user_name\":\"c2\",\"user_password\":[\"{INVALID}\"]}}"),
        format!("{{\"user_name\":{{\"a\":\"{INVALID}\"}},\"user_password\":\"x\"}}"),
        format!("\"{INVALID}\""),
    ];
    for body in bodies {
        for path in ["/v1/users", "/v1/sessions", "/v1/orders", "/v1/payments"] {
            let (status, _) = server.call(Method::POST, path, token, &body).await;
            assert!((400..500).contains(&status), "{path} accepted {body}: {status}");
        }
    }
    let body = json!({"user_name": "customer", "user_password": WRONG_PASSWORD}).to_string();
    assert_eq!(server.call(Method::POST, "/v1/sessions", "", &body).await.0, 401);
    for provider in ["sandbox", "alipay", "alipay_qr", "wechat", "wechat_jsapi"] {
        let path = format!("/v1/payments/callbacks/{provider}");
        let headers = [("Wechatpay-Signature", INVALID), ("Sandbox-Signature", "t=1,v1=canary")];
        let (status, _) = server.send(Method::POST, &path, &headers, format!("sign={INVALID}&buyer_id=canary")).await;
        assert!(status >= 200, "{provider}");
    }
}

/// Creates an API key, uses it for a customer whose reference must not be printed either, and revokes it.
async fn use_an_api_key(server: &mut Server, admin: &str) {
    let created = server.post("/admin/api-keys", admin, json!({"name": "front", "scopes": ["orders"]})).await;
    let key = text(&created, "key");
    server.watch.add("an API key", key.rsplit('_').next().unwrap());
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Tradepost-Customer", "canary-reference")];
    assert_eq!(server.send(Method::GET, "/v1/users/me", &headers, String::new()).await.0, 200);
    assert_eq!(server.send(Method::GET, "/v1/users/me", &headers[..1], String::new()).await.0, 422);
    server.post(&format!("/admin/api-keys/{}/revoke", text(&created, "api_key_id")), admin, json!({})).await;
    assert_eq!(server.send(Method::GET, "/v1/users/me", &headers, String::new()).await.0, 401);
}

/// Adds a second factor to the administrator, and signs in with it. Returns the new token.
async fn use_a_second_factor(server: &mut Server, admin: &str) -> String {
    let path = "/v1/users/me/second-factor";
    let offer = server.post(path, admin, json!({"user_password": ADMIN_PASSWORD})).await;
    let secret = text(&offer, "secret");
    server.watch.add("the secret of a second factor", &secret);
    let wrong = json!({"one_time_code": "000000"}).to_string();
    assert_eq!(server.call(Method::POST, &format!("{path}/confirm"), admin, &wrong).await.0, 422);
    let code = json!({"one_time_code": code_at(&secret, Clock::default().now())});
    let confirmed = server.post(&format!("{path}/confirm"), admin, code).await;
    let recovery = confirmed["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    let recovery: Vec<String> = recovery.collect();
    for code in &recovery {
        server.watch.add("a recovery code", code);
        server.watch.add("a recovery code", &code.replace('-', ""));
    }
    let sign_in = |code: &str| json!({"user_name": "admin", "user_password": ADMIN_PASSWORD, "one_time_code": code});
    assert_eq!(server.call(Method::POST, "/v1/sessions", "", &sign_in("000000").to_string()).await.0, 401);
    let answer = server.post("/v1/sessions", "", sign_in(&recovery[0])).await;
    text(&answer, "access_token")
}

/// Sends a callback of the sandbox for a payment, first with a bad signature and then with a good one.
async fn send_sandbox_callbacks(server: &mut Server, pay_id: &str) {
    server.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({"lose": true})).await;
    let trade = server.get(&format!("/sandbox/trades/{pay_id}"), "").await;
    let (now, trade_no) = (Clock::default().now(), text(&trade, "trade_no"));
    let body = json!({"id": "evt_by_hand", "type": "payment.succeeded", "created": now.unix_seconds(), "data": {
        "out_trade_no": pay_id, "trade_no": trade_no, "amount": trade["amount"], "currency": "CNY",
        "merchant_id": "tradepost-demo"}, "note": "canary in a notice"});
    let (path, body) = ("/v1/payments/callbacks/sandbox", body.to_string());
    let good = Key::new(SANDBOX_SECRET).unwrap().sign(body.as_bytes(), now);
    server.watch.add("a signature of the sandbox", good.rsplit('=').next().unwrap());
    let bad = Key::new(SESSION_SECRET).unwrap().sign(body.as_bytes(), now);
    server.watch.add("a bad signature of the sandbox", bad.rsplit('=').next().unwrap());
    for (signature, status) in [(bad, 401), (good, 200)] {
        assert_eq!(server.send(Method::POST, path, &[("Sandbox-Signature", &signature)], body.clone()).await.0, status);
    }
}

/// Adds the signatures of the shop's requests and of the platforms' notices to the secrets.
fn add_signatures(watch: &mut Watch, alipay: &Alipay, wechat: &Wechat, pay_ids: &[String]) {
    for call in alipay.calls() {
        let query = call.line.split(['?', ' ']).find(|part| part.contains("sign=")).unwrap().to_owned();
        let encoded = query.split('&').find_map(|part| part.strip_prefix("sign=")).unwrap();
        watch.add("a signature of the shop in a URL", encoded);
        let fields = form_urlencoded::parse(query.as_bytes());
        for (_, signature) in fields.filter(|(name, _)| name == "sign") {
            watch.add("a signature of the shop", &signature);
        }
    }
    for pay_id in pay_ids {
        for delivery in alipay.deliveries(pay_id) {
            for (name, value) in form_urlencoded::parse(&delivery.post.body) {
                if ["sign", "buyer_logon_id", "fund_bill_list"].contains(&&*name) && !value.is_empty() {
                    watch.add("a field of a notice of Alipay", &value);
                }
            }
        }
        for delivery in wechat.deliveries(pay_id) {
            watch.add("a signature of WeChat Pay", delivery.post.header("Wechatpay-Signature"));
            let body: Value = serde_json::from_slice(&delivery.post.body).unwrap();
            watch.add("an encrypted notice", body["resource"]["ciphertext"].as_str().unwrap());
        }
    }
}

#[actix_web::test]
async fn no_secret_is_printed_or_answered() {
    let (alipay, wechat) = (Alipay::with_encryption().await, Wechat::start().await);
    let mut server = Server::new(&[alipay.settings(), wechat.settings()].concat());
    start_with_invalid_settings(&server);
    server.start().await;
    alipay.deliver_to(&server.url);
    wechat.deliver_to(&server.url);

    let admin = server.sign_in("admin", ADMIN_PASSWORD).await;
    server.sign_in("zs", DEMO_PASSWORD).await;
    server.post("/v1/users", "", json!({"user_name": "customer", "user_password": CUSTOMER_PASSWORD})).await;
    let customer = server.sign_in("customer", CUSTOMER_PASSWORD).await;
    send_invalid_requests(&mut server, &customer).await;

    let goods = json!({"goods_name": "goods", "goods_number": 100, "goods_price": "8.80"});
    let goods_id = text(&server.post("/admin/goods", &admin, goods).await, "goods_id");
    use_an_api_key(&mut server, &admin).await;
    let admin = use_a_second_factor(&mut server, &admin).await;
    let mut orders = Vec::new();
    for provider in ["sandbox", "alipay", "alipay_qr", "wechat", "wechat_jsapi"] {
        let (order_id, pay_id, checkout) = server.pay(&customer, &goods_id, provider).await;
        match provider {
            "sandbox" => send_sandbox_callbacks(&mut server, &pay_id).await,
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
                server.watch.add("the signature of a JSAPI payment", &text(&checkout["params"], "paySign"));
                wechat.pay(&pay_id).await;
            }
        }
        server.get(&format!("/v1/payments/{pay_id}"), &customer).await;
        server.wait_until_paid(&customer, &order_id).await;
        orders.push((order_id, pay_id));
    }
    for wrong in [alipay::Wrong::Signature, alipay::Wrong::Altered, alipay::Wrong::Amount, alipay::Wrong::Twice] {
        let delivery = alipay.resend(&orders[1].1, Some(wrong)).await;
        server.watch.errors.push_str(&delivery.reply);
    }
    for wrong in [wechat::Wrong::Signature, wechat::Wrong::ApiKey, wechat::Wrong::Amount, wechat::Wrong::Merchant] {
        let delivery = wechat.resend(&orders[4].1, Some(wrong)).await;
        server.watch.errors.push_str(&delivery.reply);
    }
    for (order_id, pay_id) in &orders {
        server.post(&format!("/v1/orders/{order_id}/refund"), &customer, json!({"reason": "too late"})).await;
        server.post(&format!("/admin/payments/{pay_id}/query"), &admin, json!({})).await;
    }
    let refunded = || async {
        let refunds =
            |calls: Vec<Call>| calls.iter().filter(|call| call.op == Some(Op::Refund) && call.took_effect).count();
        (refunds(alipay.calls()) >= 2 && refunds(wechat.calls()) >= 2).then_some(())
    };
    eventually(TIMEOUT, "both platforms have made the refunds", refunded).await;
    alipay.tick().await;
    wechat.tick().await;
    server.get("/admin/status", &admin).await;
    server.get("/admin/notices", &admin).await;
    server.stop().await;
    assert!(server.command(&[]).arg("audit").status().unwrap().code().is_some());

    let pay_ids: Vec<String> = orders.into_iter().map(|(_, pay_id)| pay_id).collect();
    add_signatures(&mut server.watch, &alipay, &wechat, &pay_ids);
    let [stdout, stderr] = server.printed();
    for part in ["TRACE", "actix_http::h1", "DEBUG", "tradepost::http::middleware", "callback not read"] {
        assert!(stderr.contains(part), "the log has no line with {part:?}, so the search does not cover it");
    }
    server.watch.search("standard output", &stdout);
    server.watch.search("the log", &stderr);
    server.watch.search("an error answer", &server.watch.errors);
}
