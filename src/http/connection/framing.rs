//! The end of the request that a client sends, as far as it can be seen without understanding it.

const CONTENT_LENGTH: &[u8] = b"content-length:";

/// How far the head of a request has arrived. It ends with an empty line, after at least one other line, as the HTTP
/// server sees it: lines may end without a carriage return, and empty lines before the head are skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// Whether a line of the head is complete.
    has_line: bool,
    /// Whether the present line has anything in it.
    is_in_line: bool,
}

/// The beginning of what a client sent: a whole head, with as much of its body as came with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Bytes up to the end of the head.
    pub head: usize,
    /// Bytes of the body behind it. Always 0 for a body in chunks.
    pub body: usize,
}

impl Head {
    /// Reads on in `bytes`. Returns the piece that completes the head, after which another head begins.
    pub fn read(&mut self, bytes: &[u8]) -> Option<Piece> {
        let (mut head, mut length) = (0, 0);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            head += line.len();
            let (text, is_whole) = line.strip_suffix(b"\n").map_or((line, false), |text| (text, true));
            self.is_in_line |= text.iter().any(|byte| *byte != b'\r');
            if !is_whole {
                return None;
            }
            if !self.is_in_line && self.has_line {
                *self = Self::default();
                return Some(Piece { head, body: length.min(bytes.len() - head) });
            }
            self.has_line |= self.is_in_line;
            self.is_in_line = false;
            length = content_length(text).unwrap_or(length);
        }
        None
    }
}

/// The length of the body, if this is the line that says it.
fn content_length(line: &[u8]) -> Option<usize> {
    let (name, value) = line.split_at_checked(CONTENT_LENGTH.len())?;
    let value = name.eq_ignore_ascii_case(CONTENT_LENGTH).then_some(value)?;
    str::from_utf8(value).ok()?.trim().parse().ok()
}

/// How far a body in chunks has arrived, if it is one that the HTTP server accepts. It ends any other one with the
/// connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunks {
    /// In the size of a chunk, of which so much is known.
    Size(u64),
    /// Behind that size, in the rest of its line.
    Extension(u64),
    /// In a chunk with so many bytes left.
    Data(u64),
    /// In the line that ends a chunk.
    End,
    /// At the beginning of a line behind the last chunk. An empty line ends the body.
    Last,
    /// In a trailer.
    Trailer,
    /// Behind the body.
    Complete,
}

impl Chunks {
    /// Reads on in `bytes`. Returns how many of them belong to the body.
    pub fn read(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let is_line_end = *byte == b'\n';
            let mut read = 1;
            *self = match *self {
                Self::Complete => break,
                Self::Size(0) | Self::Extension(0) if is_line_end => Self::Last,
                Self::Size(size) | Self::Extension(size) if is_line_end => Self::Data(size),
                Self::Size(size) => match char::from(*byte).to_digit(16) {
                    Some(digit) => Self::Size(size.saturating_mul(16).saturating_add(digit.into())),
                    None => Self::Extension(size),
                },
                Self::Data(left) => {
                    let there = bytes.len() - at;
                    read = usize::try_from(left).map_or(there, |left| left.min(there));
                    match left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX)) {
                        0 => Self::End,
                        left => Self::Data(left),
                    }
                }
                Self::End if is_line_end => Self::Size(0),
                Self::Last if is_line_end => Self::Complete,
                Self::Trailer if is_line_end => Self::Last,
                Self::Last if *byte != b'\r' => Self::Trailer,
                same @ (Self::Extension(_) | Self::End | Self::Last | Self::Trailer) => same,
            };
            at += read;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(head: usize, body: usize) -> Option<Piece> {
        Some(Piece { head, body })
    }

    #[test]
    fn a_request_ends_with_its_head_and_the_length_that_it_says() {
        let post = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
        for (bytes, expected) in [
            (&b"GET / HTTP/1.1\r\n\r\n"[..], piece(18, 0)),
            (b"GET / HTTP/1.1\n\nGET", piece(16, 0)),
            (b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", piece(22, 0)),
            (b"GET / HTTP/1.1\r\nA: b\r\n", None),
            (b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", piece(18, 0)),
            (&[&post[..], b"{}"].concat(), piece(post.len(), 2)),
            (&[&post[..], b"{ }GET / HTTP/1.1\r\n\r\n"].concat(), piece(post.len(), 3)),
            (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nabc", piece(38, 0)),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n", piece(47, 0)),
            (b"", None),
        ] {
            assert_eq!(Head::default().read(bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_body_in_chunks_ends_with_the_empty_chunk_in_whatever_pieces_it_arrives() {
        for body in [&b"0\r\n\r\n"[..], b"2\r\n{}\r\n0\r\n\r\n", b"00a;b=0\r\n\r\n0\r\n\r\n123\r\n0 \r\nA: b\r\n\r\n"] {
            let bytes = [body, b"0\r\n\r\nGET"].concat();
            for first in 0..bytes.len() {
                let (first, second) = bytes.split_at(first);
                let mut chunks = Chunks::Size(0);
                assert_eq!(chunks.read(first) + chunks.read(second), body.len(), "{:?}", String::from_utf8_lossy(body));
                assert_eq!(chunks, Chunks::Complete);
            }
        }
    }

    #[test]
    fn a_head_may_arrive_in_any_pieces() {
        let bytes = b"\r\nGET / HTTP/1.1\r\nHost: a\n\r\nG";
        for first in 0..bytes.len() {
            let (first, second) = bytes.split_at(first);
            let mut head = Head::default();
            if head.read(first).is_none() {
                assert_eq!(head.read(second), piece(second.len() - 1, 0), "{}", first.len());
            }
            assert_eq!(head, Head::default());
        }
    }
}
