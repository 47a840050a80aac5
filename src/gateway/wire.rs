//! HTTP to a platform: what is not answered whole and in time has an unknown outcome.

use std::time::Duration;

use awc::error::{ConnectError, SendRequestError};
use awc::http::Method;

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Shorter than any server keeps an idle connection, so that none is used while the platform closes it.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// What a platform is asked.
#[derive(Debug)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where, percent-encoded.
    pub url: String,
    /// With which headers, the content type among them.
    pub headers: Vec<(&'static str, String)>,
    /// With which body.
    pub body: Option<String>,
}

/// What it answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    headers: awc::http::header::HeaderMap,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Answer {
    /// The header's value; none where it comes twice, as nobody knows which of them is meant.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }
}

/// Why there is no whole answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// There was no connection: nothing was sent, it may be asked elsewhere.
    #[error("{0}")]
    Unreached(String),
    /// Whether the platform did what it was asked is not known.
    #[error("{0}")]
    Unknown(String),
}

impl From<SendRequestError> for Unanswered {
    fn from(error: SendRequestError) -> Self {
        let why = error.to_string();
        match error {
            // Under this name the client also tells of a connection that ended after the request.
            SendRequestError::Connect(ConnectError::Disconnected) => Self::Unknown(why),
            SendRequestError::Connect(_) => Self::Unreached(why),
            _ => Self::Unknown(why),
        }
    }
}

thread_local! {
    /// It keeps connections open, and cannot leave its thread.
    static CLIENT: awc::Client = {
        let connector = awc::Connector::new().timeout(CONNECT_WITHIN).conn_keep_alive(IDLE_MAX);
        awc::Client::builder().connector(connector).timeout(ANSWER_WITHIN).disable_redirects().finish()
    };
}

/// Asks a platform. No redirect is followed, no certificate taken that the world does not vouch for.
///
/// # Errors
/// Why there is no whole answer: whether the platform did what it was asked is not known.
pub async fn exchange(request: Request) -> Result<Answer, String> {
    attempt(request).await.map_err(|unanswered| unanswered.to_string())
}

/// The same, where it matters whether anything was sent.
///
/// # Errors
/// [`Unanswered`].
pub async fn attempt(request: Request) -> Result<Answer, Unanswered> {
    let client = CLIENT.with(awc::Client::clone);
    let exchange = async move {
        let mut asked = client.request(request.method, &request.url);
        for (name, value) in request.headers {
            asked = asked.insert_header((name, value));
        }
        let answer = match request.body {
            None => asked.send().await,
            Some(body) => asked.send_body(body).await,
        };
        let mut answer = answer?;
        let body = answer.body().limit(ANSWER_BYTES_MAX).await;
        let body = body.map_err(|error| Unanswered::Unknown(error.to_string()))?;
        let answer = Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body: body.into() };
        // A connection that ends early does not count as an error there.
        match answer.header("content-length") {
            Some(length) if length != answer.body.len().to_string() => {
                Err(Unanswered::Unknown("only a part of the answer came".to_owned()))
            }
            _ => Ok(answer),
        }
    };
    let late = |_| Unanswered::Unknown("no answer in time".to_owned());
    tokio::time::timeout(ANSWER_WITHIN, exchange).await.map_err(late)?
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn get(url: String) -> Request {
        Request { method: Method::GET, url, headers: Vec::new(), body: None }
    }

    /// A server that says `answer` to whoever connects.
    fn server(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer);
            }
        });
        address.to_string()
    }

    #[actix::test]
    async fn a_server_that_does_not_speak_tls_is_an_unknown_outcome() {
        let told = exchange(get(format!("https://{}/", server(b"HTTP/1.1 200 OK\r\n\r\n")))).await.unwrap_err();
        assert!(!told.is_empty());
    }

    #[actix::test]
    async fn a_redirect_is_an_answer_and_not_followed() {
        let answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        let answer = exchange(get(format!("http://{}/", server(answer)))).await.unwrap();
        assert_eq!((answer.status, answer.header("location")), (302, Some("http://127.0.0.1:1/")));
    }

    #[actix::test]
    async fn only_what_was_never_sent_may_be_asked_elsewhere() {
        let told = attempt(get("http://127.0.0.1:1/".to_owned())).await.unwrap_err();
        assert!(matches!(told, Unanswered::Unreached(_)), "{told:?}");
        for answer in [&b""[..], b"HTTP/1.1", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"\0\0\0\0\r\n\r\n"]
        {
            let told = attempt(get(format!("http://{}/", server(answer)))).await.unwrap_err();
            assert!(matches!(told, Unanswered::Unknown(_)), "{told:?}");
        }
    }

    #[actix::test]
    async fn half_an_answer_is_an_unknown_outcome() {
        exchange(get(format!("http://{}/", server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"))))
            .await
            .unwrap_err();
    }
}
