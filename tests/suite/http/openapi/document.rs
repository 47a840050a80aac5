//! The document is whole: it has every route, and everything that it names is in it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tradepost::http::problem::Code;

use crate::http::access::declared_routes;
use crate::support::document::DOCUMENT;
use crate::support::schema::{resolve, violations};

/// Answers that belong to no route: the method is of none, or the request could not be read so far.
const OF_NO_ROUTE: [Code; 2] = [Code::MethodNotAllowed, Code::HeadTooLarge];

/// The routes of the sandbox, as `src/sandbox/http/mod.rs` registers them.
fn sandbox_routes() -> BTreeSet<(String, String)> {
    let text = include_str!("../../../../src/sandbox/http/mod.rs");
    let routes = text.split("resource(\"").skip(1).map(|rest| {
        let (path, rest) = rest.split_once('"').unwrap();
        let method = rest.split_once(".route(").unwrap().1.split('(').next().unwrap();
        (method.to_uppercase(), format!("/sandbox{path}"))
    });
    routes.collect()
}

/// The operations of the document: method, path and operation.
fn operations() -> impl Iterator<Item = (String, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| (method.to_uppercase(), path.as_str(), operation))
    })
}

/// Calls `visit` with every object in a part of the document.
fn each_object(part: &Value, visit: &mut impl FnMut(&Map<String, Value>)) {
    match part {
        Value::Object(object) => {
            visit(object);
            object.values().for_each(|inner| each_object(inner, visit));
        }
        Value::Array(items) => items.iter().for_each(|inner| each_object(inner, visit)),
        _ => {}
    }
}

/// The names between braces.
fn names_in(path: &str) -> BTreeSet<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

#[test]
fn the_routes_of_the_document_are_those_of_the_servers() {
    let of_document: BTreeSet<_> = operations().map(|(method, path, _)| (method, path.to_owned())).collect();
    let of_servers: BTreeSet<_> = declared_routes().union(&sandbox_routes()).cloned().collect();
    assert_eq!(of_document, of_servers, "left: the document, right: the servers");
}

#[test]
fn every_operation_is_described_and_has_a_name_of_its_own() {
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
    let tags: BTreeSet<&str> =
        DOCUMENT["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} is used twice");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.ends_with('.')), "{method} {path}");
        let used = operation["tags"].as_array().unwrap();
        assert!(used.iter().all(|tag| tags.contains(tag.as_str().unwrap())), "{method} {path}: {used:?}");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let in_path = parameters.iter().filter(|known| known["in"] == "path");
        let in_path: BTreeSet<&str> = in_path.map(|known| known["name"].as_str().unwrap()).collect();
        assert_eq!(in_path, names_in(path), "{method} {path}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert_ne!(response["description"].as_str().unwrap_or_default(), "", "{method} {path} {status}");
        }
        let is_good = |status: &String| status.starts_with('2') || status.starts_with('3');
        assert!(operation["responses"].as_object().unwrap().keys().any(is_good), "{method} {path}");
    }
}

#[test]
fn everything_that_the_document_names_is_in_it_and_used() {
    let mut used = BTreeSet::new();
    each_object(&DOCUMENT, &mut |object| {
        if let Some(reference) = object.get("$ref") {
            resolve(&DOCUMENT, reference);
            used.insert(reference.as_str().unwrap().to_owned());
        }
    });
    let required = operations().filter_map(|(_, _, operation)| operation["security"].as_array());
    for scheme in required.flatten().flat_map(|scheme| scheme.as_object().unwrap().keys()) {
        assert!(DOCUMENT["components"]["securitySchemes"].get(scheme).is_some(), "{scheme}");
    }
    for kind in ["schemas", "headers", "examples"] {
        for name in DOCUMENT["components"][kind].as_object().unwrap().keys() {
            let is_of_no_route = OF_NO_ROUTE.iter().any(|code| name == code.name());
            assert!(
                is_of_no_route || used.contains(&format!("#/components/{kind}/{name}")),
                "{kind}: {name} is unused"
            );
        }
    }
}

#[test]
fn every_schema_has_an_example_that_it_allows() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        let examples = schema["examples"].as_array().cloned().unwrap_or_default();
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            assert_eq!(violations(&DOCUMENT, schema, &example), Vec::<String>::new(), "{name}: {example}");
        }
    }
    let problem = json!({"$ref": "#/components/schemas/Problem"});
    for (name, example) in DOCUMENT["components"]["examples"].as_object().unwrap() {
        assert_eq!(violations(&DOCUMENT, &problem, &example["value"]), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn parts_of_unions_and_shared_enumerations_have_names() {
    let mut unnamed = Vec::new();
    let mut enumerations: Vec<Value> = Vec::new();
    each_object(&DOCUMENT, &mut |object| {
        let parts = object.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        unnamed.extend(parts.filter(|part| ["properties", "enum"].iter().any(|key| part.get(key).is_some())).cloned());
        // One word alone is a constant.
        let words = object.get("enum").filter(|words| words.as_array().is_some_and(|words| words.len() > 1));
        enumerations.extend(words.cloned());
    });
    assert!(unnamed.is_empty(), "a part of a union is a component: {unnamed:?}");
    let mut seen = BTreeSet::new();
    let twice = enumerations.iter().find(|words| !seen.insert(words.to_string()));
    assert_eq!(twice, None, "an enumeration that is used twice has a name in word.rs");
}

#[test]
fn every_code_of_a_problem_is_an_answer_of_some_route() {
    let mut named = BTreeSet::new();
    for (_, _, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let codes = response["content"]["application/problem+json"]["examples"].as_object();
            for code in codes.into_iter().flat_map(Map::keys) {
                let known = Code::ALL.iter().find(|known| code == known.name()).unwrap();
                assert_eq!(known.status().as_str(), status, "{code}");
                named.insert(known.name());
            }
        }
    }
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    let of_no_route: BTreeSet<&str> = OF_NO_ROUTE.iter().map(|code| code.name()).collect();
    assert_eq!(all.difference(&named).copied().collect::<BTreeSet<_>>(), of_no_route);
}

#[test]
fn a_schema_refuses_unknown_fields_wrong_values_and_missing_ones() {
    let goods = json!({"$ref": "#/components/schemas/Goods"});
    let good = DOCUMENT["components"]["schemas"]["Goods"]["examples"][0].clone();
    let wrong = |field: &str, value: Value| {
        let mut goods_value = good.clone();
        goods_value[field] = value;
        violations(&DOCUMENT, &goods, &goods_value)
    };
    assert!(wrong("goods_name", json!("x")).is_empty());
    for (field, value, part) in [
        ("colour", json!("red"), "the field colour is not described"),
        ("goods_number", json!("1"), "is not of type"),
        ("goods_number", json!(-1), "is out of range"),
        ("goods_id", json!("01"), "breaks pattern"),
        ("goods_price", json!("1"), "breaks pattern"),
    ] {
        assert!(wrong(field, value).iter().any(|wrong| wrong.contains(part)), "{field}: {part}");
    }
    let missing = violations(&DOCUMENT, &goods, &json!({}));
    assert_eq!(missing.len(), good.as_object().unwrap().len(), "{missing:?}");
    let checkout = json!({"$ref": "#/components/schemas/Checkout"});
    assert!(!violations(&DOCUMENT, &checkout, &json!({"kind": "jsapi", "url": "x"})).is_empty());
}
