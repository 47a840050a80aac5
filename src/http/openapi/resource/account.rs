//! Users, sessions, and what belongs to the signed-in user.

use serde_json::{Value, json};
use utoipa::openapi::Schema;

use super::Resource;
use super::second_factor::{ONE_TIME_CODE, one_time_code};
use crate::http::extract::page::CursorForm;
use crate::http::openapi::operation::{Route, delete, get, post};
use crate::http::openapi::schema::{
    Component, Fields, Shape, bounded_text, extended, flag, id, integer, money, object, or_null, page_of, pattern,
    text, time, words,
};
use crate::http::openapi::word::{LOG_TYPES, USER_ROLES};
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource =
    Resource { tag: "Accounts", about: "Registration, sign-in, and the data of the signed-in user.", routes, schemas };

fn routes() -> Vec<Route> {
    vec![
        post("/v1/users", "registerUser", "Registers a user")
            .about("An `Idempotency-Key` belongs to the `user_name`.")
            .takes_key()
            .body("NewUser")
            .answers(201, "User", "The user is registered.")
            .with_header("Location")
            .with_header("Idempotent-Replayed")
            .refuses(&[Code::UserNameTaken]),
        post("/v1/sessions", "signIn", "Issues an access token")
            .about("A wrong password and an unknown user get the same answer.")
            .body("SignIn")
            .answers(201, "Session", "The token of the user.")
            .refuses(&[Code::Unauthenticated, Code::OneTimeCodeRequired, Code::Forbidden, Code::TooManySignIns]),
        delete("/v1/sessions", "signOutEverywhere", "Ends all sessions of the user")
            .about("Also that of the request.")
            .for_users()
            .answers_empty(204, "No token of the user is valid any more."),
        delete("/v1/sessions/current", "signOut", "Ends the session of the request")
            .for_users()
            .answers_empty(204, "The token is not valid any more."),
        post("/v1/users/me/password", "changePassword", "Changes the password")
            .about("Ends all sessions of the user and begins a new one.")
            .for_users()
            .body("NewPassword")
            .answers(200, "Session", "A new token of the user.")
            .refuses(&[Code::TooManySignIns]),
        get("/v1/users/me", "getMe", "Shows the signed-in user").for_customers().answers(200, "User", "The user."),
        get("/v1/users/me/coupons", "listMyCoupons", "Lists the coupons of the user").for_customers().paged().answers(
            200,
            "CouponPage",
            "The coupons.",
        ),
        get("/v1/users/me/money-log", "listMyMoneyLog", "Lists the changes of the balance")
            .about("The changes of all entries add up to the balance.")
            .for_customers()
            .paged_by(CursorForm::Entry)
            .answers(200, "MoneyLogPage", "The changes."),
        get("/v1/users/me/score-log", "listMyScoreLog", "Lists the changes of the points")
            .about("The changes of all entries add up to the points.")
            .for_customers()
            .paged_by(CursorForm::Entry)
            .answers(200, "ScoreLogPage", "The changes."),
    ]
}

/// The name of a user in a request.
#[must_use]
pub fn user_name() -> Shape {
    pattern("^[A-Za-z0-9._@-]{1,64}$").into()
}

fn schemas() -> Vec<Component> {
    vec![
        (
            "NewUser",
            object("A registration.")
                .has("user_name", user_name(), "The name to sign in with.")
                .has("user_password", bounded_text(8, 128), "The password.")
                .may_have("user_mobile", or_null(pattern("^\\+?[0-9]{5,19}$").into()), "The mobile number.")
                .sent_as(json!({"user_name": "zs", "user_password": "a good password"})),
        ),
        (
            "SignIn",
            object("A sign-in.")
                .has("user_name", user_name(), "The name of the user.")
                .has("user_password", bounded_text(8, 128), "The password.")
                .may_have("one_time_code", or_null(one_time_code()), ONE_TIME_CODE)
                .sent_as(json!({"user_name": "zs", "user_password": "a good password"})),
        ),
        (
            "Session",
            object("An access token.")
                .has("access_token", text(), "The token, for `Authorization: Bearer`.")
                .has("token_type", words(&["Bearer"]), "The kind of the token.")
                .has("expires_in", integer(), "The lifetime of the token in seconds.")
                .shown_as(json!({"access_token": "eyJ0eXAi…", "token_type": "Bearer", "expires_in": 43_200})),
        ),
        (
            "NewPassword",
            object("A change of the password.")
                .has("old_password", bounded_text(8, 128), "The present password.")
                .has("new_password", bounded_text(8, 128), "The new password.")
                .sent_as(json!({"old_password": "a good password", "new_password": "a better password"})),
        ),
        ("User", user()),
        ("ListedUser", listed_user()),
        ("UserDetails", user_details()),
        ("UserPage", page_of("ListedUser", &listed_example())),
        ("Coupon", coupon()),
        ("CouponPage", page_of("Coupon", &coupon_example())),
        ("MoneyLogEntry", money_log_entry()),
        ("MoneyLogPage", page_of("MoneyLogEntry", &money_log_example())),
        ("ScoreLogEntry", score_log_entry()),
        ("ScoreLogPage", page_of("ScoreLogEntry", &score_log_example())),
    ]
}

