//! Constructors of schemas, for the parts that the interface is made of.

use serde_json::Value;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Ref, Schema, SchemaType, Type,
};
use utoipa::openapi::{RefOr, SchemaFormat};

use super::word::{ENUMERATIONS, Enumeration};

/// A schema, or a reference to one of the components.
pub type Shape = RefOr<Schema>;

/// A component: its name and its schema.
pub type Component = (&'static str, Schema);

/// A reference to the component `name`.
#[must_use]
pub fn named(name: &str) -> Shape {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// The id of an object.
#[must_use]
pub fn id() -> Shape {
    named("Id")
}

/// An amount in a response.
#[must_use]
pub fn money() -> Shape {
    named("Money")
}

/// A moment in a response.
#[must_use]
pub fn time() -> Shape {
    named("Time")
}

/// A text of any length.
#[must_use]
pub fn text() -> Shape {
    of_type(Type::String).into()
}

/// A text of `min` to `max` characters.
#[must_use]
pub fn bounded_text(min: usize, max: usize) -> Shape {
    of_type(Type::String).min_length(Some(min)).max_length(Some(max)).into()
}

/// A text of at most `max` characters that matches the regular expression `pattern`.
#[must_use]
pub fn bounded_pattern(pattern_text: &str, max: usize) -> Object {
    let mut shape = pattern(pattern_text);
    shape.max_length = Some(max);
    shape
}

/// A text that matches the regular expression `pattern`.
#[must_use]
pub fn pattern(pattern: &str) -> Object {
    of_type(Type::String).pattern(Some(pattern)).build()
}

/// The name of a platform in a request.
#[must_use]
pub fn provider() -> Shape {
    pattern("^[a-z0-9_]{1,32}$").into()
}

/// The last part of the address of a page that cannot be guessed.
#[must_use]
pub fn ticket() -> Shape {
    pattern("^[A-Za-z0-9_-]{1,200}$").into()
}

/// A text in a well-known `format`.
#[must_use]
pub fn formatted(format: &str) -> Shape {
    of_type(Type::String).format(Some(SchemaFormat::Custom(format.to_owned()))).into()
}

/// One of the given words. An enumeration with a name is a reference to its component.
#[must_use]
pub fn words(words: &[&str]) -> Shape {
    match ENUMERATIONS.iter().find(|known| known.words == words) {
        Some(known) => named(known.name),
        None => of_type(Type::String).enum_values(Some(words.iter().copied())).into(),
    }
}

/// The component of an enumeration.
#[must_use]
pub fn enumeration(known: &Enumeration) -> Component {
    let schema = of_type(Type::String)
        .description(Some(known.about))
        .enum_values(Some(known.words.iter().copied()))
        .examples(known.words.first().map(|word| Value::from(*word)));
    (known.name, Schema::Object(schema.build()))
}

/// Any integer.
#[must_use]
pub fn integer() -> Shape {
    of_type(Type::Integer).into()
}

/// An integer from `min` to `max`.
#[must_use]
pub fn between(min: i64, max: i64) -> Shape {
    of_type(Type::Integer).minimum(Some(min)).maximum(Some(max)).into()
}

/// An integer that is not negative.
#[must_use]
pub fn count() -> Shape {
    of_type(Type::Integer).minimum(Some(0)).into()
}

/// Any number.
#[must_use]
pub fn number() -> Shape {
    of_type(Type::Number).into()
}

/// A truth value.
#[must_use]
pub fn flag() -> Shape {
    of_type(Type::Boolean).into()
}

/// Any JSON object.
#[must_use]
pub fn any_object() -> Shape {
    of_type(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(true))).into()
}

/// Any value at all.
#[must_use]
pub fn anything() -> Shape {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).into()
}

/// An array of `item`.
#[must_use]
pub fn list(item: Shape) -> Shape {
    ArrayBuilder::new().items(item).into()
}

