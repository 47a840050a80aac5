//! A path has one spelling, so that a rule of a proxy about a path holds for it.

use awc::http::Method;

use crate::http::access::ROUTES;
use crate::support::TestApp;

/// The path with the letter at `at` percent-encoded.
fn encoded(path: &str, at: usize, is_upper: bool) -> String {
    let code = u32::from(path[at..].chars().next().unwrap());
    let digits = if is_upper { format!("%{code:02X}") } else { format!("%{code:02x}") };
    format!("{}{digits}{}", &path[..at], &path[at + 1..])
}

/// Review M6.
#[actix_web::test]
async fn a_path_with_an_encoded_letter_is_no_path_of_any_route() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let before = app.rows();
    for (method, path, _) in ROUTES {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for (at, is_upper) in [(1, true), (path.len() - 1, false)] {
            let second = encoded(path, at, is_upper);
            let answer = app.send(method.clone(), &second, &admin, &[], None).await;
            let answer = answer.expect_problem(404, "not_found");
            assert_eq!(answer.body["instance"], answer.header("x-request-id"), "{second}");
        }
    }
    for second in
        ["/%61dmin/status", "/%2e/admin/status", "/admin/%2E%2E/admin/status", "/admi%6E/status", "/%63onsole"]
    {
        app.send(Method::GET, second, &admin, &[], None).await.expect_problem(404, "not_found");
    }
    // What needs its encoding is left to the routes, which are none of these.
    for other in
        ["//admin/status", "/admin//status", "/./admin/status", "/admin/status/", "/admin%2Fstatus", "/ADMIN/status"]
    {
        app.send(Method::GET, other, &admin, &[], None).await.expect_problem(404, "not_found");
    }
    app.get("/admin/status", &admin).await.expect(200);
    assert_eq!(app.rows(), before);
    app.finish().await;
}
