//! The events as an AsyncAPI 3 document, made from the table of their types.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use serde_json::{Map, Value, json};

use super::{MEDIA, PATH as EVENTS};
use crate::http::openapi::CACHED;
use crate::http::openapi::resource::common;
use crate::http::openapi::resource::event::{DATA, cloud_event};
use crate::http::openapi::schema::Component;
use crate::messaging::feed::EventType;
use crate::messaging::feed::event_type::ALL;

const ABOUT: &str = "The events of a shop for other systems, as CloudEvents 1.0 in JSON. They are read with \
GET /v1/events, oldest first. An event can be read more than once: its id is the same then. Further types, and further \
fields of data, may appear in later versions.";

/// The component schemas of the HTTP interface to which the data refers.
const SHARED: [&str; 4] = ["Id", "Money", "Time", "Currency"];

static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// `GET /asyncapi.json`
pub async fn show() -> HttpResponse {
    HttpResponse::Ok().content_type(header::ContentType::json()).insert_header(CACHED).body(TEXT.as_str())
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let reference = |place: &str, name: &str| json!({"$ref": format!("#/{place}/{name}")});
    let on_channel: Map<String, Value> = by_name(|kind| reference("components/messages", kind.short_name()));
    let sent: Vec<Value> = ALL.iter().map(|kind| reference("channels/events/messages", kind.short_name())).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tradepost: events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": env!("CARGO_PKG_LICENSE")}
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            "events": {
                "address": EVENTS,
                "description": format!("All events. Several of them are an array, {MEDIA}."),
                "messages": on_channel
            }
        },
        "operations": {
            "sendEvents": {
                "action": "send",
                "channel": {"$ref": "#/channels/events"},
                "summary": "The shop answers a reader with its events",
                "bindings": {"http": {"method": "GET", "bindingVersion": "0.3.0"}},
                "messages": sent
            }
        },
        "components": {"messages": by_name(message), "schemas": schemas()}
    })
}

/// An object with a member for each type.
fn by_name(value: impl Fn(&EventType) -> Value) -> Map<String, Value> {
    ALL.iter().map(|kind| (kind.short_name().to_owned(), value(kind))).collect()
}

/// The message of a type: the attributes of CloudEvents, with the type and the data of this one.
fn message(kind: &EventType) -> Value {
    let mut payload = serde_json::to_value(cloud_event()).unwrap_or_default();
    if let Some(payload) = payload.as_object_mut() {
        // They are of one type.
        payload.remove("examples");
    }
    if let Some(properties) = payload.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("type".to_owned(), json!({"type": "string", "enum": [kind.name]}));
        let data = json!({"$ref": format!("#/components/schemas/{}", kind.short_name())});
        properties.insert("data".to_owned(), data);
    }
    json!({
        "name": kind.name,
        "title": kind.short_name(),
        "summary": kind.about,
        "contentType": "application/cloudevents+json",
        "payload": payload
    })
}

fn schemas() -> Map<String, Value> {
    let shared = common::schemas().into_iter().filter(|(name, _)| SHARED.contains(name));
    let of_data = DATA.iter().map(|(kind, schema)| (kind.short_name(), schema()));
    let text = |(name, schema): Component| (String::from(name), serde_json::to_value(schema).unwrap_or_default());
    shared.chain(of_data).map(text).collect()
}