/// An array of `min` to `max` times `item`.
#[must_use]
pub fn bounded_list(item: Shape, min: usize, max: usize) -> Shape {
    ArrayBuilder::new().items(item).min_items(Some(min)).max_items(Some(max)).into()
}

/// An array of `min` to `max` different times `item`.
#[must_use]
pub fn set(item: Shape, min: usize, max: usize) -> Shape {
    ArrayBuilder::new().items(item).min_items(Some(min)).max_items(Some(max)).unique_items(true).into()
}

/// The component of an object of one of several kinds, with an example.
#[must_use]
pub fn kinds(about: &str, kinds: impl IntoIterator<Item = Shape>, example: Value) -> Schema {
    let kinds = kinds.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item);
    Schema::OneOf(kinds.description(Some(about)).examples([example]).build())
}

/// The shape, or `null`.
#[must_use]
pub fn or_null(shape: Shape) -> Shape {
    match shape {
        RefOr::T(Schema::Object(mut object)) if object.enum_values.is_none() => {
            if let SchemaType::Type(kind) = object.schema_type {
                object.schema_type = SchemaType::Array(vec![kind, Type::Null]);
            }
            RefOr::T(Schema::Object(object))
        }
        shape => OneOfBuilder::new().item(shape).item(of_type(Type::Null)).into(),
    }
}

fn of_type(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(kind)
}

/// An object, field by field.
pub struct Fields(ObjectBuilder);

/// An object without fields so far; `about` describes it.
#[must_use]
pub fn object(about: &str) -> Fields {
    Fields(of_type(Type::Object).description(Some(about)))
}

impl Fields {
    /// Adds a field that is always present.
    #[must_use]
    pub fn has(self, name: &str, shape: Shape, about: &str) -> Self {
        Self(self.0.property(name, described(shape, about)).required(name))
    }

    /// Adds a field that may be absent.
    #[must_use]
    pub fn may_have(self, name: &str, shape: Shape, about: &str) -> Self {
        Self(self.0.property(name, described(shape, about)))
    }

    /// The schema of an object in a response, with an example. Later versions may add fields.
    #[must_use]
    pub fn shown_as(self, example: Value) -> Schema {
        Schema::Object(self.0.examples([example]).build())
    }

    /// The schema of an object in a request, with an example. Unknown fields are refused.
    #[must_use]
    pub fn sent_as(self, example: Value) -> Schema {
        let closed = self.0.additional_properties(Some(AdditionalProperties::FreeForm(false)));
        Schema::Object(closed.examples([example]).build())
    }

    /// The shape of an object inside another.
    #[must_use]
    pub fn inside(self) -> Shape {
        self.0.into()
    }
}

/// The shape with a description.
#[must_use]
pub fn described(shape: Shape, about: &str) -> Shape {
    let about = || Some(about.to_owned()).filter(|about| !about.is_empty());
    match shape {
        RefOr::Ref(mut reference) => {
            reference.description = about().unwrap_or_default();
            RefOr::Ref(reference)
        }
        RefOr::T(mut schema) => {
            match &mut schema {
                Schema::Object(object) => object.description = about(),
                Schema::Array(array) => array.description = about(),
                Schema::OneOf(one_of) => one_of.description = about(),
                _ => {}
            }
            RefOr::T(schema)
        }
    }
}

/// The example `example` with one more field, or with another value of it.
#[must_use]
pub fn extended(mut example: Value, name: &str, value: Value) -> Value {
    if let Value::Object(fields) = &mut example {
        fields.insert(name.to_owned(), value);
    }
    example
}

/// The component of a page of a list; `example` is an item.
#[must_use]
pub fn page_of(item: &str, example: &Value) -> Schema {
    object("One page of a list, newest first.")
        .has("items", list(named(item)), "The items of the page.")
        .has("next_cursor", or_null(text()), "The `cursor` of the next page; `null` on the last page.")
        .shown_as(serde_json::json!({"items": [example], "next_cursor": null}))
}
