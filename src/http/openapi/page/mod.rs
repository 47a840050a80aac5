//! `/docs`: the document as a page. Plain HTML with one inline style sheet, without scripts and other hosts.

mod operation;
mod problem;
mod shape;

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, PathItem};

use super::CACHED;
use crate::http::pages::html::{escaped, policy};

const STYLE: &str = include_str!("style.css");

static POLICY: LazyLock<String> = LazyLock::new(|| policy(&format!("\n{STYLE}")));

/// The response with the page.
#[must_use]
pub fn response(page: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY.as_str()))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(CACHED)
        .body(page)
}

/// The whole page.
#[must_use]
pub fn render(document: &OpenApi) -> String {
    let title = escaped(&document.info.title);
    let mut contents = String::new();
    let mut sections = String::new();
    for tag in document.tags.iter().flatten() {
        let anchor = anchor(&tag.name);
        let name = escaped(&tag.name);
        let about = prose(tag.description.as_deref().unwrap_or_default());
        let (links, operations): (Vec<String>, Vec<String>) = operations(document, &tag.name)
            .map(|(method, path, operation)| (operation::link(operation), operation::section(method, path, operation)))
            .unzip();
        contents.push_str(&format!("<h2><a href=\"#{anchor}\">{name}</a></h2>\n<ul>\n{}</ul>\n", links.concat()));
        sections.push_str(&format!("<h2 id=\"{anchor}\">{name}</h2>\n<p>{about}</p>\n{}", operations.concat()));
    }
    let (schema_links, schemas): (Vec<String>, Vec<String>) = document
        .components
        .iter()
        .flat_map(|components| &components.schemas)
        .map(|(name, schema)| (shape::link(name), shape::section(name, schema)))
        .unzip();
    let schema_links: String = schema_links.iter().map(|link| format!("<li>{link}</li>\n")).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}: the HTTP interface</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <nav aria-label=\"Contents\">\n{contents}<h2><a href=\"#problems\">Problems</a></h2>\n\
         <h2><a href=\"#schemas\">Schemas</a></h2>\n<ul>\n{schema_links}</ul>\n\
         </nav>\n<main>\n<h1>{title} <small>{version}</small></h1>\n<p>{about}</p>\n\
         <p>The same as <a href=\"/openapi.json\">OpenAPI 3.1</a>.</p>\n{sections}\
         <h2 id=\"problems\">Problems</h2>\n{problems}\
         <h2 id=\"schemas\">Schemas</h2>\n{schemas}</main>\n</body>\n</html>\n",
        version = escaped(&document.info.version),
        about = prose(document.info.description.as_deref().unwrap_or_default()),
        problems = document.components.as_ref().map(problem::sections).unwrap_or_default(),
        schemas = schemas.concat(),
    )
}

/// The operations with this tag: method, path and operation.
fn operations<'a>(document: &'a OpenApi, tag: &'a str) -> impl Iterator<Item = (&'static str, &'a str, &'a Operation)> {
    let of_item = |(path, item): (&'a String, &'a PathItem)| {
        let methods = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ];
        methods.into_iter().filter_map(move |(method, operation)| Some((method, path.as_str(), operation.as_ref()?)))
    };
    let has_tag = move |operation: &Operation| operation.tags.iter().flatten().any(|other| other == tag);
    document.paths.paths.iter().flat_map(of_item).filter(move |(_, _, operation)| has_tag(operation))
}

/// The anchor of a heading.
fn anchor(name: &str) -> String {
    let kept: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    format!("group-{kept}")
}

/// A description, escaped, with `code` between backticks.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    };
    parts.map(part).collect()
}

/// A JSON example that can be opened.
fn example(name: &str, value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("<details><summary>{}</summary>\n<pre>{}</pre></details>\n", escaped(name), escaped(&text))
}

#[cfg(test)]
mod tests {
    use super::super::document;
    use super::*;

    #[test]
    fn the_page_shows_every_operation_and_every_schema_and_needs_nothing_else() {
        let document = document(true);
        let page = render(&document);
        for tag in document.tags.iter().flatten() {
            assert!(operations(&document, &tag.name).count() > 0, "{}", tag.name);
            for (method, path, operation) in operations(&document, &tag.name) {
                let heading = format!("{method}</span> <code>{}</code>", escaped(path));
                assert!(page.contains(&heading), "{heading}");
                let id = operation.operation_id.as_deref().unwrap();
                assert!(page.contains(&format!("id=\"{id}\"")) && page.contains(&format!("href=\"#{id}\"")), "{id}");
            }
        }
        for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.contains(&format!("id=\"{link}\"")), "{link} points at nothing");
        }
        for foreign in ["<script", "http://", "<img", "<link", "@import", "url("] {
            assert!(!page.contains(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_description_is_escaped() {
        assert_eq!(prose("a <b> `x<y` & c"), "a &lt;b&gt; <code>x&lt;y</code> &amp; c");
    }
}
