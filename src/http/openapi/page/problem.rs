//! The section of one problem code.

use utoipa::openapi::example::Example;
use utoipa::openapi::{Components, RefOr};

use super::example;
use crate::http::pages::html::escaped;

/// A link to the section of a code.
pub fn link(code: &str) -> String {
    format!("<a href=\"#problem-{code}\"><code>{code}</code></a>", code = escaped(code))
}

/// The sections of all codes.
pub fn sections(components: &Components) -> String {
    let section = |(code, known): (&String, &RefOr<Example>)| match known {
        RefOr::T(Example { value: Some(value), .. }) => {
            let of = |name: &str| escaped(&value.get(name).map(text).unwrap_or_default());
            let (code, title, status) = (escaped(code), of("title"), of("status"));
            let example = example("Example", value);
            format!(
                "<section id=\"problem-{code}\">\n<h3><code>{code}</code> <small>{status}</small></h3>\n<p>{title}.</p>\n\
                 {example}</section>\n"
            )
        }
        _ => String::new(),
    };
    components.examples.iter().map(section).collect()
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
