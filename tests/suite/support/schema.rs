//! A validator for the part of JSON Schema that the document of the interface uses.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json::{Map, Value};

/// Keywords that restrict nothing.
const ANNOTATIONS: [&str; 4] = ["description", "examples", "title", "format"];

/// Checks `value` against `schema`, whose references point into `document`. Unlike a client, it refuses fields that an
/// object's schema does not name, so that the document cannot fall behind. Returns what is wrong, field by field.
pub fn violations(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check { document, wrong: Vec::new() };
    check.schema(schema, value, "$");
    check.wrong
}

struct Check<'a> {
    document: &'a Value,
    wrong: Vec<String>,
}

impl Check<'_> {
    fn expect(&mut self, holds: bool, at: &str, rule: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(format!("{at}: {}", rule()));
        }
    }

    fn schema(&mut self, schema: &Value, value: &Value, at: &str) {
        let keywords = schema.as_object().unwrap_or_else(|| panic!("no schema: {schema}"));
        for (keyword, rule) in keywords {
            match keyword.as_str() {
                "$ref" => self.schema(resolve(self.document, rule), value, at),
                "type" => self.expect(is_of_type(rule, value), at, || format!("{value} is not of type {rule}")),
                "enum" => {
                    let is_listed = rule.as_array().unwrap().contains(value);
                    self.expect(is_listed, at, || format!("{value} is none of {rule}"));
                }
                "pattern" | "minLength" | "maxLength" => self.text(keyword, rule, value, at),
                "minimum" => self.number(value, at, |number| number >= rule.as_f64().unwrap()),
                "maximum" => self.number(value, at, |number| number <= rule.as_f64().unwrap()),
                "items" | "minItems" | "maxItems" | "uniqueItems" => self.array(keyword, rule, value, at),
                "properties" => self.properties(rule.as_object().unwrap(), value, at),
                "required" => self.required(rule, value, at),
                "additionalProperties" => {}
                "oneOf" => self.one_of(rule.as_array().unwrap(), value, at),
                other => assert!(ANNOTATIONS.contains(&other), "the validator does not know {other}"),
            }
        }
        self.closed(keywords, value, at);
    }

    fn text(&mut self, keyword: &str, rule: &Value, value: &Value, at: &str) {
        let Some(text) = value.as_str() else { return };
        let length = || u64::try_from(text.chars().count()).unwrap();
        let holds = match keyword {
            "pattern" => matches(rule.as_str().unwrap(), text),
            "minLength" => length() >= rule.as_u64().unwrap(),
            _ => length() <= rule.as_u64().unwrap(),
        };
        self.expect(holds, at, || format!("{value} breaks {keyword} {rule}"));
    }

    fn number(&mut self, value: &Value, at: &str, holds: impl Fn(f64) -> bool) {
        self.expect(value.as_f64().is_none_or(holds), at, || format!("{value} is out of range"));
    }

    fn array(&mut self, keyword: &str, rule: &Value, value: &Value, at: &str) {
        let Some(items) = value.as_array() else { return };
        let count = u64::try_from(items.len()).unwrap();
        match keyword {
            "items" => {
                for (index, item) in items.iter().enumerate() {
                    self.schema(rule, item, &format!("{at}[{index}]"));
                }
            }
            "uniqueItems" => {
                let repeated = items.iter().enumerate().find(|(at, item)| items[..*at].contains(item));
                self.expect(repeated.is_none() || rule == &Value::Bool(false), at, || "an item is repeated".to_owned());
            }
            "minItems" => self.expect(count >= rule.as_u64().unwrap(), at, || format!("{count} items are too few")),
            _ => self.expect(count <= rule.as_u64().unwrap(), at, || format!("{count} items are too many")),
        }
    }

    fn properties(&mut self, properties: &Map<String, Value>, value: &Value, at: &str) {
        let Some(object) = value.as_object() else { return };
        for (name, schema) in properties {
            if let Some(field) = object.get(name) {
                self.schema(schema, field, &format!("{at}.{name}"));
            }
        }
    }

    fn required(&mut self, rule: &Value, value: &Value, at: &str) {
        let Some(object) = value.as_object() else { return };
        for name in rule.as_array().unwrap() {
            self.expect(object.contains_key(name.as_str().unwrap()), at, || format!("{name} is missing"));
        }
    }

    fn one_of(&mut self, shapes: &[Value], value: &Value, at: &str) {
        let tried: Vec<Vec<String>> = shapes.iter().map(|shape| violations(self.document, shape, value)).collect();
        let fitting = tried.iter().filter(|wrong| wrong.is_empty()).count();
        self.expect(fitting == 1, at, || format!("{value} fits {fitting} of the shapes: {tried:?}"));
    }

    /// Refuses fields without a schema, unless the object says that it may have any.
    fn closed(&mut self, keywords: &Map<String, Value>, value: &Value, at: &str) {
        let is_object = keywords.get("type").is_some_and(|kind| is_of_type(kind, &Value::Object(Map::new())));
        let is_open = keywords.get("additionalProperties") == Some(&Value::Bool(true));
        let Some(object) = value.as_object().filter(|_| is_object && !is_open) else { return };
        for name in object.keys() {
            let is_known = keywords.get("properties").is_some_and(|known| known.get(name).is_some());
            self.expect(is_known, at, || format!("the field {name} is not described"));
        }
    }
}

/// The object that a reference within the document points at.
#[track_caller]
pub fn resolve<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let reference = reference.as_str().unwrap();
    let found = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
    found.unwrap_or_else(|| panic!("{reference} points at nothing"))
}

fn is_of_type(rule: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the validator does not know the type {other}"),
    };
    match rule {
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        let compile = || Regex::new(pattern).unwrap();
        compiled.entry(pattern.to_owned()).or_insert_with(compile).is_match(text)
    })
}
