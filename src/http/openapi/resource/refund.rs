//! Refunds of all orders, and the comparison of a platform's statement with the books.

use serde_json::{Value, json};
use utoipa::openapi::Schema;

use super::Resource;
use crate::http::openapi::operation::{Route, get, post};
use crate::http::openapi::schema::{
    Component, count, flag, id, list, money, named, object, or_null, page_of, pattern, provider, text, time, words,
};
use crate::http::openapi::word::{BILLS, REFUND_STATUS};
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Administration: refunds and statements",
    about: "Refunds of all orders, and the statements of platforms.",
    routes,
    schemas,
};

fn routes() -> Vec<Route> {
    vec![
        get("/admin/refunds", "listRefunds", "Lists the refunds of all orders")
            .for_admins()
            .query("status", words(REFUND_STATUS), "Only refunds in this state.")
            .paged()
            .answers(200, "RefundPage", "The refunds.")
            .as_csv(),
        get("/admin/refunds/{id}", "getRefund", "Shows a refund").for_admins().answers(200, "Refund", "The refund."),
        post("/admin/reconciliations", "reconcile", "Compares a platform's statement of a day with the books")
            .about("Nothing is changed unless `apply` is true. One reconciliation runs at a time on a node.")
            .for_admins()
            .body("NewReconciliation")
            .answers(200, "Reconciliation", "The differences.")
            .refuses(&[Code::NoStatement, Code::PlatformUnavailable]),
    ]
}

fn schemas() -> Vec<Component> {
    vec![
        ("Refund", refund()),
        ("RefundPage", page_of("Refund", &refund_example())),
        ("NewReconciliation", new_reconciliation()),
        ("Difference", difference()),
        ("Reconciliation", reconciliation()),
    ]
}

fn refund_example() -> Value {
    json!({"refund_id": "384550094389510144", "order_id": "384343533072416768", "pay_id": "384343533089193984",
        "provider": "alipay", "amount": "100.00", "status": "pending", "by_platform": false,
        "reason": "One item is missing", "message": "refund", "attempts": 1, "remark": null, "create_time": "2026-11-26T14:03:59.010Z",
        "done_time": null})
}

fn refund() -> Schema {
    object("A refund, as an operator sees it.")
        .has("refund_id", id(), "")
        .has("order_id", or_null(id()), "The order; `null` for a charge that matches no payment.")
        .has("pay_id", id(), "The payment.")
        .has("provider", text(), "The platform; empty in refunds of earlier releases.")
        .has("amount", money(), "")
        .has("status", words(REFUND_STATUS), "A `parked` refund waits for an operator.")
        .has("by_platform", flag(), "Whether the platform made it by itself.")
        .has("reason", text(), "The reason, for operators.")
        .has("message", or_null(text()), "The words for customer and platform; `null` in refunds of earlier releases.")
        .has("attempts", count(), "The number of attempts at the platform.")
        .has("remark", or_null(text()), "The last answer of the platform that is no success.")
        .has("create_time", time(), "When it was requested.")
        .has("done_time", or_null(time()), "When the platform confirmed it.")
        .shown_as(refund_example())
}

fn new_reconciliation() -> Schema {
    object("A reconciliation.")
        .has("provider", provider(), "A platform of this shop.")
        .has("day", pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$").into(), "The day in China.")
        .may_have("bill", words(BILLS), "`trade` (the default) or `funds`, the movements of the account.")
        .may_have("apply", flag(), "Whether the books are repaired.")
        .sent_as(json!({"provider": "wechat", "day": "2026-11-25"}))
}

fn difference_example() -> Value {
    json!({"kind": "missing_here", "out_trade_no": "384448393272885248", "ours": "not paid", "theirs": "paid 10.00"})
}

fn difference() -> Schema {
    object("A difference between the statement and the books.")
        .has("kind", words(&["missing_here", "missing_there", "amount", "status"]), "")
        .has("out_trade_no", text(), "The number of the payment, as in the statement.")
        .may_have("refund_no", text(), "The number of the refund.")
        .has("ours", text(), "The state in the books.")
        .has("theirs", text(), "The state in the statement.")
        .shown_as(difference_example())
}

fn reconciliation() -> Schema {
    let kinds = ["matched", "missing_here", "missing_there", "amount", "status"];
    let counts = kinds.iter().fold(object(""), |fields, kind| fields.has(kind, count(), ""));
    let sums = ["charged", "refunded", "fees", "other", "change"];
    let funds = sums.iter().fold(object(""), |fields, sum| fields.has(sum, money(), ""));
    object("The result of a reconciliation.")
        .has("provider", text(), "The platform.")
        .has("day", text(), "The day.")
        .has("bill", words(BILLS), "The kind of the statement.")
        .has("ok", flag(), "Whether no difference is left.")
        .has("counts", counts.inside(), "The number of comparisons of each kind.")
        .has("differences", list(named("Difference")), "The differences that were not repaired.")
        .has("repaired", count(), "The number of repaired differences.")
        .may_have("funds", funds.inside(), "The sums of a fund statement.")
        .shown_as(json!({"provider": "wechat", "day": "2026-11-25", "bill": "trade", "ok": false,
            "counts": {"matched": 812, "missing_here": 1, "missing_there": 0, "amount": 0, "status": 0},
            "differences": [difference_example()], "repaired": 0}))
}
