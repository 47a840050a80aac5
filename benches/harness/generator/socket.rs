//! A minimal HTTP/1.1 client on one connection.

use std::ops::Range;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection, opened on first use and reopened if the server closed it.
pub struct Socket {
    address: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Socket {
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), stream: None, buffer: Vec::new() }
    }

    /// Opens the connection.
    pub async fn open(&mut self) -> std::io::Result<()> {
        self.stream = Some(connect(&self.address).await?);
        Ok(())
    }

    /// Sends `request` and waits for the complete response. Returns its status and body.
    ///
    /// A server closes an idle connection. If that happens before the first byte of the response, the request is sent
    /// once more on a new connection.
    pub async fn send(&mut self, request: &[u8]) -> Result<(u16, &[u8]), String> {
        let was_open = self.stream.is_some();
        let response = match self.try_send(request).await {
            Err(_) if was_open && self.buffer.is_empty() => self.try_send(request).await,
            response => response,
        };
        let (status, body) = response.map_err(|error| format!("no response: {}", error.kind()))?;
        Ok((status, &self.buffer[body]))
    }

    async fn try_send(&mut self, request: &[u8]) -> std::io::Result<(u16, Range<usize>)> {
        self.buffer.clear();
        // The stream is put back only after success: after an error it may hold the rest of a response.
        let mut stream = match self.stream.take().filter(is_usable) {
            Some(stream) => stream,
            None => connect(&self.address).await?,
        };
        stream.write_all(request).await?;
        loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((status, body)) = parse(&self.buffer) {
                self.stream = Some(stream);
                return Ok((status, body));
            }
        }
    }
}

async fn connect(address: &str) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Whether the connection is idle. A server that closed it, perhaps after a 408 response, has left something to read.
fn is_usable(stream: &TcpStream) -> bool {
    stream.try_read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

/// The status of a complete response, and the range of its body in `buffer`; `None` if it is incomplete.
fn parse(buffer: &[u8]) -> Option<(u16, Range<usize>)> {
    const LENGTH: &[u8] = b"\r\ncontent-length: ";
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = &buffer[..end];
    let status = number(head.get(9..12)?);
    let at = head.windows(LENGTH.len()).position(|found| found.eq_ignore_ascii_case(LENGTH)).unwrap() + LENGTH.len();
    let digits = head[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let body = end..end + number(&head[at..at + digits]);
    (buffer.len() >= body.end).then_some((status as u16, body))
}

fn number(digits: &[u8]) -> usize {
    digits.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}
