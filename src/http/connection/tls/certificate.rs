//! A certificate with its key, read from PEM files.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::Error;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::domain::clock::Timestamp;
use crate::gateway::crypto::certificate;

/// The files of a certificate.
#[derive(Debug, Clone)]
pub struct Files {
    /// File with the certificate, followed by those of its issuers.
    pub certificate: PathBuf,
    /// File with the private key.
    pub key: PathBuf,
}

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The file with the certificates.
    Certificate,
    /// The file with the private key.
    Key,
}

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct Unusable {
    /// The file at fault.
    pub part: Part,
    file: String,
    why: String,
}

impl Unusable {
    /// The file `part`, at `path`, cannot be used for the reason `why`.
    pub fn new(part: Part, path: &Path, why: impl Display) -> Self {
        Self { part, file: path.display().to_string(), why: why.to_string() }
    }
}

/// A certificate that fits its key.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The certificates, the server's own first, and the key.
    pub key: Arc<CertifiedKey>,
    /// Start of the time for which the server's own certificate is valid.
    pub valid_from: Timestamp,
    /// End of that time.
    pub valid_until: Timestamp,
}

/// Reads the files. Whether the certificate is valid now is not checked.
///
/// # Errors
/// A file cannot be read, is not PEM, or the key is not that of the certificate.
pub fn load(files: &Files) -> Result<Loaded, Unusable> {
    let of_certificate = |why: &dyn Display| Unusable::new(Part::Certificate, &files.certificate, why);
    let of_key = |why: &dyn Display| Unusable::new(Part::Key, &files.key, why);
    let pem = std::fs::read(&files.certificate).map_err(|error| of_certificate(&error))?;
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|error| of_certificate(&error))?;
    let own = chain.first().ok_or_else(|| of_certificate(&"has no certificate as PEM"))?;
    let own = certificate::of_der(own).ok_or_else(|| of_certificate(&"has a certificate that cannot be read"))?;
    let (valid_from, valid_until) = (own.valid_from, own.valid_until);
    let pem = std::fs::read(&files.key).map_err(|error| of_key(&error))?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| of_key(&"has no private key as PEM"))?;
    let fitting = CertifiedKey::from_der(chain, key, &default_provider());
    let key = fitting.map_err(|error| match error {
        Error::InconsistentKeys(_) => {
            of_key(&format_args!("is not the key of the certificate in {}", files.certificate.display()))
        }
        Error::InvalidCertificate(error) => of_certificate(&format_args!("{error:?}")),
        error => of_key(&error),
    })?;
    Ok(Loaded { key: Arc::new(key), valid_from, valid_until })
}
