//! Events as other systems get them.

use serde::Serialize;
use serde_json::Value;

use super::Published;
use crate::domain::clock::Timestamp;

/// Path of the events, and the source of them all.
pub const PATH: &str = "/v1/events";
/// Path of the document that has the schemas of the events.
pub const DOCUMENT_PATH: &str = "/asyncapi.json";
/// The media type of one event.
pub const MEDIA: &str = "application/cloudevents+json";
/// The media type of several events.
pub const BATCH_MEDIA: &str = "application/cloudevents-batch+json";

/// An event as CloudEvents 1.0 wants it in JSON.
#[derive(Debug, Serialize)]
pub struct CloudEvent<'a> {
    specversion: &'static str,
    /// The id, which no other event of the shop has.
    pub id: String,
    source: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: &'a str,
    subject: String,
    time: Timestamp,
    datacontenttype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataschema: Option<String>,
    data: Value,
}

impl CloudEvent<'static> {
    /// The event of a shop whose address is `public_url`, without a slash at the end; may be empty.
    #[must_use]
    pub fn new(event: Published, public_url: &str) -> Self {
        let schema = format!("{public_url}{DOCUMENT_PATH}#/components/schemas/{}", event.kind.short_name());
        Self {
            dataschema: Some(schema),
            ..Self::without_schema(event.kind.name, event.id(), event.subject, event.at, event.data, public_url)
        }
    }
}

impl<'a> CloudEvent<'a> {
    /// An event of a type that is in no document.
    #[must_use]
    pub fn without_schema(
        kind: &'a str,
        id: String,
        subject: String,
        time: Timestamp,
        data: Value,
        public_url: &str,
    ) -> Self {
        let (source, datacontenttype) = (format!("{public_url}{PATH}"), "application/json");
        Self { specversion: "1.0", id, source, kind, subject, time, datacontenttype, dataschema: None, data }
    }
}