fn user_example() -> Value {
    json!({"user_id": "345963634385633280", "user_name": "zs", "user_mobile": null, "user_score": 880,
        "user_money": "900.00", "user_reg_time": "2026-11-26T14:03:59.010Z"})
}

fn listed_example() -> Value {
    let listed = extended(extended(user_example(), "user_role", json!("customer")), "disable_time", Value::Null);
    extended(listed, "second_factor_time", Value::Null)
}

fn listed_fields(about: &str) -> Fields {
    user_fields(about)
        .has("user_role", words(USER_ROLES), "The role, which decides what the user may do.")
        .has("disable_time", or_null(time()), "Since when the user may not sign in.")
        .has("second_factor_time", or_null(time()), "Since when the user signs in with a one-time code as well.")
}

fn listed_user() -> Schema {
    listed_fields("A user with the state of the account.").shown_as(listed_example())
}

fn user_details() -> Schema {
    let known_as = object("").has("key_name", text(), "The name of the API keys.").has(
        "reference",
        text(),
        "The value of `Tradepost-Customer`.",
    );
    listed_fields("A user with the state of the account, and the name that servers use.")
        .may_have("known_as", known_as.inside(), "The name by which a server of the shop knows the customer.")
        .shown_as(listed_example())
}

fn user() -> Schema {
    user_fields("A user.").shown_as(user_example())
}

fn user_fields(about: &str) -> Fields {
    object(about)
        .has("user_id", id(), "")
        .has("user_name", text(), "The name to sign in with.")
        .has("user_mobile", or_null(text()), "The mobile number.")
        .has("user_score", integer(), "Loyalty points; negative if the points of a refunded order were spent.")
        .has("user_money", money(), "The balance.")
        .has("user_reg_time", time(), "When the user registered.")
}

fn coupon_example() -> Value {
    json!({"coupon_id": "345988230098857984", "coupon_price": "20.00", "user_id": "345963634385633280",
        "order_id": null, "is_used": false, "used_time": null, "add_time": "2026-11-26T14:03:59.010Z"})
}

fn coupon() -> Schema {
    object("A coupon of a user.")
        .has("coupon_id", id(), "")
        .has("coupon_price", money(), "The amount that the coupon pays.")
        .has("user_id", id(), "The user who may use it.")
        .has("order_id", or_null(id()), "The order that uses it.")
        .has("is_used", flag(), "Whether an order uses it.")
        .has("used_time", or_null(time()), "When the order took it.")
        .has("add_time", time(), "When it was created.")
        .shown_as(coupon_example())
}

fn money_log_example() -> Value {
    json!({"order_id": "384343533072416768", "money_log_type": "paid", "use_money": "100.00", "delta": "-100.00",
        "create_time": "2026-11-26T14:03:59.010Z"})
}

fn money_log_entry() -> Schema {
    object("A change of a balance.")
        .has("order_id", or_null(id()), "The order that was paid or refunded; `null` for an adjustment.")
        .has("money_log_type", words(LOG_TYPES), "The kind of the change.")
        .has("use_money", money(), "The amount that the order took or gave back; of an adjustment, what it took.")
        .has("delta", money(), "The change of the balance.")
        .may_have("message", text(), "Words of the shop about an adjustment.")
        .has("create_time", time(), "When the balance changed.")
        .shown_as(money_log_example())
}

fn score_log_example() -> Value {
    json!({"order_id": "384343533072416768", "score_log_type": "paid", "score": 880, "delta": 880,
        "create_time": "2026-11-26T14:03:59.010Z"})
}

fn score_log_entry() -> Schema {
    object("A change of loyalty points.")
        .has("order_id", or_null(id()), "The order that was paid or refunded; `null` for an adjustment.")
        .has("score_log_type", words(LOG_TYPES), "The kind of the change.")
        .has("score", integer(), "The number of points; of an adjustment, negative if it deducted points.")
        .has("delta", integer(), "The change of the points.")
        .has("create_time", time(), "When the points changed.")
        .may_have("refund_id", id(), "The part refund that deducted the points.")
        .shown_as(score_log_example())
}
