//! Notices: headers, body and clock to the effect on Pay, and the reply.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tradepost::gateway::{Event, Gateway, Notification, Reject, Reply};

use super::account::{self, Config, Headers};
use super::open;
use crate::vectors::{Book, File, Orders, Vector, Verdict, decided, reject_reason, rejected_reason, same, text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    config: Value,
    #[serde(default)]
    config_override: Map<String, Value>,
    headers: Headers,
    body: String,
    now: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    ok: bool,
    reason: Option<String>,
    result: Option<Map<String, Value>>,
    reply: Option<ExpectedReply>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedReply {
    status: Value,
    body: Option<Value>,
    body_json: Option<Value>,
}

impl Input {
    fn config(&self, file: &File) -> Result<Config, String> {
        file.config(&self.config, &self.config_override)
    }

    fn read(&self, gateway: &dyn Gateway) -> Result<Option<Notification>, Reject> {
        gateway.read_callback(&|name| self.headers.get(name), self.body.as_bytes(), account::at(self.now))
    }
}

/// The notification that the gateway reads from a notice, and the orders of its configuration.
pub fn read(file: &File, vector: &Vector) -> Result<(Result<Option<Notification>, Reject>, Orders), String> {
    let (input, _): (Input, Expect) = vector.parts()?;
    let config = input.config(file)?;
    let gateway = account::gateway(file, &config).map_err(|error| error.to_string())?;
    Ok((input.read(&*gateway), config.orders))
}

pub async fn check(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (Input, Expect) = vector.parts()?;
    let config = input.config(file)?;
    let gateway = match account::gateway(file, &config) {
        Ok(gateway) => gateway,
        // A server with such a key does not start, so there is no reply either.
        Err(error) if error.to_string().starts_with("setting gateway.wechat.api_v3_key:") => {
            return decided(Err("bad_key_length"), expect.ok, expect.reason.as_deref());
        }
        Err(error) => return Err(error.to_string()),
    };
    let applied = match input.read(&*gateway) {
        Ok(None) => Ok(None),
        Ok(Some(notice)) => {
            let applied = Book::open("wechat", &config.orders).await.notify(Some(notice.clone())).await;
            applied.map(|()| Some(notice)).map_err(|rejected| (422, rejected_reason(rejected)))
        }
        Err(Reject::Ciphertext) => Err((503, reject_reason(Reject::Ciphertext))),
        Err(reject) => Err((if reject.is_unsigned() { 401 } else { 422 }, reject_reason(reject))),
    };
    let decision = applied.as_ref().map(|_| ()).map_err(|(_, reason)| *reason);
    decided(decision, expect.ok, expect.reason.as_deref())?;
    if let Some(expected) = &expect.reply {
        match &applied {
            Ok(_) => check_acknowledgement(&gateway.acknowledgement(), expected)?,
            Err((status, reason)) => check_refusal(&gateway.refusal(*status, reason).unwrap(), expected)?,
        }
    }
    match (applied, &expect.result) {
        (Ok(notice), Some(expected)) => {
            let found = result(notice, &serde_json::from_str(&input.body).unwrap(), &config)?;
            same("result", &found, &json!(expected))
        }
        (_, expected) => same("result", &Value::Null, &json!(expected)),
    }
}

/// The result of a notice in the vectors' terms. `body` is that of the notice.
fn result(notice: Option<Notification>, body: &Value, config: &Config) -> Result<Value, String> {
    let Some(notice) = notice else {
        return Ok(json!({"notify_id": body["id"], "action": "none", "event_type": body["event_type"]}));
    };
    let mut found = json!({"notify_id": notice.event_id, "out_trade_no": notice.out_trade_no});
    match notice.event {
        Event::Paid => {
            found["action"] = json!("paid");
            found["transaction_id"] = json!(notice.trade_no);
            found["total_fen"] = json!(notice.amount.minor());
            // Pay stores the time of its own clock. The platform's time is only in the notice.
            let content: Value = serde_json::from_str(&open(&config.apiv3_key, &body["resource"])?).unwrap();
            found["paid_at"] = content["success_time"].clone();
        }
        Event::Refunded(number) => {
            found["action"] = json!("refunded");
            found["out_refund_no"] = json!(number);
            found["refund_fen"] = json!(notice.amount.minor());
        }
        Event::RefundFailed(number, why) => {
            let status = why.split(':').next().unwrap().to_lowercase();
            found["action"] = json!(format!("refund_{status}"));
            found["out_refund_no"] = json!(number);
            found["refund_fen"] = json!(notice.amount.minor());
        }
        other => return Err(format!("WeChat Pay does not send {other:?}")),
    }
    Ok(found)
}

fn check_acknowledgement(reply: &Reply, expect: &ExpectedReply) -> Verdict {
    same("body_json", &Value::Null, &json!(expect.body_json))?;
    same("body", &json!("empty"), &json!(expect.body))?;
    if expect.status.as_array().unwrap().contains(&json!(reply.status)) && reply.body.is_empty() {
        return same("content_type", &json!(reply.content_type), &Value::Null);
    }
    Err(format!("the reply is {reply:?}"))
}

fn check_refusal(reply: &Reply, expect: &ExpectedReply) -> Verdict {
    same("status", &json!("4xx or 5xx"), &expect.status)?;
    same("body", &Value::Null, &json!(expect.body))?;
    let mut body: Value = serde_json::from_str(&reply.body).unwrap();
    if !(400..600).contains(&reply.status) || reply.content_type != Some("application/json") {
        return Err(format!("the reply is {reply:?}"));
    }
    if !text(&body["message"]).is_empty() {
        body["message"] = json!("<any text>");
    }
    same("body_json", &body, &json!(expect.body_json))
}
