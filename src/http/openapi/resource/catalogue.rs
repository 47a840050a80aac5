//! Goods, coupons and users, as administrators manage them.

use serde_json::json;

use super::Resource;
use super::account::user_name;
use super::common::MESSAGE;
use crate::http::openapi::operation::{REPLAYED, Route, get, patch, post};
use crate::http::openapi::schema::{Component, between, flag, id, named, object, or_null, words};
use crate::http::openapi::word::USER_ROLES;
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Administration: goods and users",
    about: "Goods, stock, coupons and balances. Every change is in the journal, with its author.",
    routes,
    schemas,
};

fn routes() -> Vec<Route> {
    let mut routes = catalogue_routes();
    routes.extend(user_routes());
    routes
}

fn catalogue_routes() -> Vec<Route> {
    vec![
        get("/admin/goods", "listAllGoods", "Lists all goods, also off sale")
            .for_admins()
            .query("on_sale", words(&["true", "false"]), "Only goods on sale, or only goods off sale.")
            .paged()
            .answers(200, "GoodsPage", "The goods.")
            .as_csv(),
        post("/admin/goods", "createGoods", "Adds goods")
            .for_admins()
            .takes_key()
            .body("NewGoods")
            .answers(201, "Goods", "The goods.")
            .with_header("Location")
            .with_header(REPLAYED),
        get("/admin/goods/{id}", "getAnyGoods", "Shows goods, also off sale")
            .for_admins()
            .answers(200, "Goods", "The goods.")
            .with_header("ETag")
            .can_be_unchanged(),
        patch("/admin/goods/{id}", "changeGoods", "Changes goods, takes them off sale or puts them back")
            .about(
                "Goods off sale are not in the catalogue, and new orders with them are refused. Orders that have them \
                    stay as they are.",
            )
            .for_admins()
            .takes_expected_state()
            .body("ChangedGoods")
            .answers(200, "Goods", "The changed goods.")
            .with_header("ETag"),
        post("/admin/goods/{id}/stock", "adjustStock", "Changes the stock of goods by hand")
            .for_admins()
            .takes_key()
            .body("StockChange")
            .answers(200, "Goods", "The goods with the new stock.")
            .with_header(REPLAYED),
        get("/admin/coupons", "listCoupons", "Lists the coupons")
            .for_admins()
            .query("user_id", id(), "Only coupons of this user.")
            .paged()
            .answers(200, "CouponPage", "The coupons."),
        post("/admin/coupons", "createCoupon", "Gives a coupon to a user")
            .for_admins()
            .takes_key()
            .body("NewCoupon")
            .answers(201, "Coupon", "The coupon.")
            .with_header(REPLAYED),
    ]
}

fn user_routes() -> Vec<Route> {
    vec![
        get("/admin/users", "listUsers", "Lists the users")
            .for_admins()
            .query("user_name", user_name(), "Only the user with this name.")
            .query("user_name_prefix", user_name(), "Only users whose names begin with this.")
            .query("user_role", words(USER_ROLES), "Only users with this role.")
            .paged()
            .answers(200, "UserPage", "The users.")
            .as_csv(),
        get("/admin/users/{id}", "getUser", "Shows a user").for_admins().answers(200, "UserDetails", "The user."),
        post("/admin/users/{id}/role", "changeRole", "Gives a user another role")
            .about("Ends all sessions of the user, as the changes below do. The act is in the journal.")
            .for_admins()
            .body("RoleChange")
            .answers(200, "ListedUser", "The user with the new role.")
            .refuses(&[Code::AccountProtected]),
        post("/admin/users/{id}/disable", "disableUser", "Disables the account of a user")
            .for_admins()
            .body("AccountDecision")
            .answers(200, "ListedUser", "The user, who may not sign in any more.")
            .refuses(&[Code::AccountProtected]),
        post("/admin/users/{id}/enable", "enableUser", "Enables the account of a user again")
            .for_admins()
            .body("AccountDecision")
            .answers(200, "ListedUser", "The user, who may sign in again."),
        post("/admin/users/{id}/sign-out", "signOutUser", "Ends all sessions of a user")
            .for_admins()
            .body("AccountDecision")
            .answers(200, "ListedUser", "The user, whose tokens are not valid any more."),
        post(
            "/admin/users/{id}/remove-second-factor",
            "removeSecondFactorOfUser",
            "Removes the second factor of a user",
        )
        .about("Ends all sessions of the user, who signs in with the password alone then.")
        .for_admins()
        .body("AccountDecision")
        .answers(200, "ListedUser", "The user, without a second factor.")
        .refuses(&[Code::AccountProtected]),
        post("/admin/users/{id}/balance", "adjustBalance", "Changes the balance of a user by hand")
            .for_admins()
            .takes_key()
            .body("BalanceChange")
            .answers(200, "User", "The user with the new balance.")
            .with_header(REPLAYED),
    ]
}

fn schemas() -> Vec<Component> {
    let reason = "The reason, for operators.";
    vec![
        (
            "RoleChange",
            object("A change of a role.")
                .has("user_role", words(USER_ROLES), "The new role.")
                .has("reason", named("Reason"), reason)
                .sent_as(json!({"user_role": "admin", "reason": "joins the team"})),
        ),
        (
            "AccountDecision",
            object("A change of an account.")
                .has("reason", named("Reason"), reason)
                .sent_as(json!({"reason": "asked for it by phone"})),
        ),
        (
            "NewGoods",
            object("New goods.")
                .has("goods_name", named("GoodsName"), "The name.")
                .has("goods_number", between(0, 1_000_000_000), "The units in stock.")
                .has("goods_price", named("Amount"), "The price of one unit.")
                .may_have("goods_desc", or_null(named("GoodsDescription")), "The description.")
                .may_have("on_sale", or_null(flag()), "Whether they are on sale at once; `true` if it is absent.")
                .sent_as(json!({"goods_name": "A phone", "goods_number": 999, "goods_price": "1000.00"})),
        ),
        (
            "ChangedGoods",
            object("A change of goods. A field that is absent stays as it is.")
                .may_have("goods_name", or_null(named("GoodsName")), "The name.")
                .may_have("goods_price", or_null(named("Amount")), "The price of one unit.")
                .may_have("goods_desc", or_null(named("GoodsDescription")), "The description.")
                .may_have("on_sale", or_null(flag()), "Whether new orders may have them.")
                .sent_as(json!({"goods_price": "900.00"})),
        ),
        (
            "StockChange",
            object("A change of a stock.")
                .has("delta", between(-1_000_000_000, 1_000_000_000), "The change, not 0.")
                .has("reason", named("Reason"), reason)
                .sent_as(json!({"delta": -1, "reason": "Broken in the warehouse"})),
        ),
        (
            "NewCoupon",
            object("A new coupon.")
                .has("user_id", id(), "The user who may use it.")
                .has("coupon_price", named("Amount"), "The amount that it pays, more than 0.")
                .sent_as(json!({"user_id": "345963634385633280", "coupon_price": "20.00"})),
        ),
        (
            "BalanceChange",
            object("A change of a balance.")
                .has("delta", named("SignedAmount"), "The change, not 0.")
                .has("reason", named("Reason"), reason)
                .may_have("message", or_null(named("CustomerMessage")), MESSAGE)
                .sent_as(json!({"delta": "-1.00", "reason": "Booked twice", "message": "We have corrected an entry"})),
        ),
    ]
}
