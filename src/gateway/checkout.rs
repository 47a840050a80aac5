//! Where a customer pays.

use serde::{Deserialize, Serialize};

/// How a customer gets to the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Checkout {
    /// The browser is sent to the address.
    Redirect {
        /// Where.
        url: String,
    },
    /// The platform's app scans the address, shown as a picture.
    QrCode {
        /// What the picture says.
        url: String,
    },
    /// A page inside WeChat hands this to `getBrandWCPayRequest`.
    Jsapi {
        /// What it hands over.
        params: JsapiParams,
    },
}

/// What WeChat asks of a page, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are WeChat's")]
pub struct JsapiParams {
    pub app_id: String,
    pub time_stamp: String,
    pub nonce_str: String,
    pub package: String,
    pub sign_type: String,
    pub pay_sign: String,
}

impl Checkout {
    /// The word that is stored for how.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Redirect { .. } => "redirect",
            Self::QrCode { .. } => "qr_code",
            Self::Jsapi { .. } => "jsapi",
        }
    }

    /// The text that is stored for where.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Redirect { url } | Self::QrCode { url } => url.clone(),
            Self::Jsapi { params } => serde_json::to_string(params).unwrap_or_default(),
        }
    }

    /// What was stored with this word and text.
    #[must_use]
    pub fn from_stored(code: &str, text: &str) -> Option<Self> {
        match code {
            "redirect" => Some(Self::Redirect { url: text.to_owned() }),
            "qr_code" => Some(Self::QrCode { url: text.to_owned() }),
            "jsapi" => serde_json::from_str(text).ok().map(|params| Self::Jsapi { params }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back() {
        let word = |text: &str| text.to_owned();
        let params = JsapiParams {
            app_id: word("wx1"),
            time_stamp: word("1760000000"),
            nonce_str: word("n"),
            package: word("prepay_id=wx2"),
            sign_type: word("RSA"),
            pay_sign: word("s+/="),
        };
        let url = "https://example.com/?a=1".to_owned();
        for checkout in [Checkout::Redirect { url: url.clone() }, Checkout::QrCode { url }, Checkout::Jsapi { params }]
        {
            assert_eq!(Checkout::from_stored(checkout.code(), &checkout.text()), Some(checkout.clone()));
        }
        assert_eq!(Checkout::from_stored("another", "text"), None);
    }

    #[test]
    fn it_goes_out_in_the_words_of_the_contract() {
        let redirect = Checkout::Redirect { url: "u".to_owned() };
        assert_eq!(serde_json::to_string(&redirect).unwrap(), r#"{"kind":"redirect","url":"u"}"#);
    }
}
