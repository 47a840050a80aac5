//! `deploy/Caddyfile`: Caddy accepts it, and a real one with it stands in front of a real server.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::{TempDir, tempdir};

use super::{Answer, address, exchange, is_installed, text};
use crate::support::TestApp;

/// Caddy with its own folder for what it stores.
fn program(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new("caddy");
    command.args(arguments).args(["--adapter", "caddyfile", "--config"]).arg(folder.path().join("Caddyfile"));
    command.env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
    command.stdin(Stdio::null());
    command
}

/// A running Caddy. Dropping it ends it and removes its files.
struct Caddy {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Caddy {
    /// Starts the example on a free port, in front of the server on `shop`. Without TLS: nothing here can get a certificate.
    fn start(shop: SocketAddr) -> Self {
        let folder = tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut site = text("deploy/Caddyfile");
        for (from, to) in [
            ("\nshop.example.com {", format!("\n{{\n\tadmin off\n}}\nhttp://{address} {{")),
            ("reverse_proxy 127.0.0.1:8080", format!("reverse_proxy {shop}")),
            ("reverse_proxy 127.0.0.1:8081", format!("reverse_proxy {shop}")),
        ] {
            assert_eq!(site.matches(from).count(), 1, "{from}");
            site = site.replace(from, &to);
        }
        fs::write(folder.path().join("Caddyfile"), site).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let process = program(&folder, &["run"]).stderr(log).spawn().expect("caddy, of the package caddy");
        let caddy = Self { process, address, folder };
        for _ in 0..1000 {
            if TcpStream::connect(address).is_ok() {
                return caddy;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("Caddy does not start: {}", fs::read_to_string(caddy.folder.path().join("log")).unwrap());
    }

    async fn get(&self, path: &str) -> Answer {
        let host = self.address;
        exchange(host, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn caddy_accepts_the_example() {
    if !is_installed("caddy", "caddy") {
        return;
    }
    let folder = tempdir().unwrap();
    let accepts = |site: &str| {
        fs::write(folder.path().join("Caddyfile"), site).unwrap();
        let output = program(&folder, &["validate"]).output().expect("caddy, of the package caddy");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let site = text("deploy/Caddyfile");
    let (is_accepted, printed) = accepts(&site);
    assert!(is_accepted, "{printed}");
    assert!(!accepts(&site.replace("flush_interval", "flush_intervall")).0, "Caddy accepts everything");
}

#[actix_web::test]
async fn a_shop_behind_caddy_is_reached_and_its_figures_are_not() {
    if !is_installed("caddy", "caddy") {
        return;
    }
    let app = TestApp::with(&[("HTTP__PUBLIC_URL", "https://shop.example.com")]).await;
    let caddy = Caddy::start(address(&app));
    let goods = caddy.get("/v1/goods").await;
    assert!(goods.status == 200 && goods.head.matches("strict-transport-security").count() == 1, "{goods:?}");
    assert_eq!(caddy.get("/metrics").await.status, 404);
    assert_eq!(caddy.get("/admin/status").await.status, 401, "this machine may reach the administrator routes");
    app.finish().await;
}
