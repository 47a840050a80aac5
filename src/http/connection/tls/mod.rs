//! TLS of the servers: 1.2 and 1.3, with HTTP/1.1 over it.
//!
//! [`certificate`] reads the files, [`served`] is the certificate in use and looks for a newer one.

pub mod certificate;
pub mod served;

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use self::certificate::{Files, Part, Unusable};
use self::served::Served;

/// The only protocol over TLS. Clients that name none use it too.
const PROTOCOL: &[u8] = b"http/1.1";

/// TLS with a certificate that may be replaced while the server runs.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    /// The certificate in use.
    pub served: Arc<Served>,
}

impl Tls {
    /// TLS with the certificate of these files.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn new(files: Files) -> Result<Self, Unusable> {
        let path = files.certificate.clone();
        let served = Arc::new(Served::new(files)?);
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| Unusable::new(Part::Certificate, &path, error))?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::<Served>::clone(&served));
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Self { acceptor: Arc::new(config).into(), served })
    }

    /// Completes the handshake on `stream`. It is not limited in time here: the connection is watched from its beginning.
    ///
    /// # Errors
    /// The client ends the connection, or speaks no TLS that the server knows.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        self.acceptor.accept(stream).await
    }
}
