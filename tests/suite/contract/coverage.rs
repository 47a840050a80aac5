//! The check that a script calls every route.

use std::collections::BTreeMap;

use crate::http::access::ROUTES;

/// The routes of the sandbox platform, which customers do not call.
const SANDBOX: [(&str, &str); 9] = [
    ("GET", "/sandbox/checkout/1"),
    ("POST", "/sandbox/checkout/1/pay"),
    ("POST", "/sandbox/checkout/1/decline"),
    ("GET", "/sandbox/trades/1"),
    ("POST", "/sandbox/trades/1/pay"),
    ("POST", "/sandbox/trades/1/decline"),
    ("POST", "/sandbox/trades/1/close"),
    ("POST", "/sandbox/trades/1/refund"),
    ("GET", "/sandbox/statement"),
];

/// Checks that every route was called, with success and with an error. Routes that cannot fail need no error.
#[track_caller]
pub fn assert_complete(called: &[(String, String, u16)]) {
    // The figures of /metrics differ between runs; `metrics::` tests them.
    let recorded = ROUTES.iter().filter(|(_, path, _)| *path != "/metrics");
    let routes = recorded.map(|(method, path, _)| (*method, *path)).chain(SANDBOX);
    let mut answers: BTreeMap<(&str, &str), [usize; 2]> = routes.map(|route| (route, [0; 2])).collect();
    for (method, path, status) in called {
        let path = path.split('?').next().unwrap_or(path);
        let found = answers
            .keys()
            .filter(|(other, pattern)| other == method && matches(pattern, path))
            .max_by_key(|(_, pattern)| *pattern == path)
            .copied();
        if let Some(counts) = found.and_then(|route| answers.get_mut(&route)) {
            counts[usize::from(*status >= 400)] += 1;
        }
    }
    let never_refused =
        ["/healthz", "/readyz", "/openapi.json", "/docs", "/asyncapi.json", "/pay/page.js", "/v1/payment-methods"];
    let missing: Vec<_> = answers
        .iter()
        .filter(|((_, path), [successes, errors])| *successes == 0 || (*errors == 0 && !never_refused.contains(path)))
        .collect();
    assert!(missing.is_empty(), "routes the script does not call with success and with an error: {missing:?}");
}

/// Whether a path matches a pattern. A `1` in the pattern matches every id and every number.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(part, other)| part == other || *part == "1")
}

#[test]
fn a_path_is_matched_part_by_part() {
    assert!(matches("/v1/orders/1/events", "/v1/orders/77/events") && matches("/pay/page.js", "/pay/page.js"));
    assert!(!matches("/v1/orders/1", "/v1/orders") && !matches("/v1/users/me", "/v1/users/you"));
}
