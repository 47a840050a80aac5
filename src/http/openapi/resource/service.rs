//! Health checks, and the document itself.

use serde_json::json;

use super::Resource;
use crate::http::openapi::operation::{Route, get};
use crate::http::openapi::schema::{Component, any_object, anything, object, pattern, text};
use crate::http::problem::Code;
use crate::metrics::text::CONTENT_TYPE as OPENMETRICS;

/// The group of these routes.
pub const RESOURCE: Resource = Resource { tag: "Service", about: "Health checks, and this document.", routes, schemas };

fn routes() -> Vec<Route> {
    vec![
        get("/healthz", "getLiveness", "Says that the process is alive").answers(
            200,
            "Health",
            "The process is alive.",
        ),
        get("/readyz", "getReadiness", "Says whether the process can serve")
            .about("Every actor runs, every store answers and accepts writes, and this node holds its lease.")
            .answers(200, "Health", "The process is ready.")
            .refuses(&[Code::NotReady]),
        get("/metrics", "getMetrics", "The figures of this process, for Prometheus")
            .about(
                "Without a token only for this machine, unless the settings say otherwise; with `metrics.token`, or for \
                 administrators.",
            )
            .shows(200, OPENMETRICS, "The figures, as OpenMetrics.")
            .refuses(&[Code::Unauthenticated, Code::Forbidden]),
        get("/problems/{code}", "showProblem", "A page that explains a problem code")
            .path_parameter("code", pattern("^[a-z0-9_]{1,64}$").into(), "The code.")
            .shows(200, "text/html; charset=utf-8", "The page.")
            .refuses(&[Code::NotFound])
            .shows(404, "text/html; charset=utf-8", "A page that says that there is no such code."),
        get("/openapi.json", "getDocument", "This document, as OpenAPI 3.1").answers(200, "Document", "The document."),
        get("/docs", "showDocument", "This document, as a page").shows(200, "text/html; charset=utf-8", "The page."),
    ]
}

fn schemas() -> Vec<Component> {
    let document = object("An OpenAPI document.")
        .has("openapi", text(), "The version of OpenAPI.")
        .has("info", any_object(), "The name and the version of the interface.")
        .has("paths", any_object(), "The routes.")
        .has("components", any_object(), "The schemas, examples and headers.")
        .has("tags", anything(), "The groups of routes.")
        .shown_as(json!({"openapi": "3.1.0", "info": {}, "paths": {}, "components": {}, "tags": []}));
    vec![("Document", document)]
}
