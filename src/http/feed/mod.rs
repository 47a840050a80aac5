//! The events for other systems over HTTP: `/v1/events`, and the document of their types.

pub mod asyncapi;
pub mod cursor;
pub mod list;
mod merge;

/// Path of the events, and the source of them all.
pub const PATH: &str = "/v1/events";
/// Path of the document.
pub const DOCUMENT_PATH: &str = "/asyncapi.json";
/// The word for the cursor after the last event.
pub const END: &str = "end";
/// The media type of several events.
pub const MEDIA: &str = "application/cloudevents-batch+json";
