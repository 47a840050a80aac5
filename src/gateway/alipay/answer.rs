//! Verifies the envelope of a response: `{"alipay_trade_query_response":{...},"sign":"..."}`. The signature covers the
//! text of the first value exactly as it is in the body.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::code::SUCCESS;
use super::keyring::Keyring;
use crate::gateway::Reject;

/// The member that holds an error found before the method is dispatched.
const ERROR_MEMBER: &str = "error_response";

/// A verified response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<'a> {
    /// The text that the signature covers, or the text of an unsigned error.
    pub text: Cow<'a, str>,
    /// Whether the response is signed. Only errors may be unsigned, and they prove nothing but that the call failed.
    pub is_signed: bool,
}

/// A response whose signature is not verified yet.
pub struct Envelope<'a> {
    /// The signed text, including the quotes if it is a JSON string.
    pub signed: &'a str,
    sign: String,
    sn: String,
}

impl<'a> Envelope<'a> {
    /// Splits the response to `method` into its members.
    ///
    /// # Errors
    /// [`Reject::Duplicate`] if a member is repeated, [`Reject::Unreadable`] if the body is malformed.
    pub fn open(method: &str, body: &'a [u8]) -> Result<Self, Reject> {
        let Members(all) = serde_json::from_slice(body).map_err(|_| Reject::Unreadable)?;
        let count = all.len();
        let members: BTreeMap<String, &RawValue> = all.into_iter().collect();
        if members.len() != count {
            return Err(Reject::Duplicate);
        }
        let text = |name: &str| match members.get(name) {
            Some(value) => serde_json::from_str(value.get()).map_err(|_| Reject::Unreadable),
            None => Ok(String::new()),
        };
        let response = members.get(&format!("{}_response", method.replace('.', "_")));
        let signed = response.or_else(|| members.get(ERROR_MEMBER)).ok_or(Reject::Unreadable)?.get();
        Ok(Self { signed, sign: text("sign")?, sn: text("alipay_cert_sn")? })
    }

    /// Verifies the signature.
    ///
    /// # Errors
    /// [`Reject::MissingSignature`], [`Reject::UnknownKey`] or [`Reject::Signature`].
    pub fn verify(self, keyring: &Keyring) -> Result<Verified<'a>, Reject> {
        let signed = self.signed;
        if self.sign.is_empty() {
            let unsigned = Verified { text: signed.into(), is_signed: false };
            return if is_error(signed) { Ok(unsigned) } else { Err(Reject::MissingSignature) };
        }
        let sn = Some(self.sn.as_str()).filter(|sn| !sn.is_empty());
        let verified =
            |text: Cow<'a, str>| keyring.verify(sn, &text, &self.sign).map(|()| Verified { text, is_signed: true });
        match verified(signed.into()) {
            // Alipay signs some responses before it escapes their slashes.
            Err(Reject::Signature) if signed.contains("\\/") => verified(signed.replace("\\/", "/").into()),
            result => result,
        }
    }
}

/// Whether `text` is an error. Any other text counts as a success and needs a signature.
fn is_error(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Code {
        code: String,
    }
    serde_json::from_str(text).is_ok_and(|Code { code }| !code.is_empty() && code != SUCCESS)
}

/// The members of a JSON object, including repeated names, each with the raw text of its value.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
