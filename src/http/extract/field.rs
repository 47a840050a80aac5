//! Deserialisation of requests. Maps a serde error to the path of the field and a message for the client. A message
//! never repeats the client's value or the name of a Rust type.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use crate::http::problem::{Code, FieldError, Problem, field_code};

mod all;

/// A `T` that must be a JSON object. A derived struct alone would also accept an array of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

/// Reads a JSON object.
///
/// # Errors
/// 400 if `bytes` are not JSON; 422, naming all wrong fields, if they are not a `T`.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    if let Ok(Object(value)) = Object::deserialize(&mut reader)
        && reader.end().is_ok()
    {
        return Ok(value);
    }
    explained(bytes)
}

/// Reads a JSON object again, with the path to what is wrong in it, which costs more than the reading itself.
fn explained<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let text = error.inner().to_string();
        let first = || field_error(error.path(), &text);
        match error.inner().classify() {
            Category::Data => Problem::fields(all::errors::<T>(bytes, first())),
            _ if text.starts_with("number out of range") => first().into(),
            // serde_json also reports an array in place of an enum as a syntax error.
            _ if is_json(bytes) => Problem::fields(all::errors::<T>(bytes, first())),
            _ => malformed(error.inner()),
        }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| serde_json::from_str::<de::IgnoredAny>(text).is_ok())
}

fn malformed(error: &serde_json::Error) -> Problem {
    let detail = format!("The body is not JSON: see line {}, column {}", error.line(), error.column());
    Problem::with(Code::MalformedRequest, detail)
}

/// Reads the name and value pairs of a query string.
///
/// # Errors
/// 422, naming all wrong parameters.
pub fn from_pairs<T: DeserializeOwned>(mut pairs: Vec<(String, String)>) -> Result<T, Problem> {
    let mut errors: Vec<FieldError> = Vec::new();
    loop {
        let reader = MapDeserializer::<_, de::value::Error>::new(pairs.iter().cloned());
        let error = match serde_path_to_error::deserialize(reader) {
            Ok(value) if errors.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(error) => field_error(error.path(), &error.inner().to_string()),
        };
        let before = pairs.len();
        pairs.retain(|(name, _)| *name != error.field);
        errors.push(error);
        // The others are found without it. A parameter that is missing cannot be left out.
        if pairs.len() == before || errors.len() == all::ERRORS_MAX {
            break;
        }
    }
    Err(Problem::fields(errors))
}

/// The error for the field at `path`, from serde's `message`.
fn field_error(path: &Path, message: &str) -> FieldError {
    let message = message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(message);
    for (prefix, code, meaning) in [
        ("missing field `", field_code::REQUIRED, "is required"),
        ("unknown field `", field_code::UNKNOWN_FIELD, "is not a known field"),
        ("duplicate field `", field_code::DUPLICATE_FIELD, "is given more than once"),
    ] {
        if let Some(name) = message.strip_prefix(prefix) {
            let name = name.split("`, ").next().unwrap_or(name).trim_end_matches('`');
            return FieldError::new(member(path, name), code, meaning);
        }
    }
    if let Some((_, expected)) =
        message.strip_prefix("unknown variant `").and_then(|rest| rest.split_once("`, expected "))
    {
        let words: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        return FieldError::unknown_word(text(path), &words);
    }
    let (code, detail) = detail(message);
    FieldError::new(text(path), code, detail)
}

/// The code of the error and the rule a valid value meets, from serde's `message`.
fn detail(message: &str) -> (&'static str, String) {
    let invalid = |text: &str| (field_code::INVALID_VALUE, text.to_owned());
    let expected = match message.rsplit_once(", expected ") {
        _ if message.starts_with("must ") => return invalid(message),
        _ if message.starts_with("number out of range") => return invalid("is out of range"),
        Some((_, expected)) => expected,
        None => return invalid("is not valid"),
    };
    let integer = |kind: &str| kind.strip_prefix(['i', 'u']).is_some_and(|bits| bits.parse::<u8>().is_ok());
    let detail = match expected {
        "a string" | "a boolean" | "an object" => format!("must be {expected}"),
        "a sequence" => "must be an array".to_owned(),
        _ if integer(expected) => "must be an integer".to_owned(),
        _ => "is not of the right type".to_owned(),
    };
    (field_code::WRONG_TYPE, detail)
}

/// The path of the member `name`. `path` is that of the member or of the object that contains it: serde reports either.
fn member(path: &Path, name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    let mut segments: Vec<_> = path.iter().collect();
    if matches!(segments.last(), Some(Segment::Map { key }) if key.chars().take(64).eq(name.chars())) {
        segments.pop();
    }
    let parent = joined(&segments);
    if parent.is_empty() { name } else { format!("{parent}.{name}") }
}

/// The path as clients see it; `body` for the whole body.
fn text(path: &Path) -> String {
    let text = joined(&path.iter().collect::<Vec<_>>());
    if text.is_empty() { "body".to_owned() } else { text }
}

