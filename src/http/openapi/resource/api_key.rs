//! API keys of the shop's own servers.

use serde_json::{Value, json};
use utoipa::openapi::Schema;

use super::Resource;
use crate::http::openapi::operation::{Route, get, post};
use crate::http::openapi::schema::{
    Component, Fields, bounded_list, extended, id, object, or_null, page_of, pattern, set, text, time, words,
};
use crate::http::openapi::word::SCOPES;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Administration: API keys",
    about: "Keys with which servers of the shop act for its customers. Creation and revocation are in the journal.",
    routes,
    schemas,
};

fn routes() -> Vec<Route> {
    vec![
        get("/admin/api-keys", "listApiKeys", "Lists the API keys")
            .about("Revoked keys are in the list too. The keys themselves are not stored.")
            .for_admins()
            .paged()
            .answers(200, "ApiKeyPage", "The keys."),
        post("/admin/api-keys", "createApiKey", "Creates an API key")
            .about("The answer is the only one that has the key. Keys with the same name act for the same customers.")
            .for_admins()
            .takes_key()
            .body("NewApiKey")
            .answers(201, "CreatedApiKey", "The key.")
            .with_header("Idempotent-Replayed"),
        post("/admin/api-keys/{id}/revoke", "revokeApiKey", "Revokes an API key, at once and on all nodes")
            .for_admins()
            .no_body()
            .answers(200, "ApiKey", "The revoked key."),
    ]
}

fn schemas() -> Vec<Component> {
    let name = pattern("^[A-Za-z0-9._-]{1,32}$").into();
    let secret = "tpk_0a1b2c3d4e5f_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    vec![
        (
            "NewApiKey",
            object("A new API key.")
                .has("name", name, "The name of the server.")
                .has("scopes", set(words(SCOPES), 1, SCOPES.len()), "What the key may be used for.")
                .sent_as(json!({"name": "shop-front", "scopes": ["orders"]})),
        ),
        ("ApiKey", api_key()),
        ("ApiKeyPage", page_of("ApiKey", &example())),
        (
            "CreatedApiKey",
            fields("A new API key.")
                .has("key", or_null(text()), "The key. `null` if the request was sent again.")
                .shown_as(extended(example(), "key", json!(secret))),
        ),
    ]
}

fn example() -> Value {
    json!({"api_key_id": "384550094389510144", "name": "shop-front", "prefix": "tpk_0a1b2c3d4e5f",
        "scopes": ["orders"], "create_time": "2026-11-26T14:03:59.010Z", "revoke_time": null, "use_time": null})
}

fn api_key() -> Schema {
    fields("An API key.").shown_as(example())
}

fn fields(about: &str) -> Fields {
    object(about)
        .has("api_key_id", id(), "")
        .has("name", text(), "The name of the server.")
        .has("prefix", text(), "The beginning of the key, by which people recognise it.")
        .has("scopes", bounded_list(words(SCOPES), 0, SCOPES.len()), "What the key may be used for.")
        .has("create_time", time(), "When it was created.")
        .has("revoke_time", or_null(time()), "Since when it is refused.")
        .has("use_time", or_null(time()), "When it was last used, exact to the hour.")
}
