//! The checkout: how a customer reaches the platform to pay.

use serde::{Deserialize, Serialize};

/// The way from the shop's page to the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Checkout {
    /// The browser is redirected.
    Redirect {
        /// The address of the platform's page.
        url: String,
    },
    /// The customer scans a QR code with the platform's app.
    QrCode {
        /// The text that the QR code encodes.
        url: String,
    },
    /// A page inside WeChat calls `getBrandWCPayRequest`.
    Jsapi {
        /// The arguments of that call.
        params: JsapiParams,
    },
}

/// The kind of a [`Checkout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutKind {
    /// The browser is redirected.
    Redirect,
    /// The customer scans a QR code.
    QrCode,
    /// A page inside WeChat opens the payment dialog.
    Jsapi,
}

/// The arguments of `getBrandWCPayRequest`, with WeChat's own names.
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
    /// The stored code of the variant.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Redirect { .. } => "redirect",
            Self::QrCode { .. } => "qr_code",
            Self::Jsapi { .. } => "jsapi",
        }
    }

    /// The stored text of the variant's value: the address, or the parameters as JSON.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Redirect { url } | Self::QrCode { url } => url.clone(),
            Self::Jsapi { params } => serde_json::to_string(params).unwrap_or_default(),
        }
    }

    /// Restores a checkout from its stored `code` and `text`; `None` if the code is unknown or the text is malformed.
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
    fn a_stored_checkout_is_restored() {
        let owned = |text: &str| text.to_owned();
        let params = JsapiParams {
            app_id: owned("wx1"),
            time_stamp: owned("1760000000"),
            nonce_str: owned("n"),
            package: owned("prepay_id=wx2"),
            sign_type: owned("RSA"),
            pay_sign: owned("s+/="),
        };
        let url = "https://example.com/?a=1".to_owned();
        for checkout in [Checkout::Redirect { url: url.clone() }, Checkout::QrCode { url }, Checkout::Jsapi { params }]
        {
            assert_eq!(Checkout::from_stored(checkout.code(), &checkout.text()), Some(checkout.clone()));
        }
        assert_eq!(Checkout::from_stored("another", "text"), None);
    }

    #[test]
    fn the_json_has_the_field_names_of_the_api() {
        let redirect = Checkout::Redirect { url: "u".to_owned() };
        assert_eq!(serde_json::to_string(&redirect).unwrap(), r#"{"kind":"redirect","url":"u"}"#);
    }
}
