//! Connections that are held with little or nothing: without a whole head, with a body that does not come, or with answers
//! that are not read. They end in time and keep no one out.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use socket2::{Domain, Socket, Type};
use tradepost::actor::fault::Fault;

use crate::support::{GOODS, OrderBody, TestApp};

/// Limits that a test can wait for.
const SHORT: [(&str, &str); 3] =
    [("HTTP__HEAD_WITHIN", "1s"), ("HTTP__TAKEN_WITHIN", "1s"), ("HTTP__BODY_WITHIN", "1s")];
/// Longest time that a connection may be held with these limits, on a slow machine.
const HELD_MAX: Duration = Duration::from_secs(6);
const REQUEST: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

/// The bytes that a client sends: a text at once, another one after a pause, and then one byte of a third text after the other.
#[derive(Debug, Clone, Copy)]
struct Held {
    first: &'static str,
    later: &'static str,
    drip: &'static str,
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    stream
}

/// Whether the server has ended the connection. Reads what it has sent.
fn is_ended(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 4096]) {
        Ok(read) => read == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

/// Holds a connection as `held` says. Returns how long it lasts, at most a little more than `HELD_MAX`.
fn hold(address: &str, held: Held) -> Duration {
    let (mut stream, start) = (connect(address), Instant::now());
    stream.write_all(held.first.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let _ = stream.write_all(held.later.as_bytes());
    let mut drip = held.drip.bytes().cycle();
    while !is_ended(&mut stream) && start.elapsed() < 2 * HELD_MAX {
        std::thread::sleep(Duration::from_millis(150));
        if let Some(byte) = drip.next() {
            let _ = stream.write_all(&[byte]);
        }
    }
    start.elapsed()
}

const HEAD: &str = "GET /healthz HTTP/1.1\r\nX-a: b\r\n";

#[actix_web::test]
async fn no_kind_of_held_connection_lasts_and_an_honest_client_does_not_notice_them() {
    let app = TestApp::with(&SHORT).await;
    let zs = app.zs().await;
    let address = app.url().trim_start_matches("http://").to_owned();
    let kinds = [
        Held { first: "", later: "", drip: "" },
        Held { first: "G", later: "", drip: "" },
        Held { first: "GET /healthz HTTP/1.1\r\n", later: "", drip: "X-a: b\r\n" },
        Held { first: concat!("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "G"), later: "", drip: "" },
        Held { first: REQUEST, later: "G", drip: "" },
        Held { first: REQUEST, later: "\r\n", drip: "" },
        Held { first: REQUEST, later: HEAD, drip: "X-a: b\r\n" },
        Held {
            first: "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n",
            later: "",
            drip: "",
        },
        Held {
            first: "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
                    Transfer-Encoding: chunked\r\n\r\n1;",
            later: "",
            drip: "a",
        },
        Held {
            first: "POST /sandbox/trades/1/pay HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n",
            later: "",
            drip: " ",
        },
    ];
    let holding = kinds.iter().flat_map(|kind| [*kind; 3]).map(|held| {
        let address = address.clone();
        actix_web::rt::task::spawn_blocking(move || (held, hold(&address, held)))
    });
    let holding: Vec<_> = holding.collect();
    for n in 0..20 {
        app.order(&zs, &format!("honest-{n}"), &OrderBody::of(GOODS, 1)).await.expect(201);
    }
    for held in holding {
        let (held, lasted) = held.await.unwrap();
        assert!(lasted < HELD_MAX, "{held:?} lasted {lasted:?}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn an_idle_connection_is_kept_longer_than_a_head_may_take() {
    let app = TestApp::with(&SHORT).await;
    let address = app.url().trim_start_matches("http://").to_owned();
    let keep = move || {
        let mut stream = connect(&address);
        for _ in 0..2 {
            stream.write_all(REQUEST.as_bytes()).unwrap();
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(3) {
                assert!(!is_ended(&mut stream), "after {:?}", start.elapsed());
            }
        }
    };
    actix_web::web::block(keep).await.unwrap();
    app.finish().await;
}

/// A connection with a small receive buffer, so that the server notices soon when nothing is read.
fn narrow(address: &str, buffer: usize) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(buffer).unwrap();
    socket.connect(&address.parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    stream
}

const LONG: &str = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";

#[actix_web::test]
async fn answers_that_are_never_read_end_the_connection() {
    let app = TestApp::with(&SHORT).await;
    let address = app.url().trim_start_matches("http://").to_owned();
    let ask = move || {
        let (mut stream, start) = (narrow(&address, 4096), Instant::now());
        stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        while start.elapsed() < Duration::from_secs(20) {
            match stream.write_all(LONG.repeat(16).as_bytes()) {
                Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Some(start.elapsed());
                }
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        None
    };
    let ended = actix_web::web::block(ask).await.unwrap();
    assert!(ended.is_some(), "the connection was still open");
    let admin = app.admin().await;
    let metrics = app.get("/metrics", &admin).await.expect(200).text;
    assert!(metrics.contains("http_connections_cut_total{reason=\"answer_not_taken\"} 1"), "{metrics}");
    app.finish().await;
}

#[actix_web::test]
async fn answers_that_are_taken_steadily_are_never_cut() {
    let app = TestApp::with(&[("HTTP__TAKEN_WITHIN", "4s")]).await;
    let address = app.url().trim_start_matches("http://").to_owned();
    let take = move || {
        let (mut stream, start) = (narrow(&address, 64 * 1024), Instant::now());
        stream.write_all(LONG.repeat(16).as_bytes()).unwrap();
        // 100 KiB a second: one answer takes longer than the limit.
        let (mut taken, mut buffer) = (0, [0; 10 * 1024]);
        while start.elapsed() < Duration::from_secs(12) {
            match stream.read(&mut buffer) {
                Ok(0) => panic!("cut after {taken} bytes"),
                Ok(read) => taken += read,
                Err(error) => assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}"),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        taken
    };
    let taken = actix_web::web::block(take).await.unwrap();
    assert!(taken > 300_000, "{taken}");
    app.finish().await;
}

/// Opens connections and sends nothing.
fn silent(app: &TestApp, number: usize) -> Vec<TcpStream> {
    (0..number).map(|_| connect(app.url().trim_start_matches("http://"))).collect()
}

#[actix_web::test]
async fn connections_that_wait_make_room_for_new_ones() {
    let one_address = ("HTTP__CONNECTIONS_PER_ADDRESS_MAX", "20");
    // Connections of a proxy are those of many clients, so only their number in all is limited.
    let all = [("HTTP__CONNECTIONS_MAX", "20"), ("HTTP__TRUSTED_PROXIES", "127.0.0.1")];
    for settings in [vec![one_address], all.to_vec()] {
        let app = TestApp::with(&settings).await;
        let zs = app.zs().await;
        let mut held = silent(&app, 60);
        for n in 0..5 {
            held.extend(silent(&app, 20));
            app.order(&zs, &format!("honest-{n}"), &OrderBody::of(GOODS, 1)).await.expect(201);
        }
        let admin = app.admin().await;
        let metrics = app.get("/metrics", &admin).await.expect(200).text;
        let number = |name: &str| -> u64 {
            let line = metrics.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}"));
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        assert!(number("tradepost_http_connections ") <= 21, "{metrics}");
        assert!(number("tradepost_http_connections_cut_total{reason=\"displaced\"}") >= 100, "{metrics}");
        drop(held);
        app.finish().await;
    }
}

#[actix_web::test]
async fn callbacks_and_administrators_have_connections_of_their_own() {
    let app = TestApp::with(&[("HTTP__CONNECTIONS_MAX", "4"), ("HTTP__KEEP_ALIVE", "0s")]).await;
    let (admin, (zs, _, pay_id)) = (app.admin().await, app.paying().await);
    // Orders that take their time have all connections.
    app.faults.plan("goods.before_commit", Fault::Delay(Duration::from_secs(3)), 0, 1);
    let order_body = OrderBody::of(GOODS, 1);
    let keys: Vec<String> = (0..4).map(|n| format!("slow-{n}")).collect();
    let slow = join_all(keys.iter().map(|key| app.order(&zs, key, &order_body)));
    let meanwhile = async {
        actix_web::rt::time::sleep(Duration::from_millis(500)).await;
        let refused = app.get("/v1/goods", "").await.expect_problem(503, "busy");
        assert_eq!(refused.header("connection"), "close");
        app.get("/healthz", "").await.expect(200);
        app.get("/admin/status", &admin).await.expect(200);
        app.pay_at_platform(&pay_id, json!({})).await
    };
    let (slow, paid) = futures_util::future::join(slow, meanwhile).await;
    slow.into_iter().for_each(|answer| drop(answer.expect(201)));
    // The platform has pages here too; its own address would have other connections.
    assert!([200, 503].contains(&paid.status), "{}", paid.text);
    app.finish().await;
}

#[actix_web::test]
async fn bodies_that_never_come_keep_no_order_out() {
    let app = TestApp::with(&[("HTTP__IN_FLIGHT_MAX", "4"), ("HTTP__ADMIT_WITHIN", "20ms")]).await;
    let (zs, (_, mallory)) = (app.zs().await, app.customer("mallory", "0.00").await);
    let address = app.url().trim_start_matches("http://").to_owned();
    let request = format!(
        "POST /v1/orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {mallory}\r\nContent-Type: application/json\r\n\
         Idempotency-Key: a\r\nContent-Length: 100\r\n\r\n"
    );
    let held: Vec<TcpStream> = (0..256)
        .map(|_| {
            let mut stream = connect(&address);
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    for n in 0..20 {
        app.order(&zs, &format!("honest-{n}"), &OrderBody::of(GOODS, 1)).await.expect(201);
    }
    drop(held);
    app.finish().await;
}
