//! `deploy/nginx.conf`: nginx accepts it, and a real one with it stands in front of a real server.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use super::{Answer, address, exchange, exchange_on, is_installed, text};
use crate::platform::{Key, Wechat};
use crate::support::{DELAYED_QUERIES, TestApp};
use crate::wechat::platform::Shop;

/// A certificate of [`KEY`], which is public.
const CERTIFICATE: &str = include_str!("../../platform/alipay/app_certificate.pem");
const KEY: &str = "ali_app";

/// A running nginx. Dropping it ends it and removes its files.
struct Nginx {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

/// Writes the configuration into `folder`, with `site` as the only site. Returns its file.
fn configuration(folder: &Path, site: &str) -> PathBuf {
    let at = folder.display();
    fs::write(folder.join("site.conf"), site).unwrap();
    let file = folder.join("nginx.conf");
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = kinds.map(|kind| format!("{kind}_temp_path {at}/{kind};\n")).concat();
    let text = format!(
        "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/error.log;\nevents {{}}\n\
         http {{\naccess_log {at}/access.log;\n{temporary}include {at}/site.conf;\n}}\n"
    );
    fs::write(&file, text).unwrap();
    file
}

/// The nginx of the Debian package, whose folder is not on the path of all users.
fn program() -> Command {
    let mut command = Command::new("nginx");
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin").stdin(Stdio::null());
    command
}

/// The example with a certificate that exists.
fn example(folder: &Path) -> String {
    let file = folder.join("shop.pem");
    let key = Key::named(KEY).pem("PRIVATE KEY", "pkcs8_der_b64");
    fs::write(&file, format!("{}\n{key}", CERTIFICATE.trim_end())).unwrap();
    let site = text("deploy/nginx.conf");
    let certificates = "/etc/letsencrypt/live/shop.example.com/";
    assert_eq!(site.matches(certificates).count(), 2);
    let site = site.replace(&format!("{certificates}fullchain.pem"), file.to_str().unwrap());
    site.replace(&format!("{certificates}privkey.pem"), file.to_str().unwrap())
}

impl Nginx {
    /// Starts the example on a free port, in front of the servers on `shop` and `admin`. Without TLS: a client of the tests
    /// does not know the certificate.
    fn start(shop: SocketAddr, admin: SocketAddr) -> Self {
        let folder = tempdir().unwrap();
        // Another process may take the port before nginx does; nginx then ends, and the test fails.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut site = example(folder.path());
        for (from, to) in [
            ("server 127.0.0.1:8080;", format!("server {shop};")),
            ("server 127.0.0.1:8081;", format!("server {admin};")),
            ("listen 443 ssl http2;", format!("listen {address};")),
            ("    listen [::]:443 ssl http2;\n", String::new()),
            ("    listen 80;\n    listen [::]:80;\n", "    listen unix:FOLDER/plain;\n".to_owned()),
        ] {
            assert_eq!(site.matches(from).count(), 1, "{from}");
            site = site.replace(from, &to.replace("FOLDER", folder.path().to_str().unwrap()));
        }
        let file = configuration(folder.path(), &site);
        let process = program().arg("-c").arg(&file).spawn().expect("nginx, of the package nginx-light");
        let nginx = Self { process, address, folder };
        for _ in 0..1000 {
            if TcpStream::connect(address).is_ok() {
                return nginx;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("nginx does not start: {}", nginx.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        exchange(self.address, post(path, headers, body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n");
        exchange(self.address, request).await
    }
}

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

impl Drop for Nginx {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn nginx_accepts_the_example() {
    if !is_installed("nginx", "nginx-light") {
        return;
    }
    let folder = tempdir().unwrap();
    let file = configuration(folder.path(), &example(folder.path()));
    let test = |file: &Path| {
        let output = program().arg("-t").arg("-c").arg(file).output().expect("nginx, of the package nginx-light");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (is_accepted, printed) = test(&file);
    assert!(is_accepted && !printed.contains("[warn]"), "{printed}");
    let site = fs::read_to_string(folder.path().join("site.conf")).unwrap();
    configuration(folder.path(), &site.replace("proxy_buffering off", "proxy_bufering off"));
    assert!(!test(&file).0, "nginx accepts everything");
}

#[test]
fn an_event_of_the_console_arrives_before_the_next_one_is_sent() {
    if !is_installed("nginx", "nginx-light") {
        return;
    }
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let console = server.local_addr().unwrap();
    let (arrive, arrived) = std::sync::mpsc::channel::<()>();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        assert!(request[..length].starts_with(b"GET /console/live HTTP/1.1\r\n"));
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        for event in ["b\r\ndata: one\n\n\r\n", "b\r\ndata: two\n\n\r\n"] {
            stream.write_all(event.as_bytes()).unwrap();
            // The connection stays open, and nothing follows, until the client has the event.
            arrived.recv().unwrap();
        }
    });
    // The other routes lead to a port on which nothing listens.
    let nginx = Nginx::start("127.0.0.1:1".parse().unwrap(), console);
    let mut client = TcpStream::connect(nginx.address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    client.write_all(b"GET /console/live HTTP/1.1\r\nHost: shop.example.com\r\n\r\n").unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
    for event in ["data: one", "data: two"] {
        while !String::from_utf8_lossy(&answer).contains(event) {
            let length = client.read(&mut buffer).expect("an event arrives while the connection is open");
            assert!(length > 0, "{}", nginx.log());
            answer.extend_from_slice(&buffer[..length]);
        }
        arrive.send(()).unwrap();
    }
    served.join().unwrap();
}

#[actix_web::test]
async fn a_shop_behind_nginx_knows_the_address_of_its_customers() {
    if !is_installed("nginx", "nginx-light") {
        return;
    }
    let settings = [("GATEWAY__WECHAT__H5_TYPE", "Wap"), ("HTTP__TRUSTED_PROXIES", "127.0.0.1")];
    let shop = Shop::with(Wechat::start().await, &[&DELAYED_QUERIES[..], &settings].concat()).await;
    let nginx = Nginx::start(address(&shop.app), address(&shop.app));
    let order_id = shop.golden_order().await;
    let body = serde_json::json!({"order_id": order_id, "provider": "wechat_h5"}).to_string();
    // The client claims to be another one. It is on 127.0.0.2, which is not the proxy's address.
    let headers =
        format!("Authorization: Bearer {}\r\nIdempotency-Key: pay\r\nX-Forwarded-For: 203.0.113.7\r\n", shop.zs);
    let from = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    from.bind(&"127.0.0.2:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    let to = nginx.address;
    let connect = move || {
        from.connect(&to.into()).unwrap();
        TcpStream::from(from)
    };
    let answer = exchange_on(connect, post("/v1/payments", &headers, &body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let payment: Value = serde_json::from_str(&answer.body).unwrap();
    let trade = shop.platform.trade(payment["pay_id"].as_str().unwrap());
    assert_eq!(trade.parameters["scene_info"]["payer_client_ip"], "127.0.0.2");
    shop.finish().await;
}

#[actix_web::test]
async fn payments_are_confirmed_by_callbacks_through_nginx() {
    if !is_installed("nginx", "nginx-light") {
        return;
    }
    let mut app = TestApp::start().await;
    // The server's port is only known now, so the callbacks go through nginx after a restart on the same port.
    app.set("HTTP__LISTEN", &address(&app).to_string());
    let nginx = Nginx::start(address(&app), address(&app));
    app.set("GATEWAY__SANDBOX__CALLBACK_URL", &nginx.url());
    app.restart().await;
    let (zs, order_id, pay_id) = app.paying().await;
    assert_eq!(app.pay_and_await_callback(&pay_id).await, [200]);
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    let log = fs::read_to_string(nginx.folder.path().join("access.log")).unwrap();
    let calls: Vec<&str> = log.lines().filter(|line| line.contains("POST /v1/payments/callbacks/sandbox")).collect();
    assert!(calls.len() == 1 && calls[0].contains("\" 200 "), "{log}");
    app.finish().await;
}

#[actix_web::test]
async fn a_body_that_is_too_large_is_refused_with_a_problem_by_the_server_or_by_nginx() {
    if !is_installed("nginx", "nginx-light") {
        return;
    }
    let app = TestApp::start().await;
    let nginx = Nginx::start(address(&app), address(&app));
    let token = format!("Authorization: Bearer {}\r\nIdempotency-Key: large\r\n", app.zs().await);
    for kib in [40, 200, 300] {
        let body = format!("\"{}\"", "x".repeat(kib * 1024));
        let Answer { status, head, body } = nginx.post("/v1/orders", &token, &body).await;
        let problem: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
        assert_eq!((status, &problem["code"], &problem["status"]), (413, &"payload_too_large".into(), &413.into()));
        assert!(head.contains("content-type: application/problem+json"), "{kib}: {head}");
        // Only the server's own answers have an id.
        assert_eq!(head.contains("x-request-id"), kib < 256, "{kib}: {head}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn nginx_answers_for_a_server_that_is_away_and_keeps_the_figures_apart() {
    if !is_installed("nginx", "nginx-light") {
        return;
    }
    let mut app = TestApp::with(&[("HTTP__PUBLIC_URL", "https://shop.example.com")]).await;
    let own = address(&app).to_string();
    app.set("HTTP__LISTEN", &own);
    let nginx = Nginx::start(address(&app), address(&app));
    let goods = nginx.get("/v1/goods").await;
    assert!(goods.status == 200 && goods.head.matches("strict-transport-security").count() == 1, "{goods:?}");
    assert_eq!(nginx.get("/metrics").await.status, 404);
    assert_eq!(nginx.get("/admin/status").await.status, 401, "this machine may reach the administrator routes");
    // A request without a body arrives with its length.
    let (zs, order_id, _) = app.paying().await;
    let headers = format!("Authorization: Bearer {zs}\r\n");
    assert_eq!(nginx.post(&format!("/v1/orders/{order_id}/cancel"), &headers, "").await.status, 200);
    app.settle().await;
    app.stop(Duration::from_secs(5)).await;
    let Answer { status, head, body } = nginx.get("/v1/goods").await;
    let problem: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    assert_eq!((status, &problem["code"]), (503, &"busy".into()), "{body}");
    assert!(head.contains("strict-transport-security"), "{head}");
    assert!(head.contains("retry-after: 1") && head.contains("application/problem+json"), "{head}");
    app.restart().await;
    app.finish().await;
}
