//! Requests that a client sends before it has read the answers to earlier ones. They are answered in order, and those that
//! wait take no memory but for their bytes.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command_line::{BINARY, sqlite};
use crate::http::account::peak_mib;
use crate::support::{ADMIN_PASSWORD, DEMO_PASSWORD, TestApp};

/// A request, and the status of its answer.
const REQUESTS: [(&str, u16); 6] = [
    ("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 200),
    ("GET /healthz HTTP/1.1\nHost: a\n\n", 200),
    ("\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    (
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 37\r\n\r\n\
         {\"user_name\":\"\\n\\n\",\n\n\"GET\":\"/ HTTP\"}",
        422,
    ),
    (
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         2\r\n{\n\r\n3;a=b\r\n\n\n}\r\n0\r\n\r\n",
        422,
    ),
    ("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 200),
];

/// The status of the next answer, of which the body is read as well.
fn status_of_next(answers: &mut BufReader<TcpStream>, is_head: bool) -> u16 {
    let (mut status, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        assert!(answers.read_line(&mut line).unwrap() > 0, "the connection ended");
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        status = status.or_else(|| line.split(' ').nth(1)?.parse().ok());
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    if !is_head {
        answers.read_exact(&mut vec![0; length]).unwrap();
    }
    status.unwrap()
}

#[actix_web::test]
async fn many_requests_at_once_are_answered_in_order_in_whatever_pieces_they_arrive() {
    let app = TestApp::with(&[("LIMITS__REFUSALS_PER_ADDRESS", "0"), ("LIMITS__SIGN_INS_PER_ADDRESS", "0")]).await;
    let address = app.url().trim_start_matches("http://").to_owned();
    let exchange = move || {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for longest in [usize::MAX, 2_000, 40] {
            let sent: Vec<_> = (0..150).map(|_| *random.choice(REQUESTS.iter()).unwrap()).collect();
            let bytes: String = sent.iter().map(|(request, _)| *request).collect();
            let stream = TcpStream::connect(&address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let mut writing = stream.try_clone().unwrap();
            let mut pieces = random.fork();
            let writer = std::thread::spawn(move || {
                let mut rest = bytes.as_bytes();
                while !rest.is_empty() {
                    let (piece, later) = rest.split_at(pieces.usize(1..=longest.min(rest.len())));
                    writing.write_all(piece).unwrap();
                    rest = later;
                }
            });
            let mut answers = BufReader::new(stream);
            for (at, (request, status)) in sent.iter().enumerate() {
                let found = status_of_next(&mut answers, request.starts_with("HEAD"));
                assert_eq!(found, *status, "number {at} of pieces up to {longest}: {request}");
            }
            writer.join().unwrap();
        }
    };
    actix_web::web::block(exchange).await.unwrap();
    app.finish().await;
}

/// A server in a process of its own, with its address.
fn server(folder: &str) -> (Child, String) {
    let mut child = Command::new(BINARY)
        .env_clear()
        .envs([("TRADEPOST__HTTP__LISTEN", "127.0.0.1:0"), ("TRADEPOST__ADMIN__PASSWORD", ADMIN_PASSWORD)])
        .envs([("TRADEPOST__STORE__URL", sqlite(folder.as_ref())), ("TRADEPOST__SECRETS__FOLDER", folder.to_owned())])
        .envs([("TRADEPOST__DEMO__PASSWORD", DEMO_PASSWORD), ("TRADEPOST__LOG__FILTER", "error")])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| Some(line.ok()?.split_once("listening on http://")?.1.to_owned())).unwrap();
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

/// Sends `first` and then `requests` again and again, without reading an answer, until the server takes no more or `end`.
fn press(address: &str, first: &str, requests: &str, end: Instant) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut is_open = stream.write_all(first.as_bytes()).is_ok();
    while is_open && Instant::now() < end {
        match stream.write(requests.as_bytes()) {
            Ok(written) => is_open = written > 0,
            Err(error) => is_open = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

/// Review H7. The HTTP server would keep each of these requests in a form 200 times as large.
#[actix_web::test]
async fn requests_that_wait_for_the_answers_to_others_take_little_memory() {
    const CHUNKED: &str =
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data").display().to_string();
    std::fs::create_dir(&path).unwrap();
    let (mut child, address) = server(&path);
    let before = peak_mib(child.id());
    let press_all = move || {
        let end = Instant::now() + Duration::from_secs(4);
        let many = "GET /pay/1 HTTP/1.1\r\nHost: a\r\n\r\n".repeat(200);
        let firsts = ["", CHUNKED, &format!("{CHUNKED}2\r\n{{}}\r\n0\r\n\r\n")];
        std::thread::scope(|scope| {
            for n in 0..24 {
                let (address, many, first) = (&address, &many, firsts[n % 3]);
                scope.spawn(move || press(address, first, many, end));
            }
        });
    };
    actix_web::web::block(press_all).await.unwrap();
    let grown = peak_mib(child.id()) - before;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(grown < 24, "{grown} MiB more for 24 connections");
}
