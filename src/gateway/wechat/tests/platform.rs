//! A stand-in that answers as it is told to, and keeps what it heard.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;
use crate::gateway::crypto::key::PublicKey;
use crate::gateway::wechat::gateway::{TradeType, WechatGateway};

/// How an answer is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    Well,
    Badly,
    Not,
}

/// What it answers.
pub struct Answer(pub u16, pub String, pub Signed);

/// What it heard.
#[derive(Debug, Clone)]
pub struct Heard {
    pub method: String,
    pub target: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Heard {
    /// Whether the merchant signed it as it came.
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

/// One that answers these, one after the other.
pub struct Platform {
    pub url: String,
    pub clock: Clock,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Platform {
    pub fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let platform = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            clock: Clock::default(),
            heard: Arc::default(),
        };
        let (heard, clock) = (Arc::clone(&platform.heard), platform.clock.clone());
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let request = hear(&mut stream);
                heard.lock().unwrap().push(request);
                say(&mut stream, &answer, clock.now());
            }
        });
        platform
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The gateway that asks it.
    pub fn gateway(&self, trade_type: TradeType) -> WechatGateway {
        self.gateway_at(trade_type, &self.url, "")
    }

    pub fn gateway_at(&self, trade_type: TradeType, url: &str, fallback_url: &str) -> WechatGateway {
        let mut given = Given::new();
        given.settings.url = url.to_owned();
        given.settings.fallback_url = fallback_url.to_owned();
        given.shop.clock = self.clock.clone();
        WechatGateway::new(trade_type, Arc::new(given.open().unwrap().unwrap()))
    }
}

fn hear(stream: &mut TcpStream) -> Heard {
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
                return Heard { method, target, headers, body: body.to_owned() };
            }
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).unwrap();
        assert!(read > 0, "half a request");
        bytes.extend_from_slice(&chunk[..read]);
    }
}

fn say(stream: &mut TcpStream, Answer(status, body, signed): &Answer, now: Timestamp) {
    let mut head = format!("HTTP/1.1 {status} Response\r\nConnection: close\r\n");
    if *status != 204 {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    if *signed != Signed::Not {
        let name = if *signed == Signed::Well { "wx_platform_pubkey" } else { "wx_merchant" };
        for (name, value) in headers_by(name, PUBLIC_KEY_ID, body.as_bytes(), now) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
}
