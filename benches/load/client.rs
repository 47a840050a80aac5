//! The generator: one thread, a socket per connection, HTTP by hand so that it takes little of the machine.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt;
use fastrand::Rng;
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::prepare::Shop;

const WARM_UP: Duration = Duration::from_secs(1);

/// What the connections measured together.
pub struct Orders {
    /// From the first byte sent to the last read, in microseconds; of orders that were made.
    pub latency_us: Histogram<u64>,
    /// Other answers: status and code.
    pub errors: BTreeMap<String, u64>,
    pub seconds: f64,
}

/// Orders on so many connections for so long.
pub async fn load(address: &str, shop: &Shop, connections: usize, length: Duration) -> Orders {
    let latency_us = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
    let orders = Orders { latency_us, errors: BTreeMap::new(), seconds: length.as_secs_f64() };
    let orders = Rc::new(RefCell::new(orders));
    let from = Instant::now() + WARM_UP;
    let window = (from, from + length);
    // Another run on the same data has other keys.
    let run = fastrand::u32(..);
    let connect = |at: usize| {
        let (orders, goods) = (Rc::clone(&orders), shop.goods.clone());
        let (address, token) = (address.to_owned(), shop.tokens[at % shop.tokens.len()].clone());
        rt::spawn(async move {
            let mut customer = Customer::new(&address, token, goods).await;
            for number in 0.. {
                let sent = Instant::now();
                if sent >= window.1 {
                    break;
                }
                let (status, body) = customer.order(&format!("{run:x}-{at}-{number}")).await;
                let now = Instant::now();
                if now < window.0 || now >= window.1 {
                    continue;
                }
                let mut orders = orders.borrow_mut();
                if status == 201 {
                    orders.latency_us.saturating_record(now.duration_since(sent).as_micros() as u64);
                } else {
                    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
                    *orders.errors.entry(format!("{status} {}", body["code"])).or_default() += 1;
                }
            }
        })
    };
    for connection in (0..connections).map(connect).collect::<Vec<_>>() {
        connection.await.unwrap();
    }
    Rc::into_inner(orders).unwrap().into_inner()
}

struct Customer {
    socket: TcpStream,
    head: String,
    goods: Vec<String>,
    rng: Rng,
    buffer: Vec<u8>,
}

impl Customer {
    async fn new(address: &str, token: String, goods: Vec<String>) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let head = format!(
            "POST /v1/orders HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n"
        );
        Self { socket, head, goods, rng: Rng::new(), buffer: Vec::new() }
    }

    /// Places an order: the answer's status and body.
    async fn order(&mut self, key: &str) -> (u16, &[u8]) {
        let goods_id = self.rng.choice(&self.goods).unwrap();
        let body = format!(
            r#"{{"goods":[{{"goods_id":"{goods_id}","goods_number":1}}],"money_paid":"0.10","address":"1 Main Street","consignee":"load"}}"#
        );
        let request = format!("{}idempotency-key: {key}\r\ncontent-length: {}\r\n\r\n{body}", self.head, body.len());
        self.socket.write_all(request.as_bytes()).await.unwrap();
        self.buffer.clear();
        loop {
            let read = self.socket.read_buf(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the connection was closed");
            if let Some((status, from)) = head(&self.buffer) {
                return (status, &self.buffer[from..]);
            }
        }
    }
}

/// The status of a whole answer, and where its body begins; `None` where it is not whole yet.
fn head(buffer: &[u8]) -> Option<(u16, usize)> {
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&buffer[..end]).unwrap().to_ascii_lowercase();
    let length: usize = head.split_once("content-length: ")?.1.lines().next()?.parse().unwrap();
    let status = head.split(' ').nth(1)?.parse().unwrap();
    (buffer.len() >= end + length).then_some((status, end))
}
