//! Viewers of a live page of the console, each with a connection of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::process::ADMIN_PASSWORD;

/// How long a viewer waits before it looks whether the run has ended.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// Measurements of a viewer.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Number of frames.
    pub frames: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Longest time between two frames.
    pub longest_gap: Duration,
}

/// Viewers of the overview.
pub struct Viewers {
    ended: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<Seen>>,
}

impl Viewers {
    /// Opens `number` connections to the live parts of the overview at `address`.
    pub fn open(address: &str, number: usize) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let token = if number == 0 { String::new() } else { sign_in(address) };
        let watch = |_| {
            let (ended, address, token) = (Arc::clone(&ended), address.to_owned(), token.clone());
            thread::spawn(move || watch(&address, &token, &ended))
        };
        let threads = (0..number).map(watch).collect();
        Self { ended, threads }
    }

    /// Closes the connections.
    pub fn close(self) -> Vec<Seen> {
        self.ended.store(true, Ordering::Relaxed);
        self.threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    }
}

/// The access token of the administrator.
fn sign_in(address: &str) -> String {
    let body = format!(r#"{{"user_name":"admin","user_password":"{ADMIN_PASSWORD}"}}"#);
    let head = format!("POST /v1/sessions HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let token = answer.split("\"access_token\":\"").nth(1).unwrap_or_else(|| panic!("not signed in: {answer}"));
    token.split('"').next().unwrap().to_owned()
}

fn watch(address: &str, token: &str, ended: &AtomicBool) -> Seen {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LOOKS_EVERY)).unwrap();
    let cookie = format!("cookie: tradepost_console={token}\r\n");
    write!(stream, "GET /console/live?page=overview HTTP/1.1\r\nhost: {address}\r\n{cookie}\r\n").unwrap();
    let mut seen = Seen { frames: 0, bytes: 0, longest_gap: Duration::ZERO };
    let (mut buffer, mut last) = (vec![0; 64 * 1024], Instant::now());
    while !ended.load(Ordering::Relaxed) {
        let Ok(read) = stream.read(&mut buffer) else { continue };
        assert!(read > 0, "the server has dropped a viewer");
        seen.bytes += read as u64;
        // A frame may come in several reads, one right after the other.
        if last.elapsed() > LOOKS_EVERY {
            seen.longest_gap = seen.longest_gap.max(last.elapsed());
            seen.frames += 1;
            last = Instant::now();
        }
    }
    seen
}
