//! Asks a server on this machine over HTTP how it is, without anything that a server needs to run.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

use super::certificate_check;

const WITHIN: Duration = Duration::from_secs(5);
const BYTES_MAX: u64 = 64 * 1024;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// Whether a Tradepost has answered: all of its answers have an id, and those without a page are problems.
    pub fn is_ours(&self) -> bool {
        let has_id = self.head.lines().any(|line| line.to_ascii_lowercase().starts_with("x-request-id:"));
        has_id && (self.body.contains("\"status\":\"ok\"") || self.body.contains("\"/problems/"))
    }
}

/// The address at which a listener on `address` is reached from this machine.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

/// Sends `GET path` to `address`, under TLS if it `is_encrypted`. Any certificate is accepted: nothing secret is sent, and a
/// server whose certificate has expired is still running.
///
/// # Errors
/// There is no connection, or no answer of HTTP within five seconds.
pub fn get(address: SocketAddr, path: &str, is_encrypted: bool) -> std::io::Result<Answer> {
    let address = reachable(address);
    let stream = TcpStream::connect_timeout(&address, WITHIN)?;
    stream.set_read_timeout(Some(WITHIN))?;
    stream.set_write_timeout(Some(WITHIN))?;
    let bytes = if is_encrypted {
        let config = certificate_check::client(None).map_err(std::io::Error::other)?;
        let client = ClientConnection::new(Arc::new(config), address.ip().into()).map_err(std::io::Error::other)?;
        exchange(StreamOwned::new(client, stream), address, path)?
    } else {
        exchange(stream, address, path)?
    };
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other("the answer is not HTTP/1.1"))?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

fn exchange(mut stream: impl Read + Write, address: SocketAddr, path: &str) -> std::io::Result<Vec<u8>> {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    stream.flush()?;
    let mut bytes = Vec::new();
    // A server that answers slowly, byte by byte, is cut off by the maximum.
    match stream.take(BYTES_MAX).read_to_end(&mut bytes) {
        // A server may end the connection without a word of TLS.
        Err(error) if error.kind() != ErrorKind::UnexpectedEof || bytes.is_empty() => Err(error),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_all_addresses_is_reached_on_the_loopback_address() {
        for (listen, reached) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("192.0.2.1:80", "192.0.2.1:80")]
        {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), reached);
        }
    }
}
