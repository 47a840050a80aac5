//! Second factors of administrators.

use serde_json::json;

use super::Resource;
use crate::domain::one_time_code::OneTimeCode;
use crate::http::openapi::operation::{Route, get, post};
use crate::http::openapi::schema::{
    Component, Shape, bounded_pattern, bounded_text, count, integer, list, object, or_null, pattern, text, time, words,
};
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource =
    Resource { tag: "Second factors", about: "One-time codes of administrators.", routes, schemas };

/// The description of a one-time code.
pub const ONE_TIME_CODE: &str = "The 6 digits of the app, or a recovery code. Blanks and hyphens do not count.";

/// The shape of a one-time code.
pub fn one_time_code() -> Shape {
    bounded_pattern("^(?:[ -]*[0-9]){6}[ -]*$|^(?:[ -]*[A-Za-z2-7]){24}[ -]*$", OneTimeCode::LENGTH_MAX).into()
}

fn routes() -> Vec<Route> {
    vec![
        get("/v1/users/me/second-factor", "getSecondFactor", "Shows the second factor of the user")
            .about("Its secret is shown nowhere.")
            .for_users()
            .answers(200, "SecondFactor", "The second factor."),
        post("/v1/users/me/second-factor", "beginSecondFactor", "Makes a secret for an app")
            .about("For administrators. It is in effect when it is confirmed. A later request replaces it.")
            .for_users()
            .body("NewSecondFactor")
            .answers(201, "SecondFactorSecret", "The secret, which is shown only here.")
            .refuses(&[Code::SecondFactorExists, Code::TooManySignIns]),
        post("/v1/users/me/second-factor/confirm", "confirmSecondFactor", "Puts the secret into effect")
            .about("For administrators. Ends all sessions of the user and begins a new one.")
            .for_users()
            .body("SecondFactorConfirmation")
            .answers(200, "ConfirmedSecondFactor", "A new token, and the recovery codes, which are shown only here.")
            .refuses(&[Code::SecondFactorExists]),
        post("/v1/users/me/second-factor/remove", "removeSecondFactor", "Removes the second factor of the user")
            .about("Ends all sessions of the user and begins a new one.")
            .for_users()
            .body("SecondFactorRemoval")
            .answers(200, "Session", "A new token of the user.")
            .refuses(&[Code::TooManySignIns]),
    ]
}

fn schemas() -> Vec<Component> {
    vec![
        (
            "SecondFactor",
            object("The second factor of a user.")
                .has("second_factor_time", or_null(time()), "Since when it is in effect; `null` if there is none.")
                .has("recovery_codes", count(), "The number of recovery codes that are left.")
                .shown_as(json!({"second_factor_time": "2026-11-26T14:03:59.010Z", "recovery_codes": 10})),
        ),
        (
            "NewSecondFactor",
            object("A request for a secret.")
                .has("user_password", bounded_text(8, 128), "The password of the user.")
                .sent_as(json!({"user_password": "a good password"})),
        ),
        (
            "SecondFactorSecret",
            object("A secret for an app.")
                .has("secret", pattern("^[A-Z2-7]{32}$").into(), "The secret in base32.")
                .has("uri", text(), "The same as an `otpauth:` address, for a QR code.")
                .shown_as(json!({
                    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
                    "uri": "otpauth://totp/Tradepost:admin?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tradepost"
                })),
        ),
        (
            "SecondFactorConfirmation",
            object("The confirmation of a secret.")
                .has("one_time_code", one_time_code(), "The 6 digits of the app.")
                .sent_as(json!({"one_time_code": "287082"})),
        ),
        (
            "ConfirmedSecondFactor",
            object("A new access token, and the recovery codes.")
                .has("access_token", text(), "The token, for `Authorization: Bearer`.")
                .has("token_type", words(&["Bearer"]), "The kind of the token.")
                .has("expires_in", integer(), "The lifetime of the token in seconds.")
                .has("recovery_codes", list(text()), "Each signs in once in place of a code of the app.")
                .shown_as(json!({"access_token": "eyJ0eXAi…", "token_type": "Bearer", "expires_in": 1800,
                    "recovery_codes": ["abcd-efgh-2345-mnop-qrst-uvwx"]})),
        ),
        (
            "SecondFactorRemoval",
            object("The removal of a second factor.")
                .has("user_password", bounded_text(8, 128), "The password of the user.")
                .has("one_time_code", one_time_code(), ONE_TIME_CODE)
                .sent_as(json!({"user_password": "a good password", "one_time_code": "287082"})),
        ),
    ]
}
