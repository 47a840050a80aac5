//! Finds all errors of a body. A deserialisation stops at its first error, so the wrong value is replaced by one that
//! is accepted, and the body is deserialised again.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

use super::{Object, field_error};
use crate::http::problem::{FieldError, field_code};

/// The largest number of errors in one problem.
pub const ERRORS_MAX: usize = 20;

/// All errors of `bytes` as a `T`, in the order of its fields. `first` is the first of them.
pub fn errors<T: DeserializeOwned>(bytes: &[u8], first: FieldError) -> Vec<FieldError> {
    let mut errors = vec![first];
    let Ok(mut body) = serde_json::from_slice::<Value>(bytes) else { return errors };
    let mut next = error_of::<T>(&body);
    while let Some((error, steps)) = next {
        if errors.len() == ERRORS_MAX {
            break;
        }
        // An error in a value that was put in the place of a wrong one is not the client's.
        if !errors.iter().any(|known| is_within(&error.field, &known.field)) {
            errors.push(error.clone());
        }
        next = match repair::<T>(&mut body, &error, &steps) {
            true => error_of::<T>(&body),
            false => None,
        };
    }
    errors
}

/// Whether `field` is `other` or a part of it.
fn is_within(field: &str, other: &str) -> bool {
    field.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The first error of `body`, with the steps to its field.
fn error_of<T: DeserializeOwned>(body: &Value) -> Option<(FieldError, Vec<Step>)> {
    let error = serde_path_to_error::deserialize::<_, Object<T>>(body).err()?;
    let found = field_error(error.path(), &error.inner().to_string());
    let steps = steps(error.path(), &found);
    Some((found, steps))
}

/// One step from a value to a value in it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

/// The steps to the field of `error`. The path of a member that is missing or unknown may end at its object.
fn steps(path: &Path, error: &FieldError) -> Vec<Step> {
    let mut steps: Vec<Step> = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Step::Item(*index)),
            Segment::Map { key } => Some(Step::Member(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    let name = error.field.rsplit('.').next().unwrap_or_default();
    let is_at_member = matches!(steps.last(), Some(Step::Member(last)) if last == name);
    if matches!(error.code, field_code::REQUIRED | field_code::UNKNOWN_FIELD) && !is_at_member {
        steps.push(Step::Member(name.to_owned()));
    }
    steps
}

/// Changes `body` so that its first error is another one, or none. Returns false if it cannot.
fn repair<T: DeserializeOwned>(body: &mut Value, error: &FieldError, steps: &[Step]) -> bool {
    if error.code == field_code::UNKNOWN_FIELD {
        let Some((Step::Member(name), parents)) = steps.split_last() else { return false };
        let object = value_at(body, parents).and_then(Value::as_object_mut);
        return object.and_then(|object| object.remove(name)).is_some();
    }
    // One of these is accepted by every type of a field.
    let candidates = [json!(error.allowed_word()), json!("12345678"), json!(1), json!(true), json!([]), json!({})];
    candidates.into_iter().any(|candidate| {
        let is_put = put(body, steps, candidate);
        is_put && error_of::<T>(body).is_none_or(|(next, _)| next.field != error.field)
    })
}

fn value_at<'a>(body: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(body, |value, step| match step {
        Step::Member(name) => value.get_mut(name),
        Step::Item(index) => value.get_mut(*index),
    })
}

/// Puts `value` where `steps` lead to. Returns false if there is no such place.
fn put(body: &mut Value, steps: &[Step], value: Value) -> bool {
    let Some((last, parents)) = steps.split_last() else { return false };
    match (value_at(body, parents), last) {
        (Some(Value::Object(members)), Step::Member(name)) => {
            members.insert(name.clone(), value);
            true
        }
        (Some(Value::Array(items)), Step::Item(index)) => match items.get_mut(*index) {
            Some(item) => {
                *item = value;
                true
            }
            None => false,
        },
        _ => false,
    }
}
