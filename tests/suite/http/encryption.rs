//! TLS in the binary: what is spoken, how long a handshake may take, and how a certificate is renewed.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustls::version::{TLS12, TLS13};
use tempfile::{TempDir, tempdir};

use crate::support::encryption::{Encrypted, Issued, encrypted, get};
use crate::support::{TestApp, eventually};

/// Longest time that a connection may be held with limits of one second, on a slow machine.
const HELD_MAX: Duration = Duration::from_secs(6);
const TOKEN: &str = "8f0c6d1be2a94735c0d1f6e27b3a9549";

/// A shop under TLS.
struct Shop {
    app: TestApp,
    issued: Issued,
    folder: TempDir,
}

impl Shop {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let (issued, folder) = (Issued::new(), tempdir().unwrap());
        let tls = issued.write(folder.path()).settings();
        let tls = tls.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<(&str, &str)> = tls.chain([("METRICS__TOKEN", TOKEN)]).chain(settings.iter().copied()).collect();
        Self { app: TestApp::with(&all).await, issued, folder }
    }

    fn address(&self) -> SocketAddr {
        self.app.url().trim_start_matches("http://").parse().unwrap()
    }

    /// The answer to a request on a connection of its own.
    async fn get(&self, path: &str) -> String {
        let (address, path) = (self.address(), path.to_owned());
        let config = self.issued.client(&[&TLS13], &[]);
        let exchange = move || {
            let stream = encrypted(config, TcpStream::connect(address).unwrap()).unwrap();
            get(stream, &path, &format!("Authorization: Bearer {TOKEN}\r\n"))
        };
        actix_web::web::block(exchange).await.unwrap()
    }

    /// Runs `test` beside the server, with its address.
    async fn beside<T: Send + 'static>(&self, test: impl FnOnce(SocketAddr) -> T + Send + 'static) -> T {
        let address = self.address();
        actix_web::web::block(move || test(address)).await.unwrap()
    }
}

#[actix_web::test]
async fn requests_are_served_over_tls_1_2_and_1_3_and_http_1_1_alone() {
    let shop = Shop::start(&[]).await;
    for (version, protocols, chosen) in [
        (&TLS13, &[][..], None),
        (&TLS12, &[], None),
        (&TLS13, &["h2", "http/1.1"], Some("http/1.1")),
        (&TLS12, &["http/1.1"], Some("http/1.1")),
    ] {
        let config = shop.issued.client(&[version], protocols);
        let exchange = move |address| {
            let stream = encrypted(config, TcpStream::connect(address).unwrap()).unwrap();
            let protocol = stream.conn.alpn_protocol().map(|name| String::from_utf8(name.to_vec()).unwrap());
            (protocol, get(stream, "/healthz", ""))
        };
        let (protocol, answer) = shop.beside(exchange).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(protocol.as_deref(), chosen);
    }
    let config = shop.issued.client(&[&TLS13], &["h2"]);
    let refused = shop.beside(move |address| encrypted(config, TcpStream::connect(address).unwrap()).is_err()).await;
    assert!(refused, "HTTP/2 alone");
    shop.app.finish().await;
}

/// A ClientHello of TLS 1.1, without extensions.
fn hello_of_tls_1_1() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 4, 0xc0, 0x13, 0, 0x2f, 1, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    record
}

#[actix_web::test]
async fn older_versions_and_plain_text_are_refused() {
    let shop = Shop::start(&[]).await;
    for bytes in [hello_of_tls_1_1(), b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()] {
        let answer = shop.beside(move |address| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream.write_all(&bytes).unwrap();
            let mut answer = Vec::new();
            // The end may be a reset: the server does not read what follows.
            drop(stream.read_to_end(&mut answer));
            answer
        });
        let answer = answer.await;
        // An alert, or nothing.
        assert!(answer.first().is_none_or(|kind| *kind == 0x15), "{answer:?}");
        assert!(!answer.windows(4).any(|part| part == b"HTTP"), "{answer:?}");
    }
    shop.app.finish().await;
}

#[actix_web::test]
async fn browsers_use_https_only_where_the_public_url_is_https() {
    for (public_url, expected) in [("https://shop.example.com", Some("max-age=31536000")), ("", None)] {
        let app = TestApp::with(&[("HTTP__PUBLIC_URL", public_url)]).await;
        for path in ["/healthz", "/v1/goods", "/v1/users/me", "/nowhere", "/", "/pay/1"] {
            let answer = app.fetch(awc::http::Method::GET, path, &[], Vec::new()).await;
            let headers: Vec<&str> =
                answer.headers.get_all("strict-transport-security").map(|value| value.to_str().unwrap()).collect();
            assert_eq!(headers, expected.into_iter().collect::<Vec<_>>(), "{path}");
        }
        app.finish().await;
    }
}

