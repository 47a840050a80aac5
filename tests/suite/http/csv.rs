//! Lists as CSV: the same pages as in JSON, for spreadsheets.

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, GOODS, OrderBody, TestApp};

/// The lists that are answered as CSV.
const LISTS: [&str; 6] =
    ["/admin/orders", "/admin/payments", "/admin/refunds", "/admin/goods", "/admin/users", "/admin/journal"];

async fn csv(app: &TestApp, path: &str, admin: &str) -> Answer {
    let answer = app.send(Method::GET, path, admin, &[("accept", "text/csv")], None).await.expect(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present", "{path}");
    answer
}

/// Header and rows.
fn table(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
    (header, rows.collect())
}

/// The cell of a value that no spreadsheet takes for a formula.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A shop with at least two entries in each list.
async fn shop(app: &TestApp) -> String {
    let (zs, admin) = (app.zs().await, app.admin().await);
    for key in ["one", "two", "three"] {
        let order_id = app.order(&zs, key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
        let pay_id = app.pay(&zs, key, &order_id).await.expect(201).text_of("pay_id");
        app.pay_at_platform(&pay_id, json!({})).await.expect(200);
        app.refund(&zs, key, &order_id).await.expect(202);
        app.settle().await;
        app.goods(5, "1.00").await;
    }
    admin
}

#[actix_web::test]
async fn each_list_has_the_same_items_as_csv_and_as_json() {
    let app = TestApp::start().await;
    let admin = shop(&app).await;
    for path in LISTS {
        let page = app.get(path, &admin).await.expect(200).body;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() >= 2, "{path}");
        let answer = csv(&app, path, &admin).await;
        let name = path.trim_start_matches("/admin/");
        assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{name}.csv\""));
        let (header, rows) = table(&answer.text);
        for (item, row) in items.iter().zip(&rows) {
            let expected: Vec<String> = header.iter().map(|column| cell(&item[column])).collect();
            assert_eq!(row, &expected, "{path}");
            let columns = |name: &&String| !header.contains(name);
            assert_eq!(item.as_object().unwrap().keys().find(columns), None, "{path}: a field without a column");
        }
        assert_eq!(rows.len(), items.len(), "{path}");
        assert!(answer.text.lines().count() > rows.len() && answer.text.contains("\r\n"), "{path}");
        let by_parameter = app.get(&format!("{path}?format=csv"), &admin).await.expect(200);
        assert_eq!(by_parameter.text, answer.text, "{path}");
        let json = app.send(Method::GET, &format!("{path}?format=json"), &admin, &[("accept", "text/csv")], None).await;
        assert_eq!((&json.body, json.header("link")), (&page, ""), "{path}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_link_of_a_page_leads_to_the_next_one_with_the_same_filters() {
    let app = TestApp::start().await;
    let admin = shop(&app).await;
    for path in LISTS {
        let (_, all) = table(&csv(&app, path, &admin).await.text);
        let mut next = format!("{path}?format=csv&limit=1");
        let mut rows = Vec::new();
        for _ in 0..100 {
            let page = app.get(&next, &admin).await.expect(200);
            rows.extend(table(&page.text).1);
            let link = page.header("link").to_owned();
            let Some(target) = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")) else {
                assert_eq!(link, "");
                break;
            };
            assert!(target.starts_with(path) && target.contains("limit=1"), "{target}");
            target.clone_into(&mut next);
        }
        assert_eq!(rows, all, "{path}");
    }
    let refunded = csv(&app, "/admin/orders?order_status=refunded&limit=1", &admin).await;
    assert!(refunded.header("link").contains("order_status=refunded"));
    let (header, none) = table(&csv(&app, "/admin/orders?consignee=none", &admin).await.text);
    assert!(header.starts_with(&["order_id".to_owned(), "user_id".to_owned()]) && none.is_empty());
    app.finish().await;
}

#[actix_web::test]
async fn texts_of_customers_are_no_formulas_in_the_spreadsheet_of_an_operator() {
    let app = TestApp::start().await;
    let (_, ann) = app.customer("ann", "0.00").await;
    let admin = app.admin().await;
    let goods_id = app.goods(5, "1.00").await;
    let formula = "=HYPERLINK(\"https://evil.example\",\"pay\")";
    for (key, text) in [("formula", formula), ("at", "@SUM(1)"), ("quoted", "a, \"b\"\n=1"), ("plain", "-1.00")] {
        let body = OrderBody::of(&goods_id, 1).with("address", json!(text));
        app.order(&ann, key, &body).await.expect(201);
    }
    let (header, rows) = table(&csv(&app, "/admin/orders", &admin).await.text);
    let column = header.iter().position(|name| name == "address").unwrap();
    let addresses: Vec<&str> = rows.iter().map(|row| row[column].as_str()).collect();
    assert_eq!(addresses, ["-1.00", "a, \"b\"\n=1", "'@SUM(1)", &format!("'{formula}")]);
    app.finish().await;
}

#[actix_web::test]
async fn a_wrong_parameter_of_a_list_as_csv_is_a_problem() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    for (path, field) in [
        ("/admin/orders?format=xml", "format"),
        ("/admin/orders?format=csv&format=csv", "format"),
        ("/admin/orders?format=csv&limit=0", "limit"),
        ("/admin/goods?format=csv&colour=red", "colour"),
        ("/admin/parked?format=csv", "format"),
    ] {
        let refused = app.get(path, &admin).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], field, "{path}");
    }
    let both = app.get("/admin/orders?format=xml&limit=0", &admin).await.expect_problem(422, "invalid_request");
    assert_eq!(both.body["errors"].as_array().unwrap().len(), 2);
    app.send(Method::GET, "/admin/orders", &zs, &[("accept", "text/csv")], None).await.expect_problem(403, "forbidden");
    let head = app.send(Method::HEAD, "/admin/orders?format=csv", &admin, &[], None).await.expect(200);
    assert!(head.header("content-type").starts_with("text/csv") && head.text.is_empty());
    app.finish().await;
}
