//! The script: a shop with the demo data, from the first customer to the audit.

mod after;
mod callbacks;
mod front;
mod goods;
mod management;
mod operators;
mod orders;
mod outside;
mod parked;
mod payments;
mod people;
mod refunds;
mod second_factor;
mod webhooks;

use std::collections::BTreeSet;

use tradepost::http::feed::asyncapi;
use tradepost::messaging::feed::event_type;

use super::coverage::assert_complete;
use super::record::assert_all_recorded;
use super::script::{Caller, Script};
use super::stored;
use crate::support::{Answer, feed};

/// The callers of the script, and ids that it has created.
pub struct Cast {
    /// The demo user.
    zs: Caller,
    /// The administrator.
    admin: Caller,
    /// Another customer.
    mallory: Caller,
    /// A caller that has not signed in.
    anonymous: Caller,
    /// The id of the other customer.
    mallory_id: String,
    /// The id of goods that the administrator created, which cost 45.50.
    goods_id: String,
    /// The ids of the golden order and its payment.
    golden: (String, String),
}

impl Cast {
    /// Registers the other customer and signs everybody in.
    async fn sign_in(script: &mut Script) -> Self {
        let (mallory_id, mallory) = people::register(script).await;
        let zs = script.sign_in("zs", crate::support::DEMO_PASSWORD).await;
        let admin = script.sign_in("admin", crate::support::ADMIN_PASSWORD).await;
        let (goods_id, golden) = (String::new(), (String::new(), String::new()));
        Self { zs, admin, mallory, anonymous: Caller::anonymous(), mallory_id, goods_id, golden }
    }

    /// Places an order; returns its id.
    async fn order(&self, script: &mut Script, key: &str, goods_number: u32) -> String {
        let goods = format!("{{\"goods_id\":\"{}\",\"goods_number\":{goods_number}}}", self.goods_id);
        let body = format!("{{\"goods\":[{goods}],\"address\":\"2 Side Street\",\"consignee\":\"z s\"}}");
        script.keyed(&self.zs, "/v1/orders", key, &body).await.expect(201).text_of("order_id")
    }

    /// Starts a payment; returns its id.
    async fn pay(&self, script: &mut Script, key: &str, order_id: &str) -> String {
        let body = format!("{{\"order_id\":\"{order_id}\",\"provider\":\"sandbox\"}}");
        script.keyed(&self.zs, "/v1/payments", key, &body).await.expect(201).text_of("pay_id")
    }

    /// Places an order and pays it; returns its id and the payment's id.
    async fn paid(&self, script: &mut Script, key: &str, goods_number: u32) -> (String, String) {
        let order_id = self.order(script, key, goods_number).await;
        let pay_id = self.pay(script, key, &order_id).await;
        script.post(&self.anonymous, &format!("/sandbox/trades/{pay_id}/pay"), "").await.expect(200);
        (order_id, pay_id)
    }
}

/// Reads all pages of a list, with two items each.
async fn pages(script: &mut Script, caller: &Caller, path: &str) {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut page = script.get(caller, &format!("{path}{separator}limit=2")).await.expect(200);
    while let Some(cursor) = next_cursor(&page) {
        page = script.get(caller, &format!("{path}{separator}limit=2&cursor={cursor}")).await.expect(200);
    }
}

fn next_cursor(page: &Answer) -> Option<String> {
    page.body["next_cursor"].as_str().map(str::to_owned)
}

/// The settings of the script.
pub const SETTINGS: &[(&str, &str)] = &[
    ("RELAY__ATTEMPTS", "1"),
    ("GATEWAY__SANDBOX__SECOND", "sandbox_b"),
    ("WEBHOOKS__ALLOW_HTTP", "true"),
    ("WEBHOOKS__ALLOW_PRIVATE_ADDRESSES", "true"),
];

/// Plays the whole script. Returns the record of each part, by the name of its file.
pub async fn play(script: &mut Script) -> Vec<(&'static str, String)> {
    let mut parts = Vec::new();
    outside::play(script).await;
    parts.push(("answers_outside.txt", script.take()));
    let mut cast = Cast::sign_in(script).await;
    people::play(script, &cast).await;
    parts.push(("answers_people.txt", script.take()));
    goods::play(script, &mut cast).await;
    parts.push(("answers_goods.txt", script.take()));
    orders::play(script, &mut cast).await;
    parts.push(("answers_orders.txt", script.take()));
    payments::play(script, &mut cast).await;
    parts.push(("answers_payments.txt", script.take()));
    callbacks::play(script, &cast).await;
    parts.push(("answers_callbacks.txt", script.take()));
    after::play(script, &cast).await;
    parts.push(("answers_after.txt", script.take()));
    refunds::play(script, &cast).await;
    parts.push(("answers_refunds.txt", script.take()));
    parked::play(script, &cast).await;
    parts.push(("answers_parked.txt", script.take()));
    operators::play(script, &cast).await;
    parts.push(("answers_operators.txt", script.take()));
    front::play(script, &mut cast).await;
    parts.push(("answers_front.txt", script.take()));
    management::play(script, &cast).await;
    second_factor::play(script, &cast).await;
    parts.push(("answers_management.txt", script.take()));
    webhooks::play(script, &cast).await;
    parts.push(("answers_webhooks.txt", script.take()));
    parts
}

/// Checks that the script has led to events of every type, each as the AsyncAPI document has it.
async fn assert_events_as_documented(script: &mut Script) {
    script.app.publish().await;
    let document = asyncapi::document();
    let events = script.app.events("limit=100").await;
    for event in &events {
        assert_eq!(feed::faults(&document, event), [""; 0], "{event}");
    }
    let found: BTreeSet<&str> = events.iter().map(feed::kind).collect();
    assert_eq!(found, event_type::ALL.iter().map(|kind| kind.short_name()).collect());
}

#[actix_web::test]
async fn contract_every_route_answers_as_recorded_and_every_message_is_stored_as_recorded() {
    let mut script = Script::start(SETTINGS).await;
    let mut parts = play(&mut script).await;
    let messages = stored::messages(&script.app);
    script.note(&messages);
    parts.push(("messages.txt", script.take()));
    parts.push(("message_kinds.txt", stored::kinds(&script.app)));
    assert_complete(&script.called);
    assert_events_as_documented(&mut script).await;
    script.app.finish().await;
    assert_all_recorded(&parts);
}
