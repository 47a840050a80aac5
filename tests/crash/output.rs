//! Output that cannot be written does not disturb the server.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{ChildStderr, Stdio};
use std::time::{Duration, Instant};

use actix_web::rt::System;
use tempfile::TempDir;

use super::http::Http;
use super::process::{Data, Server};
use super::run::exclusive;

/// Requests of a round, with some 20 log lines for each at the level `trace`.
const REQUESTS: usize = 600;
/// Rounds of which a few fill the buffer of 16,384 lines and a pipe of 64 KiB.
const ROUNDS_MAX: usize = 20;
/// Bytes in a full pipe of 64 KiB: another line does not fit.
const FULL_PIPE: usize = 64_000;

/// Starts a server that logs all it can, and whose log is `log`.
fn start(log: Stdio) -> (TempDir, Server, Option<ChildStderr>) {
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let (server, log) = Server::spawn_with(&data, &[("TRADEPOST__LOG__FILTER", "trace")], Stdio::piped(), log);
    (home, server.listening().unwrap(), log)
}

/// Sends requests that are logged, and expects an answer to each.
fn request(server: &Server) {
    System::new().block_on(async {
        let http = Http::new(&server.url);
        for _ in 0..REQUESTS {
            http.get("/v1/goods/999", "").await.expect(404);
        }
    });
}

/// The number of lines that the log has dropped.
fn lines_dropped(server: &Server) -> u64 {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let figure = answer.lines().find(|line| line.starts_with("tradepost_log_lines_dropped"));
    figure.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("no figure: {answer}"))
}

#[test]
fn requests_are_answered_while_the_reader_of_the_log_is_stopped() {
    let _lock = exclusive();
    let (_home, server, log) = start(Stdio::piped());
    let mut rounds = 0;
    while lines_dropped(&server) == 0 {
        assert!(rounds < ROUNDS_MAX, "the log has dropped nothing, so its buffer was not full");
        request(&server);
        rounds += 1;
    }
    request(&server);
    server.stop();
    let mut text = Vec::new();
    log.unwrap().read_to_end(&mut text).unwrap();
    assert!(text.len() >= FULL_PIPE, "the pipe was not full: {} bytes", text.len());
}

#[test]
fn requests_are_answered_after_the_reader_of_the_log_has_gone() {
    let _lock = exclusive();
    let (_home, server, log) = start(Stdio::piped());
    drop(log);
    request(&server);
    server.stop();
}

#[test]
fn requests_are_answered_while_the_disk_of_the_log_is_full() {
    let _lock = exclusive();
    let (_home, server, _) = start(full_disk());
    request(&server);
    server.stop();
}

#[test]
fn a_log_in_a_pipe_has_no_colours() {
    let _lock = exclusive();
    let (_home, server, log) = start(Stdio::piped());
    request(&server);
    let mut line = String::new();
    BufReader::new(log.unwrap()).read_line(&mut line).unwrap();
    assert!(
        ["INFO", "DEBUG", "TRACE"].iter().any(|level| line.contains(level)) && !line.contains('\u{1b}'),
        "{line:?}"
    );
    server.stop();
}

#[test]
fn a_server_that_cannot_print_its_address_serves_until_it_is_stopped() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let settings = [("TRADEPOST__HTTP__LISTEN", free.as_str())];
    let (mut server, _) = Server::spawn_with(&data, &settings, full_disk(), Stdio::null());
    server.url = format!("http://{free}");
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(&free).is_err() {
        assert!(Instant::now() < until && server.ended().is_none(), "the server does not listen");
        std::thread::sleep(Duration::from_millis(5));
    }
    request(&server);
    server.stop();
}

/// A file to which nothing can be written.
fn full_disk() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}
