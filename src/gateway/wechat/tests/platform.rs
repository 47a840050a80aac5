//! A stand-in for WeChat Pay that sends prepared responses and records the requests.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;
use crate::gateway::crypto::key::PublicKey;
use crate::gateway::wechat::gateway::{TradeType, WechatGateway};

/// The kind of signature of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    Valid,
    Invalid,
    Missing,
}

/// A prepared response: the HTTP status, the body and the signature.
pub struct Response(pub u16, pub String, pub Signature);

/// A received request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Request {
    /// Whether the request has the merchant's valid signature.
    pub fn is_signed(&self) -> bool {
        let authorization = &self.headers["authorization"];
        let Some(pairs) = authorization.strip_prefix("WECHATPAY2-SHA256-RSA2048 ") else { return false };
        let pairs: HashMap<&str, &str> = pairs.split(',').map(|pair| pair.split_once('=').unwrap()).collect();
        let get = |name: &str| pairs[name].strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        let Self { method, target, body, .. } = self;
        let text = format!("{method}\n{target}\n{}\n{}\n{body}\n", get("timestamp"), get("nonce_str"));
        let key = PublicKey::parse(key("wx_merchant", "spki_der_b64")).unwrap();
        get("mchid") == MERCHANT
            && get("serial_no") == SERIAL.to_uppercase()
            && key.verifies(text.as_bytes(), get("signature"))
    }
}

/// The running stand-in.
pub struct Platform {
    pub url: String,
    pub clock: Clock,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Platform {
    /// Starts a stand-in that sends these responses in order.
    pub fn start(responses: Vec<Response>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let platform = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            clock: Clock::default(),
            requests: Arc::default(),
        };
        let (requests, clock) = (Arc::clone(&platform.requests), platform.clock.clone());
        std::thread::spawn(move || {
            for response in responses {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read_request(&mut stream);
                requests.lock().unwrap().push(request);
                write_response(&mut stream, &response, clock.now());
            }
        });
        platform
    }

    /// The requests received so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// A gateway to the stand-in.
    pub fn gateway(&self, trade_type: TradeType) -> WechatGateway {
        self.gateway_at(trade_type, &self.url, "")
    }

    /// A gateway with these base URLs and the stand-in's clock.
    pub fn gateway_at(&self, trade_type: TradeType, url: &str, fallback_url: &str) -> WechatGateway {
        let mut given = Given::new().with_h5();
        given.settings.url = url.to_owned();
        given.settings.fallback_url = fallback_url.to_owned();
        given.shop.clock = self.clock.clone();
        WechatGateway::new(trade_type, Arc::new(given.open().unwrap().unwrap()))
    }
}

fn read_request(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let mut first = lines.next().unwrap().split(' ');
            let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
            let pairs = lines.map(|line| line.split_once(": ").unwrap());
            let headers: HashMap<String, String> =
                pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
            let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Request { method, target, headers, body: body.to_owned() };
            }
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).unwrap();
        assert!(read > 0, "the request is incomplete");
        bytes.extend_from_slice(&chunk[..read]);
    }
}

fn write_response(stream: &mut TcpStream, Response(status, body, signature): &Response, now: Timestamp) {
    let mut head = format!("HTTP/1.1 {status} Response\r\nConnection: close\r\n");
    if *status != 204 {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    if *signature != Signature::Missing {
        let name = if *signature == Signature::Valid { "wx_platform_pubkey" } else { "wx_merchant" };
        for (name, value) in headers_by(name, PUBLIC_KEY_ID, body.as_bytes(), now) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
}
