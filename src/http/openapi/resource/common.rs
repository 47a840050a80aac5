//! Schemas that all resources use.

use serde_json::json;
use utoipa::openapi::schema::{KnownFormat, Object, Schema, SchemaFormat};

use crate::domain::text::{Address, Carrier, Consignee, CustomerMessage, GoodsDesc, GoodsName, Reason, TrackingNo};
use crate::http::openapi::schema::{Component, bounded_pattern, enumeration, object, pattern, words};
use crate::http::openapi::word::ENUMERATIONS;

/// The description of an administrator's words for the customer.
pub const MESSAGE: &str = "Words for the customer, who reads nothing of the reason.";

/// The descriptions of texts end with it.
const TRIMMED: &str = "Blanks at both ends are removed. No invisible characters, and none that change the direction of the \
text.";

/// The component of a text that people read.
fn readable(about: &str, max: usize, pattern: &str, example: &str) -> Schema {
    let mut shape = bounded_pattern(pattern, max);
    shape.description = Some(format!("{about} {TRIMMED}"));
    shape.examples = vec![json!(example)];
    Schema::Object(shape)
}

/// The texts that people write and read.
fn texts() -> [Component; 8] {
    [
        ("Reason", readable("The reason for an act.", Reason::LENGTH_MAX, &Reason::pattern(), "One item is missing")),
        (
            "CustomerMessage",
            readable(
                "Words for a customer.",
                CustomerMessage::LENGTH_MAX,
                &CustomerMessage::pattern(),
                "We have corrected an entry",
            ),
        ),
        ("Address", readable("A delivery address.", Address::LENGTH_MAX, &Address::pattern(), "1 Main Street")),
        ("Consignee", readable("The recipient of a delivery.", Consignee::LENGTH_MAX, &Consignee::pattern(), "zs")),
        ("GoodsName", readable("The name of goods.", GoodsName::LENGTH_MAX, &GoodsName::pattern(), "A phone")),
        (
            "GoodsDescription",
            readable("The description of goods.", GoodsDesc::LENGTH_MAX, &GoodsDesc::pattern(), "It rings."),
        ),
        (
            "Carrier",
            readable("A company that carries parcels.", Carrier::LENGTH_MAX, &Carrier::pattern(), "SF Express"),
        ),
        (
            "TrackingNumber",
            readable(
                "The number of a parcel at its carrier.",
                TrackingNo::LENGTH_MAX,
                &TrackingNo::pattern(),
                "SF1234567890123",
            ),
        ),
    ]
}

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
        (
            "Id",
            shape(
                "^(?:[1-9][0-9]{0,17}|[1-8][0-9]{18})$",
                "A positive 63-bit integer, as a string.",
                "345959443973935104",
            ),
        ),
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
    schemas.extend(texts());
    schemas.extend(ENUMERATIONS.iter().map(enumeration));
    schemas
}
