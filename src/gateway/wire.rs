//! The HTTP client for platforms. A request without a complete response in time has an unknown outcome.

use std::time::Duration;

use awc::error::{ConnectError, SendRequestError};
use awc::http::{Method, Version};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
const RESPONSE_BYTES_MAX: usize = 1024 * 1024;
/// For the file of a statement.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(120);
const DOWNLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Shorter than the usual keep-alive timeouts of servers, so that no connection is reused while the platform closes it.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// A request to a platform.
#[derive(Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The absolute URL, percent-encoded.
    pub url: String,
    /// The headers, including the content type.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if there is one.
    pub body: Option<String>,
}

/// A complete response of a platform.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    headers: awc::http::header::HeaderMap,
    /// The raw body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of the header `name`; `None` if it is missing or, since that is ambiguous, repeated.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }
}

/// Reasons for having no complete response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The connection failed, so nothing was sent. The request may be sent to another address.
    #[error("{0}")]
    NotSent(String),
    /// It is unknown whether the platform executed the request.
    #[error("{0}")]
    Unknown(String),
}

impl From<SendRequestError> for Error {
    fn from(error: SendRequestError) -> Self {
        let why = error.to_string();
        match error {
            // The client also reports a connection that ended after the request as `Disconnected`.
            SendRequestError::Connect(ConnectError::Disconnected) => Self::Unknown(why),
            SendRequestError::Connect(_) => Self::NotSent(why),
            _ => Self::Unknown(why),
        }
    }
}

thread_local! {
    /// One client per thread, because `awc::Client` is not `Send`. It pools connections.
    static CLIENT: awc::Client = {
        let connector = awc::Connector::new()
            .timeout(CONNECT_TIMEOUT)
            .conn_keep_alive(IDLE_MAX)
            // A platform cannot negotiate HTTP/2, whose implementation under awc is one of 2022.
            .max_http_version(Version::HTTP_11);
        awc::Client::builder().connector(connector).timeout(RESPONSE_TIMEOUT).disable_redirects().finish()
    };
}

/// Sends a request. Redirects are not followed. TLS certificates are verified against the public roots.
///
/// # Errors
/// The reason for having no complete response. The outcome of the request is unknown.
pub async fn exchange(request: Request) -> Result<Response, String> {
    attempt(request).await.map_err(|error| error.to_string())
}

/// Sends a request like [`exchange`], for callers that need to know whether anything was sent.
///
/// # Errors
/// [`Error`].
pub async fn attempt(request: Request) -> Result<Response, Error> {
    attempt_within(request, RESPONSE_TIMEOUT, RESPONSE_BYTES_MAX).await
}

/// Sends a request for a file, which may be large and slow.
///
/// # Errors
/// The reason for having no complete response.
pub async fn download(request: Request) -> Result<Response, String> {
    attempt_within(request, DOWNLOAD_TIMEOUT, DOWNLOAD_BYTES_MAX).await.map_err(|error| error.to_string())
}

async fn attempt_within(request: Request, timeout: Duration, bytes_max: usize) -> Result<Response, Error> {
    let client = CLIENT.with(awc::Client::clone);
    let exchange = async move {
        let mut client_request = client.request(request.method, &request.url);
        for (name, value) in request.headers {
            client_request = client_request.insert_header((name, value));
        }
        let response = match request.body {
            None => client_request.send().await,
            Some(body) => client_request.send_body(body).await,
        };
        let mut response = response?;
        let body = response.body().limit(bytes_max).await;
        let body = body.map_err(|error| Error::Unknown(error.to_string()))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let response = Response { status, headers, body: body.into() };
        // The client does not report a connection that ended before the whole body was received.
        match response.header("content-length") {
            Some(length) if length != response.body.len().to_string() => {
                Err(Error::Unknown("the response is incomplete".to_owned()))
            }
            _ => Ok(response),
        }
    };
    let timed_out = |_| Error::Unknown("no response in time".to_owned());
    tokio::time::timeout(timeout, exchange).await.map_err(timed_out)?
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn get(url: String) -> Request {
        Request { method: Method::GET, url, headers: Vec::new(), body: None }
    }

    /// Starts a server that sends `response` on every connection; returns its address.
    fn server(response: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(response);
            }
        });
        address.to_string()
    }

    #[actix::test]
    async fn a_server_that_does_not_speak_tls_is_an_unknown_outcome() {
        let why = exchange(get(format!("https://{}/", server(b"HTTP/1.1 200 OK\r\n\r\n")))).await.unwrap_err();
        assert!(!why.is_empty());
    }

    #[actix::test]
    async fn a_redirect_is_returned_and_not_followed() {
        let redirect = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        let response = exchange(get(format!("http://{}/", server(redirect)))).await.unwrap();
        assert_eq!((response.status, response.header("location")), (302, Some("http://127.0.0.1:1/")));
    }

    #[actix::test]
    async fn only_a_failed_connection_is_reported_as_not_sent() {
        let error = attempt(get("http://127.0.0.1:1/".to_owned())).await.unwrap_err();
        assert!(matches!(error, Error::NotSent(_)), "{error:?}");
        for response in
            [&b""[..], b"HTTP/1.1", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"\0\0\0\0\r\n\r\n"]
        {
            let error = attempt(get(format!("http://{}/", server(response)))).await.unwrap_err();
            assert!(matches!(error, Error::Unknown(_)), "{error:?}");
        }
    }

    #[actix::test]
    async fn an_incomplete_response_is_an_unknown_outcome() {
        exchange(get(format!("http://{}/", server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"))))
            .await
            .unwrap_err();
    }
}
