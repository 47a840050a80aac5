//! Schemas that all resources use.

use serde_json::json;
use utoipa::openapi::schema::{KnownFormat, Object, Schema, SchemaFormat};

use crate::http::openapi::schema::{Component, enumeration, object, pattern, words};
use crate::http::openapi::word::ENUMERATIONS;

/// The description of an administrator's words for the customer.
pub const MESSAGE: &str = "Words for the customer, who reads nothing of the reason.";

/// The schemas.
#[must_use]
pub fn schemas() -> Vec<Component> {
    let shape = |pattern_text: &str, about: &str, example: &str| {
        let mut shape: Object = pattern(pattern_text);
        shape.description = Some(about.to_owned());
        shape.examples = vec![json!(example)];
        Schema::Object(shape)
    };
    let mut moment: Object = pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$");
    moment.format = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
    moment.description = Some("A moment in UTC with milliseconds, as in RFC 3339.".to_owned());
    moment.examples = vec![json!("2026-11-26T14:03:59.010Z")];
    let mut schemas = vec![
        ("Id", shape("^[1-9][0-9]{0,18}$", "A positive 63-bit integer, as a string.", "345959443973935104")),
        ("Money", shape("^-?[0-9]+\\.[0-9]{2}$", "An amount in CNY with two decimals.", "880.00")),
        (
            "Amount",
            shape("^[0-9]{1,10}(\\.[0-9]{1,2})?$", "An amount in CNY from 0 to 9999999999.99, as in a request.", "880"),
        ),
        (
            "SignedAmount",
            shape(
                "^-?[0-9]{1,10}(\\.[0-9]{1,2})?$",
                "An amount in CNY that may be negative, as in a request.",
                "-1.00",
            ),
        ),
        ("Time", Schema::Object(moment)),
        (
            "Health",
            object("The state of the process.")
                .has("status", words(&["ok", "ready"]), "`ok` for `/healthz`, `ready` for `/readyz`.")
                .shown_as(json!({"status": "ok"})),
        ),
    ];
    schemas.extend(ENUMERATIONS.iter().map(enumeration));
    schemas
}
