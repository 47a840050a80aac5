//! Addresses that cannot be guessed: an id together with 128 bits that only this shop can compute. The id alone opens
//! nothing.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};

use crate::domain::id::PayId;

/// Bytes of a tag.
const TAG_BYTES: usize = 16;
/// Between the id and the tag.
const SEPARATOR: char = '-';

/// Makes and opens tickets of one purpose. The `Debug` output hides the keys.
#[derive(Clone)]
pub struct Tickets {
    /// The key that makes tickets, and then those whose tickets are opened as well.
    keys: Vec<Key>,
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").finish_non_exhaustive()
    }
}

impl Tickets {
    /// Derives the key from a secret of at least 32 random bytes. Tickets of another purpose do not open here.
    #[must_use]
    pub fn new(secret: &[u8], purpose: &str) -> Self {
        Self { keys: vec![derived(&Key::new(HMAC_SHA256, secret), purpose)] }
    }

    /// Derives the key from another key.
    #[must_use]
    pub fn of_key(key: &Key, purpose: &str) -> Self {
        Self { keys: vec![derived(key, purpose)] }
    }

    /// The same, but tickets of `other` are opened as well.
    #[must_use]
    pub fn accepting(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self
    }

    /// The ticket of an id. It is the same each time.
    #[must_use]
    pub fn seal(&self, id: &str) -> String {
        let tag = self.keys.first().map(|key| tag(key, id)).unwrap_or_default();
        format!("{id}{SEPARATOR}{tag}")
    }

    /// The id in a ticket; `None` if it is none of this shop.
    #[must_use]
    pub fn open<'a>(&self, ticket: &'a str) -> Option<&'a str> {
        let (id, sent) = ticket.rsplit_once(SEPARATOR)?;
        let is_right = |key: &Key| verify_slices_are_equal(tag(key, id).as_bytes(), sent.as_bytes()).is_ok();
        self.keys.iter().any(is_right).then_some(id)
    }
}

fn derived(key: &Key, purpose: &str) -> Key {
    Key::new(HMAC_SHA256, sign(key, purpose.as_bytes()).as_ref())
}

fn tag(key: &Key, id: &str) -> String {
    let tag = sign(key, id.as_bytes());
    hex::encode(tag.as_ref().iter().take(TAG_BYTES).copied().collect::<Vec<u8>>())
}

/// The addresses of the pages of payments.
#[derive(Debug, Clone)]
pub struct PayPages(Tickets);

impl PayPages {
    /// The pages of a shop whose sessions are signed with `secret`. Links that were made with `old_secret` still open.
    #[must_use]
    pub fn new(secret: &[u8], old_secret: Option<&[u8]>) -> Self {
        const PURPOSE: &str = "tradepost/pay-page/1";
        let tickets = Tickets::new(secret, PURPOSE);
        Self(match old_secret {
            Some(old) => tickets.accepting(Tickets::new(old, PURPOSE)),
            None => tickets,
        })
    }

    /// The path of the page of a payment.
    #[must_use]
    pub fn path(&self, pay_id: PayId) -> String {
        format!("/pay/{}", self.0.seal(&pay_id.to_string()))
    }

    /// The payment of a page, by the last part of its path; `None` if no page of this shop has it.
    #[must_use]
    pub fn open(&self, ticket: &str) -> Option<PayId> {
        self.0.open(ticket)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_opens_only_unchanged_and_for_its_purpose() {
        let tickets = Tickets::new(b"0123456789abcdef0123456789abcdef", "a");
        let ticket = tickets.seal("77");
        assert_eq!((tickets.open(&ticket), ticket.len()), (Some("77"), 3 + 2 * TAG_BYTES));
        let other_purpose = Tickets::new(b"0123456789abcdef0123456789abcdef", "b");
        assert_eq!(other_purpose.open(&ticket), None);
        let tag = ticket.rsplit_once('-').unwrap().1;
        for forged in ["77", "77-", &format!("78-{tag}"), &ticket[..ticket.len() - 1], &format!("{ticket}0"), "", "-"] {
            assert_eq!(tickets.open(forged), None, "{forged}");
        }
        assert_eq!(tickets.open(&ticket.to_uppercase()), None);
    }

    #[test]
    fn a_page_opens_with_the_secret_before() {
        let (old, new) = (b"an old secret of 32 bytes, at least", b"a new secret of 32 bytes, or longer");
        let path = PayPages::new(old, None).path(PayId::new(77));
        let ticket = path.trim_start_matches("/pay/");
        assert_eq!(PayPages::new(new, Some(old)).open(ticket), Some(PayId::new(77)));
        assert_eq!(PayPages::new(new, None).open(ticket), None);
        assert_eq!(PayPages::new(new, None).open("77"), None, "the id alone opens nothing");
    }
}
