//! The errors of the HTTP server itself: a request that cannot be read, whose head is too large, or takes too long. It answers
//! them with an empty body and without any middleware, so they are completed on their way to the socket.

use actix_web::ResponseError;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;

use crate::http::middleware::new_id;
use crate::http::problem::{Code, Problem};
use crate::trace::TraceId;

/// Headers of an answer that the HTTP server makes by itself. Every other answer has an id of the request.
const OWN_HEADERS: [&str; 3] = ["content-length: 0", "connection: ", "date: "];
/// The longest such answer.
const LENGTH_MAX: usize = 256;

/// The answer in place of `written`, if that is an error of the HTTP server, whole and by itself.
pub fn completed(written: &[u8]) -> Option<Vec<u8>> {
    if written.len() > LENGTH_MAX || !written.starts_with(b"HTTP/1.1 4") {
        return None;
    }
    let head = str::from_utf8(written).ok()?.strip_suffix("\r\n\r\n")?;
    let (status_line, headers) = head.split_once("\r\n")?;
    let is_own = |line: &str| OWN_HEADERS.iter().any(|own| line.starts_with(own));
    if !headers.split("\r\n").all(is_own) {
        return None;
    }
    let status = StatusCode::from_bytes(status_line.as_bytes().get(9..12)?).ok()?;
    Some(answer(Code::of_status(status), headers))
}

/// The whole answer with this code. `headers` are those of the HTTP server.
fn answer(code: Code, headers: &str) -> Vec<u8> {
    let id = new_id().to_string();
    let response = Problem::new(code).at(&id, TraceId::of_request(&id)).error_response();
    let status = response.status();
    let mut head = format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    for line in headers.split("\r\n").filter(|line| !line.starts_with("content-length")) {
        head.push_str(line);
        head.push_str("\r\n");
    }
    for (name, value) in response.headers() {
        head.push_str(name.as_str());
        head.push_str(": ");
        head.push_str(value.to_str().unwrap_or_default());
        head.push_str("\r\n");
    }
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    tracing::debug!(request_id = id, status = status.as_u16(), "a request could not be read");
    [format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\
                        date: Sat, 28 Nov 2026 01:00:00 GMT\r\n\r\n";

    #[test]
    fn an_error_of_the_server_itself_becomes_a_problem() {
        for (status, code) in [
            ("400 Bad Request", "malformed_request"),
            ("408 Request Timeout", "request_timeout"),
            ("431 Request Header Fields Too Large", "head_too_large"),
        ] {
            let answer = completed(BARE.replace("400 Bad Request", status).as_bytes()).unwrap();
            let answer = String::from_utf8(answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
            for header in [
                "connection: close",
                "date: Sat",
                "content-type: application/problem+json",
                "cache-control: no-store",
                "x-content-type-options: nosniff",
                "content-security-policy: default-src 'none'",
                "x-request-id: ",
            ] {
                assert!(head.contains(&format!("\r\n{header}")), "{header}: {head}");
            }
            assert!(head.ends_with(&format!("content-length: {}", body.len())) && !head.contains("content-length: 0"));
            let problem: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(
                (&problem["code"], &problem["status"]),
                (&code.into(), &status[..3].parse::<u16>().unwrap().into())
            );
        }
    }

    #[test]
    fn any_other_answer_is_left_alone() {
        for other in [
            BARE.replace("400 Bad Request", "200 OK"),
            BARE.replace("date", "x-request-id: 1\r\ndate"),
            format!("{BARE}{BARE}"),
            format!("HTTP/1.1 200 OK\r\n\r\n{BARE}"),
            BARE.trim_end().to_owned(),
            BARE.replace("content-length: 0", "content-length: 12"),
        ] {
            assert_eq!(completed(other.as_bytes()), None, "{other}");
        }
    }
}
