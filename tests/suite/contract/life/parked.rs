//! Money that waits for an operator, and a preview of a refund.

use super::Cast;
use super::callbacks::{notice, signed};
use crate::contract::script::Script;

const REASON: &str = r#"{"reason":"as agreed"}"#;

/// Decides about parked charges and about a refund that cannot be made.
pub async fn play(script: &mut Script, cast: &Cast) {
    script.chapter("what a refund would give back");
    let (order_id, _) = cast.paid(script, "preview", 1).await;
    let preview = format!("/admin/orders/{order_id}/refund/preview");
    for body in ["{}", r#"{"amount":"5.50"}"#] {
        script.post(&cast.admin, &preview, body).await.expect(200);
    }
    script.post(&cast.admin, &preview, r#"{"amount":"55.51"}"#).await.expect(422);
    script.post(&cast.admin, "/admin/orders/1/refund/preview", "{}").await.expect(404);
    script.chapter("a charge of another amount");
    for (decision, amount) in [("accept", "55.51"), ("refund", "1.00"), ("dismiss", "2.00")] {
        let order_id = cast.order(script, decision, 1).await;
        let pay_id = cast.pay(script, decision, &order_id).await;
        let parked_id = charge(script, cast, &pay_id, amount, decision).await;
        let path = format!("/admin/parked/{parked_id}");
        script.post(&cast.admin, &format!("{path}/{decision}"), "{}").await.expect(422);
        script.post(&cast.admin, &format!("{path}/retry"), REASON).await.expect(409);
        for other in [decision, decision, "accept", "refund", "dismiss"] {
            script.post(&cast.admin, &format!("{path}/{other}"), REASON).await;
        }
        script.get(&cast.zs, &format!("/v1/orders/{order_id}")).await.expect(200);
        script.get(&cast.admin, &format!("/admin/journal?order_id={order_id}")).await.expect(200);
    }
    script.chapter("a charge of an unknown payment is matched to an order");
    let order_id = cast.order(script, "match", 1).await;
    let parked_id = charge(script, cast, "7", "55.50", "match").await;
    let path = format!("/admin/parked/{parked_id}/match");
    for order_id in ["1", &order_id] {
        let body = format!("{{\"order_id\":\"{order_id}\",\"reason\":\"restored\"}}");
        script.post(&cast.admin, &path, &body).await;
    }
    script.get(&cast.zs, &format!("/v1/orders/{order_id}")).await.expect(200);
    script.chapter("a parked refund is sent again");
    let items = script.get(&cast.admin, "/admin/parked?limit=100").await.expect(200).body;
    let refund = items["items"].as_array().unwrap().iter().find(|item| item["kind"] == "refund").cloned().unwrap();
    let path = format!("/admin/parked/{}", refund["parked_id"].as_str().unwrap());
    script.post(&cast.admin, &format!("{path}/retry"), REASON).await.expect(200);
    script.post(&cast.admin, &format!("{path}/refund"), REASON).await.expect(409);
    script.post(&cast.admin, &format!("{path}/dismiss"), REASON).await.expect(200);
    script.get(&cast.admin, "/admin/parked?limit=0").await.expect(422);
}

/// Sends a notice that a payment of `amount` was made. Returns the id of the parked charge.
async fn charge(script: &mut Script, cast: &Cast, pay_id: &str, amount: &str, name: &str) -> String {
    let body = notice(pay_id).replace("55.50", amount);
    let body = body.replace("evt_by_hand", &format!("evt_{name}")).replace("sb1", &format!("sb_{name}"));
    signed(script, cast, &body).await;
    let list = script.get(&cast.admin, "/admin/parked?limit=1").await.expect(200).body;
    list["items"][0]["parked_id"].as_str().unwrap().to_owned()
}
