//! The section of one operation.

use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, RefOr, Required, Response};

use super::{example, problem, prose, shape};
use crate::http::pages::html::escaped;

fn id(operation: &Operation) -> String {
    escaped(operation.operation_id.as_deref().unwrap_or_default())
}

/// The line of an operation in the contents.
pub fn link(operation: &Operation) -> String {
    let summary = prose(operation.summary.as_deref().unwrap_or_default());
    format!("<li><a href=\"#{}\">{summary}</a></li>\n", id(operation))
}

/// The whole section.
pub fn section(method: &str, path: &str, operation: &Operation) -> String {
    let mut requirements = operation.security.iter().flatten();
    let token = match requirements.next() {
        None => "",
        Some(first) if *first == SecurityRequirement::default() => "<p class=\"note\">Takes a token.</p>\n",
        Some(_) => "<p class=\"note\">Needs a token.</p>\n",
    };
    let about = operation.description.as_deref().map(|about| format!("<p>{}</p>\n", prose(about)));
    format!(
        "<section id=\"{id}\">\n<h3><span class=\"method {class}\">{method}</span> <code>{path}</code></h3>\n\
         <p class=\"summary\">{summary}.</p>\n{about}{token}{parameters}{body}{answers}</section>\n",
        id = id(operation),
        class = method.to_ascii_lowercase(),
        path = escaped(path),
        summary = prose(operation.summary.as_deref().unwrap_or_default()),
        about = about.unwrap_or_default(),
        parameters = parameters(operation),
        body = body(operation),
        answers = answers(operation),
    )
}

fn parameters(operation: &Operation) -> String {
    let row = |parameter: &RefOr<Parameter>| {
        let RefOr::T(parameter) = parameter else { return String::new() };
        let place = match parameter.parameter_in {
            ParameterIn::Path => "path",
            ParameterIn::Query => "query",
            ParameterIn::Header => "header",
            _ => "cookie",
        };
        let required = if parameter.required == Required::True { "required" } else { "optional" };
        format!(
            "<tr><th scope=\"row\"><code>{name}</code></th><td>{place}, {required}</td><td>{kind}</td><td>{about}</td></tr>\n",
            name = escaped(&parameter.name),
            kind = parameter.schema.as_ref().map(shape::kind).unwrap_or_default(),
            about = prose(parameter.description.as_deref().unwrap_or_default()),
        )
    };
    let rows: String = operation.parameters.iter().flatten().map(row).collect();
    if rows.is_empty() { rows } else { format!("<h4>Parameters</h4>\n<table>\n{rows}</table>\n") }
}

fn body(operation: &Operation) -> String {
    let Some(RefOr::T(RequestBody { content, required, .. })) = &operation.request_body else { return String::new() };
    let optional = if *required == Some(Required::True) { "" } else { ", optional" };
    let contents = content.iter().filter_map(|(media, content)| Some(body_of(media, optional, inner(content)?)));
    format!("<h4>Body</h4>\n{}", contents.collect::<String>())
}

/// The type, the schema and the example of a body.
fn body_of(media: &str, note: &str, content: &Content) -> String {
    let kind = content.schema.as_ref().map(shape::kind).unwrap_or_default();
    let example = content.example.as_ref().map(|value| example("Example", value));
    format!("<p><code>{}</code>{note}: {kind}</p>\n{}", escaped(media), example.unwrap_or_default())
}

fn answers(operation: &Operation) -> String {
    let rows = operation.responses.responses.iter().map(|(status, response)| match response {
        RefOr::T(response) => answer(status, response),
        RefOr::Ref(_) => String::new(),
    });
    format!("<h4>Answers</h4>\n<table>\n{}</table>\n", rows.collect::<String>())
}

fn answer(status: &str, response: &Response) -> String {
    let headers: Vec<String> = response.headers.keys().map(|name| format!("<code>{}</code>", escaped(name))).collect();
    let headers = match headers.is_empty() {
        true => String::new(),
        false => format!("<p class=\"note\">With {}.</p>\n", headers.join(", ")),
    };
    let contents = || response.content.iter().filter_map(|(media, content)| Some((media, inner(content)?)));
    let is_problem = |content: &Content| !content.examples.is_empty();
    let problems: String = contents().map(|(_, content)| problems(content)).collect();
    let others = contents().filter(|(_, content)| !is_problem(content));
    let others: Vec<String> = others.map(|(media, content)| body_of(media, "", content)).collect();
    // The description of an answer that has problems only is a list of them.
    let has_others = !others.is_empty() || problems.is_empty();
    let about = if has_others { format!("<p>{}</p>\n", prose(&response.description)) } else { String::new() };
    format!(
        "<tr><th scope=\"row\" class=\"status s{class}\">{status}</th>\n<td>{about}{headers}{others}{problems}</td></tr>\n",
        class = escaped(status.get(..1).unwrap_or_default()),
        status = escaped(status),
        others = others.concat(),
    )
}

fn inner<T>(part: &RefOr<T>) -> Option<&T> {
    match part {
        RefOr::T(part) => Some(part),
        RefOr::Ref(_) => None,
    }
}

/// The list of the problems of one status.
fn problems(content: &Content) -> String {
    let line = |name: &String| format!("<li>{}</li>\n", problem::link(name));
    let lines: String = content.examples.keys().map(line).collect();
    if lines.is_empty() { lines } else { format!("<ul class=\"problems\">\n{lines}</ul>\n") }
}
