//! Looks at the addresses to listen on: whether they are free, or taken by a server of ours.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use super::finding::Finding;
use crate::cli::probe;
use crate::config::Settings;

/// The findings about `http.listen` and `admin.listen`.
pub fn check(settings: &Settings) -> Vec<Finding> {
    let is_encrypted = settings.http.tls.is_on();
    let admin = settings.admin.listen.0.map(|address| of_port("admin.listen", address, is_encrypted));
    let mut findings = vec![of_port("http.listen", settings.http.listen, is_encrypted)];
    findings.extend(admin);
    findings
}

fn of_port(check: &str, address: SocketAddr, is_encrypted: bool) -> Finding {
    let error = match TcpListener::bind(address) {
        Ok(_) if address.port() == 0 => return Finding::ok(check, format!("{address}: any free port")),
        Ok(_) => return Finding::ok(check, format!("{address} is free")),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::AddrInUse => match probe::get(address, "/healthz", is_encrypted) {
            Ok(answer) if answer.is_ours() => Finding::ok(check, format!("{address}: a Tradepost is serving there")),
            _ => {
                let detail = format!("{address} is in use by another program");
                let way_out = format!("stop it (`ss --listening --tcp --processes` names it), or change {check}");
                Finding::bad(check, detail, way_out)
            }
        },
        ErrorKind::PermissionDenied => {
            let way_out = "use a port from 1024 with a proxy in front, or AmbientCapabilities=CAP_NET_BIND_SERVICE";
            Finding::bad(check, format!("this user may not listen on {address}"), way_out)
        }
        ErrorKind::AddrNotAvailable => {
            let way_out = format!("set {check} to an address of this machine (`ip address`), or to 0.0.0.0");
            Finding::bad(check, format!("{address} is no address of this machine"), way_out)
        }
        _ => Finding::bad(check, format!("{address}: {error}"), format!("change {check}")),
    }
}
