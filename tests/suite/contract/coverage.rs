//! The check that a script has called every route.

use std::collections::BTreeMap;

use crate::http::access::ROUTES;

/// The sandbox platform's routes, which no customer calls.
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

/// Every route was called: one time with success and one time with an error, where it can be refused at all.
#[track_caller]
pub fn assert_complete(called: &[(String, String, u16)]) {
    let routes = ROUTES.iter().map(|(method, path, _)| (*method, *path)).chain(SANDBOX);
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
    let never_refused = ["/healthz", "/readyz", "/pay/page.js"];
    let missing: Vec<_> = answers
        .iter()
        .filter(|((_, path), [good, bad])| *good == 0 || (*bad == 0 && !never_refused.contains(path)))
        .collect();
    assert!(missing.is_empty(), "routes the script does not call with success and with an error: {missing:?}");
}

/// A path fits a pattern; a `1` in the pattern fits every id and every number.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(one, other)| one == other || *one == "1")
}

#[test]
fn a_path_is_matched_part_by_part() {
    assert!(matches("/v1/orders/1/events", "/v1/orders/77/events") && matches("/pay/page.js", "/pay/page.js"));
    assert!(!matches("/v1/orders/1", "/v1/orders") && !matches("/v1/users/me", "/v1/users/you"));
}
