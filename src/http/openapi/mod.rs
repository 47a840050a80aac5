//! The interface as an OpenAPI 3.1 document, and as a page made from it.
//!
//! A route is described in the file of its [`resource`], by the methods of [`operation::Route`]; its bodies are built
//! from the constructors in [`schema`]. Problems that follow from parameters, bodies and callers are added by
//! themselves. The tests compare the document with the route table and with every answer that they receive, so a route
//! or a field without a description fails them.

pub mod operation;
pub mod page;
pub mod problem;
pub mod resource;
pub mod schema;
pub mod word;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde_json::Value;
use utoipa::openapi::header::Header;
use utoipa::openapi::schema::{Components, ComponentsBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Paths, Schema};

use super::state::State;
use operation::{BEARER, REPLAYED, response_header};
use resource::{ALL, Resource, common, sandbox};
use schema::{Component, integer, text, words};

/// The name of the built-in platform at the shop.
const SANDBOX: &str = "sandbox";

const ABOUT: &str = "Orders and payments of a shop. Requests and responses are JSON in UTF-8. Ids and amounts are \
strings; the currency is CNY. Unknown fields and parameters are refused. A response may get further fields in later \
versions. Every response carries `X-Request-Id`, and every error is a problem as in RFC 9457. A `HEAD` request is \
answered wherever `GET` is.";

/// The document and the page, as they are sent.
struct Texts {
    json: String,
    page: String,
}

static WITH_SANDBOX: LazyLock<Texts> = LazyLock::new(|| texts(true));
static WITHOUT_SANDBOX: LazyLock<Texts> = LazyLock::new(|| texts(false));

fn texts(has_sandbox: bool) -> Texts {
    let document = document(has_sandbox);
    Texts { json: serde_json::to_string(&document).unwrap_or_default(), page: page::render(&document) }
}

fn served(state: &State) -> &'static Texts {
    if state.gateways.find(SANDBOX).is_some() { &WITH_SANDBOX } else { &WITHOUT_SANDBOX }
}

/// `GET /openapi.json`
pub async fn show(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(header::ContentType::json())
        .insert_header(CACHED)
        .body(served(&state).json.as_str())
}

/// `GET /docs`
pub async fn show_page(state: web::Data<State>) -> HttpResponse {
    page::response(&served(&state).page)
}

/// How long clients and proxies may keep the document: it only changes with the version or the settings.
pub const CACHED: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=300");

/// The document; with the routes of the built-in platform if `has_sandbox`.
#[must_use]
pub fn document(has_sandbox: bool) -> OpenApi {
    let resources: Vec<&Resource> = ALL.iter().chain(has_sandbox.then_some(&sandbox::RESOURCE)).collect();
    let mut schemas = common::schemas();
    schemas.extend(problem::schemas());
    schemas.extend(resources.iter().flat_map(|resource| (resource.schemas)()));
    let examples: BTreeMap<&str, Value> =
        schemas.iter().filter_map(|(name, schema)| Some((*name, example(schema)?.clone()))).collect();
    let mut paths = Paths::new();
    for resource in &resources {
        for route in (resource.routes)() {
            let (path, method, operation) = route.build(resource.tag, &examples);
            let item = PathItem::new(method, operation);
            paths.paths.entry(path.to_owned()).or_default().merge_operations(item);
        }
    }
    let tag = |resource: &&Resource| TagBuilder::new().name(resource.tag).description(Some(resource.about)).build();
    let license = LicenseBuilder::new().name(env!("CARGO_PKG_LICENSE")).identifier(Some(env!("CARGO_PKG_LICENSE")));
    let info = InfoBuilder::new()
        .title("Tradepost")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license.build()));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .components(Some(components(schemas)))
        .tags(Some(resources.iter().map(tag)))
        .build()
}

fn components(schemas: Vec<Component>) -> Components {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The `access_token` of `POST /v1/sessions`, a JWT; or an API key of the shop's own server."))
        .build();
    let mut components = ComponentsBuilder::new().security_scheme(BEARER, SecurityScheme::Http(bearer)).build();
    components.schemas.extend(schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema.into())));
    let examples = problem::examples().map(|(name, example)| (name.to_owned(), utoipa::openapi::RefOr::T(example)));
    components.examples.extend(examples);
    let headers = headers().map(|(name, header)| (name.to_owned(), utoipa::openapi::RefOr::T(header)));
    components.headers.extend(headers);
    components
}

/// The headers of responses that the document describes.
fn headers() -> [(&'static str, Header); 6] {
    [
        (
            "Link",
            response_header(
                text(),
                "The address of what follows, with `rel=\"next\"`: the next page of CSV, or later events.",
            ),
        ),
        ("ETag", response_header(text(), "The state of the object, for `If-None-Match` and `If-Match`.")),
        ("Location", response_header(text(), "The path of the object.")),
        (
            REPLAYED,
            response_header(words(&["true"]), "Present if an earlier request with this key had this outcome already."),
        ),
        ("Retry-After", response_header(integer(), "The seconds after which the same request may succeed.")),
        ("WWW-Authenticate", response_header(words(&["Bearer"]), "The kind of token that is needed.")),
    ]
}

/// The names of the fields of an object in responses, in the order of the document. Empty if there is no such component.
#[must_use]
pub fn fields_of(component: &str) -> Vec<String> {
    static FIELDS: LazyLock<BTreeMap<&'static str, Vec<String>>> = LazyLock::new(|| {
        let names = |schema: Schema| match schema {
            Schema::Object(object) => object.properties.into_iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        };
        ALL.iter().flat_map(|resource| (resource.schemas)()).map(|(name, schema)| (name, names(schema))).collect()
    });
    FIELDS.get(component).cloned().unwrap_or_default()
}

/// The example of a schema, if it has one.
#[must_use]
pub fn example(schema: &Schema) -> Option<&Value> {
    match schema {
        Schema::Object(object) => object.examples.first(),
        Schema::OneOf(one_of) => one_of.examples.first(),
        Schema::Array(array) => array.examples.first(),
        _ => None,
    }
}
