//! `tradepost import goods` against a running server.

use std::fmt::Write as _;

use awc::http::Method;
use serde_json::{Value, json};
use tradepost::cli::import::{self, Options, Report, Server};
use tradepost::config::credentials::Credentials;

use crate::support::{ADMIN_PASSWORD, DEMO_PASSWORD, GOODS, OrderBody, TestApp};

fn server(app: &TestApp) -> Server {
    Server { sessions: app.url(), admin: format!("{}/", app.url()), certificate: None }
}

fn password(user: &str, password: &str) -> Credentials {
    Credentials::Password { user: user.to_owned(), password: password.to_owned().into() }
}

async fn try_import(app: &TestApp, text: &str, options: Options) -> anyhow::Result<Report> {
    import::import(&server(app), &password("admin", ADMIN_PASSWORD), text.as_bytes(), options).await
}

async fn import(app: &TestApp, text: &str) -> Report {
    try_import(app, text, Options::default()).await.unwrap()
}

/// Created, changed, adjusted and unchanged.
fn counts(report: &Report) -> (usize, usize, usize, usize) {
    (report.created, report.changed, report.adjusted, report.unchanged)
}

fn wrong(report: &Report) -> Vec<u64> {
    report.wrong.iter().map(|row| row.line).collect()
}

async fn goods(app: &TestApp) -> Vec<Value> {
    let admin = app.admin().await;
    let page = app.get("/admin/goods?limit=100", &admin).await.expect(200).body;
    page["items"].as_array().unwrap().clone()
}

async fn named(app: &TestApp, name: &str) -> Value {
    let found: Vec<Value> = goods(app).await.into_iter().filter(|goods| goods["goods_name"] == name).collect();
    assert_eq!(found.len(), 1, "{name}");
    found[0].clone()
}

#[actix_web::test]
async fn goods_of_a_file_are_created_and_changed_and_a_repeated_import_changes_nothing() {
    let mut app = TestApp::start().await;
    let text = format!(
        "\u{feff}goods_id,goods_name,goods_number,goods_price,goods_desc,on_sale\r\n\
         ,Tea,50,40.00,\"green, \"\"loose\"\"\",\r\n\
         ,Cup,5,3.5,,FALSE\r\n\
         {GOODS},,,900.00,,\r\n"
    );
    let first = import(&app, &text).await;
    assert_eq!((counts(&first), wrong(&first)), ((2, 1, 0, 0), vec![]));
    let tea = named(&app, "Tea").await;
    assert_eq!((&tea["goods_number"], &tea["goods_desc"]), (&json!(50), &json!("green, \"loose\"")));
    assert_eq!(named(&app, "Cup").await["on_sale"], false);
    assert_eq!(app.get(&format!("/v1/goods/{GOODS}"), "").await.expect(200).body["goods_price"], "900.00");
    // Orders change the stock, which the file does not set again.
    let (_, ann) = app.customer("ann", "0.00").await;
    app.order(&ann, "tea", &OrderBody::of(tea["goods_id"].as_str().unwrap(), 8)).await.expect(201);
    let before = (goods(&app).await, app.number("goods", "SELECT count(*) AS n FROM admin_act"));
    for _ in 0..2 {
        assert_eq!(counts(&import(&app, &text).await), (0, 0, 0, 3));
        app.restart().await;
    }
    assert_eq!((goods(&app).await, app.number("goods", "SELECT count(*) AS n FROM admin_act")), before);
    let price = import(&app, &text.replace("40.00", "41.00")).await;
    assert_eq!(counts(&price), (0, 1, 0, 2));
    assert_eq!(named(&app, "Tea").await["goods_price"], "41.00");
    app.finish().await;
}

#[actix_web::test]
async fn goods_that_were_renamed_since_are_not_created_again_by_the_same_file() {
    let app = TestApp::start().await;
    let text = "goods_name,goods_number,goods_price\nTea,50,40.00\n";
    assert_eq!(counts(&import(&app, text).await), (1, 0, 0, 0));
    let tea = named(&app, "Tea").await;
    let path = format!("/admin/goods/{}", tea["goods_id"].as_str().unwrap());
    let admin = app.admin().await;
    app.send(Method::PATCH, &path, &admin, &[], Some(&json!({"goods_name": "Green tea"}))).await.expect(200);
    assert_eq!(counts(&import(&app, text).await), (0, 0, 0, 1));
    named(&app, "Green tea").await;
    app.finish().await;
}

