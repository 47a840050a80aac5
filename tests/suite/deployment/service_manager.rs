//! The notifications of systemd, received on a socket as systemd has one.

use std::io::{BufRead, BufReader};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use tempfile::tempdir;
use tradepost::actor::fault::Fault;
use tradepost::app::service_manager::Notifier;
use tradepost::config::service_manager::ServiceManager;

use crate::command_line::{command, sqlite};
use crate::support::TestApp;

const WITHIN: Duration = Duration::from_secs(30);

/// The next notification.
fn next(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 1024];
    let length = socket.recv(&mut buffer).expect("a notification");
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

/// The next notification that is not a sign of life.
fn next_state(socket: &UnixDatagram) -> String {
    loop {
        let notification = next(socket);
        if !notification.starts_with("WATCHDOG=1\n") {
            return notification;
        }
    }
}

/// A server that is started by a service manager. It is killed if the test fails.
struct Server(Child);

impl Server {
    fn start(data: &str, socket: &str, variables: &[(&str, &str)]) -> Self {
        let base = [
            ("TRADEPOST__STORE__URL", data),
            ("TRADEPOST__HTTP__LISTEN", "127.0.0.1:0"),
            ("TRADEPOST__LOG__FILTER", "warn"),
            ("NOTIFY_SOCKET", socket),
        ];
        let mut command = command(&["serve"], &[&base[..], variables].concat());
        Self(command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap())
    }

    /// The line with the address, which the server prints when it listens.
    fn address(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim().rsplit(' ').next().unwrap().to_owned()
    }

    fn stop(mut self) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap().success());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn the_service_manager_is_notified_when_the_server_listens_lives_and_stops() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(WITHIN)).unwrap();
    let data = sqlite(&folder.path().join("data"));
    let mut server = Server::start(&data, path.to_str().unwrap(), &[("WATCHDOG_USEC", "200000")]);
    let first = next(&socket);
    let address = server.address();
    assert_eq!(first, format!("READY=1\nSTATUS=listening on {address}\n"));
    std::net::TcpStream::connect(address.trim_start_matches("http://")).expect("it listens when it says so");
    for _ in 0..3 {
        assert_eq!(next(&socket), "WATCHDOG=1\nSTATUS=ready\n");
    }
    assert_eq!(server.stop(), Some(0));
    assert_eq!(next_state(&socket), "STOPPING=1\nSTATUS=stopping\n");
    // Until its end, it is alive, although it is not ready.
    socket.set_nonblocking(true).unwrap();
    let mut buffer = [0; 1024];
    while let Ok(length) = socket.recv(&mut buffer) {
        assert_eq!(str::from_utf8(&buffer[..length]), Ok("WATCHDOG=1\nSTATUS=stopping\n"));
    }
}

#[test]
fn a_socket_without_a_file_is_notified_and_another_process_is_not_watched() {
    let folder = tempdir().unwrap();
    let name = format!("tradepost-{}", std::process::id());
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    socket.set_read_timeout(Some(WITHIN)).unwrap();
    let data = sqlite(&folder.path().join("data"));
    // WATCHDOG_PID names the process that is to be watched.
    let variables = [("WATCHDOG_USEC", "1000"), ("WATCHDOG_PID", "1")];
    let server = Server::start(&data, &format!("@{name}"), &variables);
    assert!(next(&socket).starts_with("READY=1\n"));
    assert_eq!(server.stop(), Some(0));
    assert_eq!(next(&socket), "STOPPING=1\nSTATUS=stopping\n");
}

#[test]
fn a_server_without_a_reachable_service_manager_serves() {
    let folder = tempdir().unwrap();
    let data = sqlite(&folder.path().join("data"));
    let mut server = Server::start(&data, folder.path().join("nothing").to_str().unwrap(), &[]);
    assert!(server.address().starts_with("http://127.0.0.1:"));
    assert_eq!(server.stop(), Some(0));
}

#[actix_web::test]
async fn a_server_whose_database_is_away_is_alive_and_not_ready() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = Rc::new(UnixDatagram::bind(&path).unwrap());
    socket.set_nonblocking(true).unwrap();
    let app = TestApp::start().await;
    let manager = ServiceManager { socket: path.into(), watchdog: Some(Duration::from_millis(20)) };
    let (notifier, readiness) = (Notifier::connect(&manager).unwrap(), app.readiness());
    actix_web::rt::spawn(async move { notifier.watch(&readiness).await });
    // The notifications that come until one is `wanted`. Each of them is a sign of life.
    let until = async |wanted: &str| {
        let mut buffer = [0; 1024];
        for _ in 0..3000 {
            if let Ok(length) = socket.recv(&mut buffer) {
                assert!(buffer.starts_with(b"WATCHDOG=1\n"), "{:?}", str::from_utf8(&buffer[..length]));
                if buffer[..length] == *wanted.as_bytes() {
                    return;
                }
                continue;
            }
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no {wanted}");
    };
    let (ready, not_ready) = ("WATCHDOG=1\nSTATUS=ready\n", "WATCHDOG=1\nSTATUS=not ready\n");
    until(ready).await;
    app.faults.plan("goods.apply", Fault::Error, 0, 1);
    let body = serde_json::json!({"goods_name": "x", "goods_number": 1, "goods_price": "1.00"});
    app.post("/admin/goods", &app.admin().await, body.clone()).await.expect_problem(503, "busy");
    until(not_ready).await;
    until(not_ready).await;
    app.post("/admin/goods", &app.admin().await, body).await.expect(201);
    until(ready).await;
    app.finish().await;
}
