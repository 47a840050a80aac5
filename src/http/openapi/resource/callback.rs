//! Callbacks of payment platforms.

use serde_json::json;

use super::Resource;
use crate::http::openapi::operation::{Route, post};
use crate::http::openapi::schema::{Component, object, provider, text, words};
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Callbacks",
    about: "Notifications that payment platforms send, in their own formats and with their own signatures.",
    routes,
    schemas,
};

const REFUSED: &str = "The notification is refused, in the format of the platform.";

fn routes() -> Vec<Route> {
    vec![
        post("/v1/payments/callbacks/{provider}", "receiveCallback", "Takes a notification of a platform")
            .about(
                "The signature is verified over the raw bytes. The platform is answered after the effects are committed.",
            )
            .path_parameter("provider", provider(), "A platform of this shop.")
            .foreign_body("application/json")
            .foreign_body("application/x-www-form-urlencoded")
            .shows(200, "text/plain", "Alipay and the sandbox: `success`, or for Alipay also `fail`.")
            .answers_empty(204, "WeChat Pay: the notification is accepted.")
            .answers(401, "WechatRefusal", REFUSED)
            .answers(422, "WechatRefusal", REFUSED)
            .answers(500, "WechatRefusal", REFUSED)
            .answers(503, "WechatRefusal", REFUSED)
            .refuses(&[Code::InvalidSignature, Code::NotFound, Code::InvalidNotice]),
    ]
}

fn schemas() -> Vec<Component> {
    let refusal = object("A refused notification, as WeChat Pay wants it.")
        .has("code", words(&["FAIL"]), "")
        .has("message", text(), "The reason.")
        .shown_as(json!({"code": "FAIL", "message": "the signature is not valid"}));
    vec![("WechatRefusal", refusal)]
}