#[actix_web::test]
async fn a_wrong_row_keeps_the_file_out_unless_it_is_skipped() {
    let app = TestApp::start().await;
    let before = goods(&app).await;
    let text = "goods_id,goods_name,goods_number,goods_price\n\
                ,Tea,50,40.00\n\
                ,Cup,many,3.50\n\
                1,,,5.00\n\
                ,Pot,5,1.00\n";
    let refused = import(&app, text).await;
    assert_eq!((counts(&refused), wrong(&refused)), ((0, 0, 0, 0), vec![3, 4]));
    assert!(refused.wrong[0].detail.contains("goods_number \"many\" must be an integer"), "{refused:?}");
    assert!(refused.wrong[1].detail.contains("leave the cell empty to create goods"), "{refused:?}");
    assert_eq!(goods(&app).await, before);
    let skipping = Options { skip_wrong: true, ..Options::default() };
    let planned = try_import(&app, text, Options { dry_run: true, ..skipping }).await.unwrap();
    assert_eq!((counts(&planned), wrong(&planned)), ((2, 0, 0, 0), vec![3, 4]));
    assert_eq!(goods(&app).await, before, "a dry run writes nothing");
    let skipped = try_import(&app, text, skipping).await.unwrap();
    assert_eq!(skipped, planned);
    assert_eq!(goods(&app).await.len(), before.len() + 2);
    app.finish().await;
}

#[actix_web::test]
async fn a_delivery_is_added_to_the_stock_once() {
    let app = TestApp::start().await;
    let before = app.stock(GOODS).await;
    let text = format!(
        "goods_id,goods_name,goods_number,goods_price,stock_delta,stock_reason\n\
         {GOODS},,,,-3,count of Friday\n\
         ,Tea,50,40.00,10,delivery 4711\n"
    );
    assert_eq!(counts(&import(&app, &text).await), (1, 0, 2, 0));
    assert_eq!((app.stock(GOODS).await, named(&app, "Tea").await["goods_number"].clone()), (before - 3, json!(60)));
    assert_eq!(counts(&import(&app, &text).await), (0, 0, 0, 2));
    let other = import(&app, &text.replace("10,delivery 4711", "11,delivery 4711")).await;
    assert_eq!((counts(&other), wrong(&other)), ((0, 0, 0, 1), vec![3]));
    assert!(other.wrong[0].detail.contains("each delivery needs a stock_reason of its own"), "{other:?}");
    let next = import(&app, &text.replace("delivery 4711", "delivery 4712")).await;
    assert_eq!(counts(&next), (0, 0, 1, 1));
    assert_eq!((app.stock(GOODS).await, named(&app, "Tea").await["goods_number"].clone()), (before - 3, json!(70)));
    let admin = app.admin().await;
    let journal = app.get("/admin/journal?limit=1", &admin).await.expect(200).body;
    assert_eq!(journal["items"][0]["detail"], "delivery 4712");
    let too_many = import(&app, &format!("goods_id,stock_delta,stock_reason\n{GOODS},-1000000,too many\n")).await;
    assert!(too_many.wrong[0].detail.contains("must leave 0 to 1000000000"), "{too_many:?}");
    app.finish().await;
}

#[actix_web::test]
async fn the_csv_of_all_goods_can_be_imported_again_and_changes_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let odd = json!({"goods_name": "=1+1", "goods_number": 3, "goods_price": "1.00",
        "goods_desc": "two\n\"lines\", and more", "on_sale": false});
    app.post("/admin/goods", &admin, odd).await.expect(201);
    let exported = app.get("/admin/goods?format=csv&limit=100", &admin).await.expect(200).text;
    let number = goods(&app).await.len();
    assert_eq!(counts(&import(&app, &exported).await), (0, 0, 0, number));
    let dearer = import(&app, &exported.replace(",1.00,", ",2.00,")).await;
    assert_eq!(counts(&dearer), (0, 1, 0, number - 1));
    assert_eq!(named(&app, "=1+1").await["goods_price"], "2.00");
    app.finish().await;
}

#[actix_web::test]
async fn a_large_file_is_imported_once_by_imports_at_the_same_time() {
    let app = TestApp::start().await;
    let before = goods(&app).await.len();
    let mut text = "goods_name,goods_number,goods_price\n".to_owned();
    for number in 0..70 {
        writeln!(text, "goods {number},{number},1.00").unwrap();
    }
    let (one, other) = futures_util::future::join(import(&app, &text), import(&app, &text)).await;
    assert_eq!((one.created + other.created, one.unchanged + other.unchanged), (70, 70));
    assert_eq!(goods(&app).await.len(), before + 70);
    app.finish().await;
}

#[actix_web::test]
async fn an_import_without_an_administrator_or_a_server_fails_and_says_why() {
    let app = TestApp::start().await;
    let text = b"goods_name,goods_number,goods_price\nTea,50,40.00\n";
    let token = Credentials::Token(app.admin().await.into());
    for (credentials, part) in [
        (password("zs", DEMO_PASSWORD), "needs the token or the password of an administrator"),
        (password("admin", "wrong password"), "refuses admin"),
        (Credentials::Token("expired".to_owned().into()), "needs the token"),
    ] {
        let error = import::import(&server(&app), &credentials, text, Options::default()).await.unwrap_err();
        assert!(format!("{error:#}").contains(part), "{error:#}");
    }
    let address = "http://127.0.0.1:1".to_owned();
    let nowhere = Server { sessions: address.clone(), admin: address, certificate: None };
    let error = import::import(&nowhere, &token, text, Options::default()).await.unwrap_err();
    assert!(format!("{error:#}").contains("http://127.0.0.1:1/admin/goods"), "{error:#}");
    let report = import::import(&server(&app), &token, text, Options::default()).await.unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0));
    app.finish().await;
}
