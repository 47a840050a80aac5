//! The header `traceparent` of W3C Trace Context, with which a client says to which trace its request belongs.

use super::{SpanId, TraceId};

/// The name of the header.
pub const TRACEPARENT: &str = "traceparent";

/// The value of a valid header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traceparent {
    /// The client's trace.
    pub trace: TraceId,
    /// The client's span, which is the parent of the request's span.
    pub span: SpanId,
    /// Whether the client records its part of the trace.
    pub is_sampled: bool,
}

impl Traceparent {
    /// Parses the value of the header. `None` if it is malformed: the standard demands that it is ignored then.
    ///
    /// A version other than 00 may have further fields behind those that are read here.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('-');
        let version: [u8; 1] = hexadecimal(fields.next()?)?;
        let trace = hexadecimal(fields.next()?)?;
        let span = hexadecimal(fields.next()?)?;
        let [flags]: [u8; 1] = hexadecimal(fields.next()?)?;
        let is_known = version == [0] && fields.next().is_none();
        let is_later = !matches!(version, [0 | 255]);
        ((is_known || is_later) && trace != [0; 16] && span != [0; 8]).then_some(Self {
            trace: TraceId(trace),
            span: SpanId(span),
            is_sampled: flags & 1 == 1,
        })
    }
}

/// Decodes exactly `N` bytes in lower-case hexadecimal digits.
fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    (is_lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn a_valid_header_is_read() {
        let parsed = Traceparent::parse(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        assert_eq!((parsed.trace.to_string(), parsed.span.to_string()), (TRACE.to_owned(), SPAN.to_owned()));
        assert!(parsed.is_sampled);
        assert!(!Traceparent::parse(&format!("00-{TRACE}-{SPAN}-02")).unwrap().is_sampled);
        assert!(Traceparent::parse(&format!("cc-{TRACE}-{SPAN}-01-what-comes")).is_some());
    }

    #[test]
    fn a_malformed_header_is_none() {
        for malformed in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}0-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-0x"),
            format!(" 00-{TRACE}-{SPAN}-01"),
        ] {
            assert_eq!(Traceparent::parse(&malformed), None, "{malformed:?}");
        }
    }
}