/// Whether the server has ended the connection. Reads what it has sent.
fn is_ended(stream: &mut impl Read) -> bool {
    match stream.read(&mut [0; 4096]) {
        Ok(read) => read == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

/// How long the server keeps a connection to which one byte of `drip` after the other is sent, if there are any.
fn kept(mut stream: impl Read + Write, drip: &[u8]) -> Duration {
    let start = Instant::now();
    let mut drip = drip.iter().cycle();
    while !is_ended(&mut stream) && start.elapsed() < 2 * HELD_MAX {
        std::thread::sleep(Duration::from_millis(100));
        if let Some(byte) = drip.next() {
            let _ = stream.write_all(&[*byte]);
            let _ = stream.flush();
        }
    }
    start.elapsed()
}

const SHORT: [(&str, &str); 2] = [("HTTP__HEAD_WITHIN", "1s"), ("HTTP__TAKEN_WITHIN", "1s")];

#[actix_web::test]
async fn a_handshake_that_does_not_end_and_a_head_that_drips_under_tls_are_cut() {
    let shop = Shop::start(&SHORT).await;
    let open = |address: SocketAddr| {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        stream
    };
    let silent = shop.beside(move |address| kept(open(address), &[])).await;
    assert!(silent < HELD_MAX, "a silent client: {silent:?}");
    // The head of a record that would have 16 KiB.
    let dripping = shop.beside(move |address| {
        let mut stream = open(address);
        stream.write_all(&[0x16, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb]).unwrap();
        kept(stream, &[3])
    });
    let dripping = dripping.await;
    assert!(dripping < HELD_MAX, "a handshake that drips: {dripping:?}");
    for first in ["", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let config = shop.issued.client(&[&TLS13], &[]);
        let dripping = shop.beside(move |address| {
            let mut stream = encrypted(config, TcpStream::connect(address).unwrap()).unwrap();
            stream.sock.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            stream.write_all(format!("{first}GET /healthz HTTP/1.1\r\n").as_bytes()).unwrap();
            kept(stream, b"X-a: b\r\n")
        });
        let dripping = dripping.await;
        assert!(dripping < HELD_MAX, "a head that drips after {first:?}: {dripping:?}");
    }
    shop.app.finish().await;
}

#[actix_web::test]
async fn a_connection_under_tls_is_kept_while_it_is_idle() {
    let shop = Shop::start(&SHORT).await;
    let config = shop.issued.client(&[&TLS13], &[]);
    let served = shop.beside(move |address| {
        let mut stream = encrypted(config, TcpStream::connect(address).unwrap()).unwrap();
        for _ in 0..3 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).unwrap();
            assert!(buffer[..read].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..read]));
            // Twice as long as a head may take.
            std::thread::sleep(Duration::from_secs(2));
        }
        true
    });
    assert!(served.await);
    shop.app.finish().await;
}

/// The value of a figure.
fn figure(metrics: &str, name: &str) -> u64 {
    let line = metrics.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}: {metrics}"));
    line.trim().rsplit(' ').next().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn an_answer_that_is_not_taken_under_tls_ends_the_connection() {
    let shop = Shop::start(&SHORT).await;
    let config = shop.issued.client(&[&TLS13], &[]);
    let ask = move |address: SocketAddr| {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&address.into()).unwrap();
        let mut stream: Encrypted = encrypted(config, socket.into()).unwrap();
        stream.sock.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        let request = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(16);
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(20) {
            match stream.write_all(&request).and_then(|()| stream.flush()) {
                Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return true,
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        false
    };
    assert!(shop.beside(ask).await, "the connection was still open");
    let metrics = shop.get("/metrics").await;
    assert_eq!(figure(&metrics, "tradepost_http_connections_cut_total{reason=\"answer_not_taken\"}"), 1);
    shop.app.finish().await;
}

#[actix_web::test]
async fn a_handshake_has_a_place_of_its_address() {
    let shop = Shop::start(&[("HTTP__CONNECTIONS_PER_ADDRESS_MAX", "10")]).await;
    let held = shop.beside(|address| (0..60).map(|_| TcpStream::connect(address).unwrap()).collect::<Vec<_>>()).await;
    let metrics = shop.get("/metrics").await;
    assert!(figure(&metrics, "tradepost_http_connections ") <= 11, "{metrics}");
    assert!(figure(&metrics, "tradepost_http_connections_cut_total{reason=\"displaced\"}") >= 50, "{metrics}");
    drop(held);
    shop.app.finish().await;
}

#[actix_web::test]
async fn a_renewed_certificate_is_used_without_a_restart_and_a_broken_one_is_not() {
    let shop = Shop::start(&[]).await;
    let address = shop.address();
    let has = |issued: &Issued| {
        let config = issued.client(&[&TLS13], &[]);
        async move {
            let connect = move || encrypted(config, TcpStream::connect(address).unwrap()).is_ok();
            actix_web::web::block(connect).await.unwrap()
        }
    };
    assert!(has(&shop.issued).await);
    let mut old = shop.issued.connect(address).unwrap_or_else(|error| panic!("{error}"));
    // The certificate of one and the key of another.
    let (renewed, other) = (Issued::new(), Issued::new());
    let files = renewed.write(shop.folder.path());
    let key = std::fs::read(&files.key).unwrap();
    other.write(shop.folder.path());
    std::fs::write(&files.key, &key).unwrap();
    actix_web::rt::time::sleep(Duration::from_secs(7)).await;
    assert!(has(&shop.issued).await && !has(&other).await, "a key that does not fit is not used");
    std::fs::write(&files.certificate, "no certificate").unwrap();
    actix_web::rt::time::sleep(Duration::from_secs(7)).await;
    assert!(has(&shop.issued).await, "a file that is no certificate is not used");
    renewed.write(shop.folder.path());
    let is_used = || async { has(&renewed).await.then_some(()) };
    eventually(Duration::from_secs(20), "the renewed certificate is used", is_used).await;
    assert!(!has(&shop.issued).await, "the old certificate is not used any more");
    let still_served = actix_web::web::block(move || {
        old.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        old.read(&mut [0; 4096]).unwrap() > 0
    });
    assert!(still_served.await.unwrap(), "connections are kept");
    shop.app.finish().await;
}
