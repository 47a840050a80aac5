//! The section of one schema, and the description of a shape in a line.

use utoipa::openapi::schema::{AdditionalProperties, Array, ArrayItems, Object, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use super::{example, prose};
use crate::http::openapi::example as example_of;
use crate::http::openapi::schema::Shape;
use crate::http::pages::html::escaped;

/// A link to the section of a schema.
pub fn link(name: &str) -> String {
    format!("<a href=\"#schema-{name}\">{name}</a>", name = escaped(name))
}

/// The whole section.
pub fn section(name: &str, shape: &Shape) -> String {
    let RefOr::T(schema) = shape else { return String::new() };
    let about = match schema {
        Schema::Object(object) => object.description.as_deref(),
        Schema::OneOf(one_of) => one_of.description.as_deref(),
        _ => None,
    };
    let about = about.map(|about| format!("<p>{}</p>\n", prose(about)));
    let content = match schema {
        Schema::Object(object) if !object.properties.is_empty() => fields(object),
        _ => format!("<div>{}</div>\n", kind(shape)),
    };
    format!(
        "<section id=\"schema-{name}\">\n<h3>{name}</h3>\n{about}{content}{example}</section>\n",
        name = escaped(name),
        about = about.unwrap_or_default(),
        example = example_of(schema).map(|value| example("Example", value)).unwrap_or_default(),
    )
}

/// The table of the fields of an object.
fn fields(object: &Object) -> String {
    let row = |(name, shape): (&String, &Shape)| {
        let required = if object.required.contains(name) { "" } else { " <span class=\"note\">may be absent</span>" };
        format!(
            "<tr><th scope=\"row\"><code>{name}</code>{required}</th><td>{kind}</td><td>{about}</td></tr>\n",
            name = escaped(name),
            kind = kind(shape),
            about = prose(description(shape)),
        )
    };
    let rows: String = object.properties.iter().map(row).collect();
    format!("<table>\n{rows}</table>\n")
}

fn description(shape: &Shape) -> &str {
    match shape {
        RefOr::Ref(reference) => &reference.description,
        RefOr::T(Schema::Object(object)) => object.description.as_deref().unwrap_or_default(),
        RefOr::T(Schema::Array(array)) => array.description.as_deref().unwrap_or_default(),
        RefOr::T(Schema::OneOf(one_of)) => one_of.description.as_deref().unwrap_or_default(),
        RefOr::T(_) => "",
    }
}

/// The kind of a shape, such as `text` or a link to its schema.
pub fn kind(shape: &Shape) -> String {
    match shape {
        RefOr::Ref(reference) => link(reference.ref_location.rsplit('/').next().unwrap_or_default()),
        RefOr::T(Schema::Object(object)) => kind_of_object(object),
        RefOr::T(Schema::Array(Array { items: ArrayItems::RefOrSchema(item), .. })) => {
            format!("list of {}", kind(item))
        }
        RefOr::T(Schema::OneOf(one_of)) => one_of.items.iter().map(kind).collect::<Vec<_>>().join(" or "),
        RefOr::T(_) => "anything".to_owned(),
    }
}

fn kind_of_object(object: &Object) -> String {
    if !object.properties.is_empty() {
        return fields(object);
    }
    if let Some(values) = &object.enum_values {
        let word = |value: &serde_json::Value| format!("<code>{}</code>", escaped(value.as_str().unwrap_or_default()));
        return values.iter().map(word).collect::<Vec<_>>().join(" · ");
    }
    let (types, can_be_null) = match &object.schema_type {
        SchemaType::Type(kind) => (name(kind), matches!(kind, Type::Null)),
        SchemaType::Array(kinds) => (kinds.first().map_or("anything", name), kinds.contains(&Type::Null)),
        SchemaType::AnyValue => ("anything", false),
    };
    let is_closed = matches!(object.additional_properties.as_deref(), Some(AdditionalProperties::FreeForm(false)));
    let types = if is_closed { "empty object" } else { types };
    let or_null = if can_be_null && types != "null" { " or null" } else { "" };
    format!("{types}{}{or_null}", bounds(object))
}

fn name(kind: &Type) -> &'static str {
    match kind {
        Type::Object => "object",
        Type::String => "text",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "true or false",
        Type::Array => "list",
        Type::Null => "null",
    }
}

/// The bounds of a text or of a number, if it has any.
fn bounds(object: &Object) -> String {
    if let Some(pattern) = &object.pattern {
        return format!(" like <code>{}</code>", escaped(pattern));
    }
    let range = match (&object.minimum, &object.maximum, object.min_length, object.max_length) {
        (_, _, Some(min), Some(max)) => Some(format!(" of {min} to {max} characters")),
        (Some(min), Some(max), ..) => Some(format!(" from {} to {}", number(min), number(max))),
        (Some(min), None, ..) => Some(format!(" from {}", number(min))),
        _ => None,
    };
    range.unwrap_or_default()
}

fn number(number: &utoipa::Number) -> String {
    match number {
        utoipa::Number::Int(number) => number.to_string(),
        utoipa::Number::UInt(number) => number.to_string(),
        utoipa::Number::Float(number) => number.to_string(),
    }
}
