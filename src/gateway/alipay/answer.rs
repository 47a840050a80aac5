//! The text of an answer, verified: `{"alipay_trade_query_response":{...},"sign":"..."}`, where what is signed is the
//! first value exactly as it stands there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::code::DONE;
use super::keyring::Keyring;
use crate::gateway::Reject;

/// Where errors stand that are found before Alipay looks at what is asked.
const ERROR: &str = "error_response";

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<'a> {
    /// The text the signature covers; where there is none, the text of an error.
    pub text: Cow<'a, str>,
    /// Whether it has a signature. Only errors may lack one: that a call failed is all that can be taken from those.
    pub is_signed: bool,
}

/// An answer whose signature nobody looked at yet.
pub struct Envelope<'a> {
    /// What is signed, quotes and all.
    pub signed: &'a str,
    sign: String,
    sn: String,
}

impl<'a> Envelope<'a> {
    /// Takes the answer to `method` apart.
    ///
    /// # Errors
    /// [`Reject::Duplicate`] and [`Reject::Unreadable`].
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
        let answer = members.get(&format!("{}_response", method.replace('.', "_")));
        let signed = answer.or_else(|| members.get(ERROR)).ok_or(Reject::Unreadable)?.get();
        Ok(Self { signed, sign: text("sign")?, sn: text("alipay_cert_sn")? })
    }

    /// Verifies its signature.
    ///
    /// # Errors
    /// [`Reject::MissingSignature`], [`Reject::UnknownKey`] and [`Reject::Signature`].
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
            // Some of its answers are signed before their slashes are escaped.
            Err(Reject::Signature) if signed.contains("\\/") => verified(signed.replace("\\/", "/").into()),
            answer => answer,
        }
    }
}

/// Whether a text says that nothing was done. What does not say so is taken for a success: it needs a signature.
fn is_error(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Code {
        code: String,
    }
    serde_json::from_str(text).is_ok_and(|Code { code }| !code.is_empty() && code != DONE)
}

/// The members of an object, also those with the same name, each value as it stands there.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(All)
    }
}

struct All;

impl<'de> Visitor<'de> for All {
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
