//! The events for other systems over HTTP: `/v1/events`, and the document of their types.

pub mod asyncapi;
pub mod list;

pub use crate::messaging::feed::cloud_event::{BATCH_MEDIA as MEDIA, PATH};

/// The word for the cursor after the last event.
pub const END: &str = "end";
