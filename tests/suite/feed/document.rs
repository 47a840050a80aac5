//! The AsyncAPI document.

use std::collections::BTreeSet;

use serde_json::Value;
use tradepost::http::feed::asyncapi;
use tradepost::messaging::feed::event_type::ALL;

use crate::support::TestApp;
use crate::support::schema::{resolve, violations};

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_document_and_the_table_have_the_same_types() {
    let document = asyncapi::document();
    let types: BTreeSet<&str> = ALL.iter().map(|kind| kind.short_name()).collect();
    assert_eq!(keys(&document["components"]["messages"]), types);
    assert_eq!(keys(&document["channels"]["events"]["messages"]), types);
    let sent = document["operations"]["sendEvents"]["messages"].as_array().unwrap();
    let sent = sent.iter().map(|message| message["$ref"].as_str().unwrap().rsplit('/').next().unwrap());
    assert_eq!(sent.collect::<BTreeSet<_>>(), types);
    for kind in ALL {
        let message = &document["components"]["messages"][kind.short_name()];
        assert_eq!(message["payload"]["properties"]["type"]["enum"], serde_json::json!([kind.name]));
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_example_is_as_its_schema_says() {
    let document = asyncapi::document();
    let mut waiting = vec![&document];
    let mut references = 0;
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref") {
                    assert!(resolve(&document, reference).is_object(), "{reference}");
                    references += 1;
                }
                waiting.extend(members.values());
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    assert!(references > 40, "{references}");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().unwrap() {
            assert_eq!(violations(&document, schema, example), [""; 0], "{name}");
        }
    }
}

#[actix_web::test]
async fn the_document_is_served_and_the_schema_of_each_event_is_in_it() {
    let mut app = TestApp::start().await;
    app.publish().await;
    let served = app.get("/asyncapi.json", "").await.expect(200);
    assert_eq!(served.body, asyncapi::document());
    for event in app.events("limit=5").await {
        let (document, place) = event["dataschema"].as_str().unwrap().split_once('#').unwrap();
        assert!(document.ends_with("/asyncapi.json") && served.body.pointer(place).is_some(), "{event}");
    }
    app.finish().await;
}