fn joined(segments: &[&Segment]) -> String {
    segments.iter().fold(String::new(), |path, segment| match segment {
        Segment::Seq { index } => format!("{path}[{index}]"),
        Segment::Map { key } | Segment::Enum { variant: key } if path.is_empty() => key.clone(),
        Segment::Map { key } | Segment::Enum { variant: key } => format!("{path}.{key}"),
        Segment::Unknown => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;
    use crate::domain::quantity::Quantity;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape is used")]
    struct Basket {
        lines: Vec<Object<Line>>,
        price: Option<Money>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape is used")]
    struct Line {
        number: Quantity,
    }

    fn problem_of(body: &str) -> Problem {
        from_json::<Basket>(body.as_bytes()).expect_err(body)
    }

    #[test]
    fn an_invalid_field_is_named_with_its_full_path() {
        for (body, field, detail) in [
            ("{}", "lines", "is required"),
            (r#"{"lines":[{}]}"#, "lines[0].number", "is required"),
            (r#"{"lines":[{"number":1},{"number":1,"x":1}]}"#, "lines[1].x", "is not a known field"),
            (r#"{"lines":[],"x":{}}"#, "x", "is not a known field"),
            (r#"{"lines":[{"number":0}]}"#, "lines[0].number", "must be an integer from 1 to 9999"),
            (r#"{"lines":[{"number":1.5}]}"#, "lines[0].number", "must be an integer"),
            (r#"{"lines":[{"number":"1"}]}"#, "lines[0].number", "must be an integer"),
            (r#"{"lines":[{"number":99999999999999999999}]}"#, "lines[0].number", "must be an integer"),
            (r#"{"lines":[{"number":1e400}]}"#, "lines[0].number", "is out of range"),
            (r#"{"lines":[{"number":1,"number":1}]}"#, "lines[0].number", "is given more than once"),
            (r#"{"lines":[[1]]}"#, "lines[0]", "must be an object"),
            (r#"{"lines":{}}"#, "lines", "must be an array"),
            (r#"{"lines":[],"lines":[]}"#, "lines", "is given more than once"),
            (r#"{"lines":[],"price":8.5}"#, "price", "must be a string"),
            (r#"[[],null]"#, "body", "must be an object"),
            ("null", "body", "must be an object"),
        ] {
            let problem = problem_of(body);
            let first = &problem.errors()[0];
            assert_eq!((first.field.as_str(), first.detail.as_str()), (field, detail), "{body}");
        }
    }

    #[test]
    fn all_invalid_fields_are_named_at_once() {
        for (body, expected) in [
            (
                r#"{"lines":[{"number":0},{},{"number":1,"x":1},{"number":"2"}],"price":5,"y":1}"#,
                &[
                    ("lines[0].number", "invalid_value"),
                    ("lines[1].number", "required"),
                    ("lines[2].x", "unknown_field"),
                    ("lines[3].number", "wrong_type"),
                    ("price", "wrong_type"),
                    ("y", "unknown_field"),
                ][..],
            ),
            (r#"{"price":"x","price":"y"}"#, &[("price", "invalid_value"), ("lines", "required")]),
            (r#"{"lines":[7,{"number":1}],"price":"-1"}"#, &[("lines[0]", "wrong_type"), ("price", "invalid_value")]),
        ] {
            let problem = problem_of(body);
            let found: Vec<(&str, &str)> =
                problem.errors().iter().map(|error| (error.field.as_str(), error.code)).collect();
            assert_eq!(found, expected, "{body}");
        }
        let many = format!(r#"{{"lines":[{}]}}"#, vec!["{}"; 100].join(","));
        assert_eq!(problem_of(&many).errors().len(), all::ERRORS_MAX);
    }

    #[test]
    fn text_that_is_not_json_is_malformed() {
        let deep = format!("{{\"lines\":{}", "[".repeat(100_000));
        for body in ["", "{", "{\"lines\":[]} x", "{\"lines\":[NaN]}", "\u{feff}{}", &deep, "{\"price\":\"\\ud800\"}"] {
            let problem = problem_of(body);
            assert!(matches!(problem.code, Code::MalformedRequest | Code::InvalidRequest), "{problem:?}");
        }
        for body in ["", "{", "{\"lines\":[]} x", "\u{feff}{}"] {
            assert_eq!(problem_of(body).code, Code::MalformedRequest, "{body}");
        }
        assert_eq!(from_json::<Basket>(b"{\"price\":\"\xff\"}").expect_err("not UTF-8").code, Code::MalformedRequest);
    }

    #[test]
    fn valid_json_is_never_called_malformed() {
        #[derive(Debug, Deserialize)]
        enum Colour {
            Red,
        }
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only its shape is used")]
        struct Painted {
            colour: Colour,
        }
        for body in [r#"{"colour":[]}"#, r#"{"colour":1}"#, r#"{"colour":"blue"}"#] {
            let problem = from_json::<Painted>(body.as_bytes()).expect_err(body);
            assert_eq!(problem.code, Code::InvalidRequest, "{body}");
            if body.contains("blue") {
                assert_eq!(problem.errors(), [FieldError::unknown_word("colour", &["Red"])]);
            }
        }
    }

    #[test]
    fn null_is_absent() {
        assert_eq!(from_json::<Basket>(br#"{"lines":[],"price":null}"#).unwrap().price, None);
    }
}
