//! Certificates of servers, and clients that verify them.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

/// A stream to a server.
pub type Encrypted = StreamOwned<ClientConnection, TcpStream>;

/// A self-signed certificate for `localhost`.
pub struct Issued {
    pub certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Issued {
    pub fn new() -> Self {
        Self::until(2100)
    }

    /// A certificate that is valid until the first day of a year.
    pub fn until(year: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, key: key.serialize_der() }
    }

    /// Writes the certificate and its key into `folder`, in place of others.
    pub fn write(&self, folder: &Path) -> Files {
        let files = Files { certificate: folder.join("shop.pem"), key: folder.join("shop.key") };
        put(&files.certificate, &pem("CERTIFICATE", &self.certificate));
        put(&files.key, &pem("PRIVATE KEY", &self.key));
        files
    }

    /// A client that trusts this certificate and speaks these versions of TLS.
    pub fn client(&self, versions: &[&'static SupportedProtocolVersion], protocols: &[&str]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(versions).unwrap().with_root_certificates(roots);
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        config
    }

    /// A stream to the server on `address`, which has this certificate.
    pub fn connect(&self, address: SocketAddr) -> std::io::Result<Encrypted> {
        encrypted(self.client(&[&rustls::version::TLS13], &[]), TcpStream::connect(address)?)
    }
}

/// The files of a certificate.
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Files {
    /// The settings that name them, and the address of the certificate.
    pub fn settings(&self) -> [(&'static str, String); 3] {
        [
            ("HTTP__TLS__CERTIFICATE_FILE", self.certificate.display().to_string()),
            ("HTTP__TLS__KEY_FILE", self.key.display().to_string()),
            ("HTTP__PUBLIC_URL", "https://localhost".to_owned()),
        ]
    }
}

/// Completes a handshake with `localhost` over `stream`.
pub fn encrypted(config: ClientConfig, mut stream: TcpStream) -> std::io::Result<Encrypted> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    while client.is_handshaking() {
        client.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(client, stream))
}

/// Replaces a file at once, as programs that renew certificates do.
fn put(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let lines: Vec<&str> = encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Sends a request for `path`, after which the server closes the connection. Returns the answer.
pub fn get(mut stream: Encrypted, path: &str, headers: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}
