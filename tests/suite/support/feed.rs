//! A reader of the events for other systems.

use serde_json::Value;

use super::schema::violations;
use super::{Answer, TestApp};

/// The path of the events with these parameters.
fn path(query: &str) -> String {
    if query.is_empty() { "/v1/events".to_owned() } else { format!("/v1/events?{query}") }
}

/// The address of what follows an answer.
#[track_caller]
pub fn next(answer: &Answer) -> String {
    let link = answer.header("link");
    let path = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
    path.unwrap_or_else(|| panic!("no link to go on: {link:?}")).to_owned()
}

/// The events of an answer.
#[track_caller]
pub fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.header("content-type"), "application/cloudevents-batch+json");
    answer.body.as_array().unwrap_or_else(|| panic!("no events: {}", answer.text)).clone()
}

/// The type without the part that all types share, such as `order.paid.v1`.
pub fn kind(event: &Value) -> &str {
    event["type"].as_str().unwrap().strip_prefix("shop.tradepost.").unwrap()
}

/// The faults of an event: it must be as the AsyncAPI document has it for its type.
pub fn faults(document: &Value, event: &Value) -> Vec<String> {
    let message = &document["components"]["messages"][kind(event)];
    assert!(message.is_object(), "the document has no {event}");
    violations(document, &message["payload"], event)
        .into_iter()
        .chain(violations(document, &document["components"]["schemas"][kind(event)], &event["data"]))
        .collect()
}

impl TestApp {
    /// Restarts, which seals what was recorded: every event is visible then.
    pub async fn publish(&mut self) {
        self.settle().await;
        self.restart().await;
    }

    /// Reads all events that there are, page by page from `start` on; returns also where to go on later.
    pub async fn read_from(&self, start: &str, token: &str) -> (Vec<Value>, String) {
        let (mut all, mut at) = (Vec::new(), start.to_owned());
        loop {
            let answer = self.get(&at, token).await.expect(200);
            all.extend(events(&answer));
            let next = next(&answer);
            if next == at {
                return (all, at);
            }
            at = next;
        }
    }

    /// Reads all events with these parameters.
    pub async fn events(&self, query: &str) -> Vec<Value> {
        let admin = self.admin().await;
        self.read_from(&path(query), &admin).await.0
    }
}
