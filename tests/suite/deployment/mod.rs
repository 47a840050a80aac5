//! The examples of `deploy/`: what they name exists, the programs that read them accept them, and a real proxy in front of
//! a real server does what the documentation says.

mod caddy;
mod container;
mod nginx;
mod service_manager;
mod systemd;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::TestApp;

/// A file of this repository.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Whether `program`, of the Debian package `package`, is installed. In CI, where `TRADEPOST_TEST_PROGRAMS` is `all`, it
/// must be.
#[expect(clippy::disallowed_methods, reason = "the variable belongs to the test run, not to the settings")]
#[track_caller]
pub fn is_installed(program: &str, package: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&folders).chain([PathBuf::from("/usr/sbin")]).any(|dir| dir.join(program).is_file());
    let is_required = std::env::var("TRADEPOST_TEST_PROGRAMS").is_ok_and(|which| which == "all");
    assert!(found || !is_required, "{program} is missing: apt-get install {package}");
    if !found {
        println!("not tested, because {program} is missing: apt-get install {package}");
    }
    found
}

/// The text of a file of this repository.
#[track_caller]
pub fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The address of a running application.
pub fn address(app: &TestApp) -> SocketAddr {
    app.url().trim_start_matches("http://").parse().unwrap()
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The status line and the headers, in lower case.
    pub head: String,
    pub body: String,
}

/// Sends `request` to `to` and reads to the end of the connection. This thread, on whose runtime the server may be, stays
/// free.
pub async fn exchange(to: SocketAddr, request: String) -> Answer {
    let stream = move || TcpStream::connect(to).unwrap();
    exchange_on(stream, request).await
}

/// Like [`exchange`], on the connection that `connect` opens.
pub async fn exchange_on(connect: impl FnOnce() -> TcpStream + Send + 'static, request: String) -> Answer {
    let answer = actix_web::rt::task::spawn_blocking(move || {
        let mut stream = connect();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // A server may refuse a body, and close the connection, before it has read all of it.
        drop(stream.write_all(request.as_bytes()));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    });
    let answer = answer.await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
