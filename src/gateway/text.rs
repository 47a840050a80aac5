//! The texts of platforms that are stored. Our columns hold 64 characters, and one engine refuses NUL bytes.

/// The longest event id that is accepted.
pub const EVENT_ID_LENGTH_MAX: usize = 64;

/// The longest trade id that is accepted: the event id of a queried payment is the trade id with the prefix `asked_`.
pub const TRADE_NO_LENGTH_MAX: usize = EVENT_ID_LENGTH_MAX - "asked_".len();

/// Whether `url` is an address of this scheme, such as `https://`, with at most `length_max` characters. It is shown to
/// customers, so that no script and no other program may hide in it.
#[must_use]
pub fn is_address(url: &str, scheme: &str, length_max: usize) -> bool {
    is_printable_ascii(url, length_max)
        && url.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
        && url.len() > scheme.len()
}

/// Whether `text` has 1 to `length_max` characters, all of them printable ASCII without blanks.
#[must_use]
pub fn is_printable_ascii(text: &str, length_max: usize) -> bool {
    (1..=length_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
