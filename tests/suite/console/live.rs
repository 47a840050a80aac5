//! The live parts: rendered while there are viewers, and only then.

use std::pin::Pin;
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use awc::error::PayloadError;
use futures_util::{Stream, StreamExt};
use serde_json::json;

use crate::support::{GOODS, OrderBody, TestApp};

/// A viewer of the live parts of a page.
struct Viewer {
    status: u16,
    content_type: String,
    frames: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>,
    text: String,
}

impl Viewer {
    async fn open(app: &TestApp, page: &str, language: &str) -> Self {
        let client = awc::Client::builder().timeout(Duration::from_secs(30)).finish();
        let cookie = format!("tradepost_console={}; lang={language}", app.admin().await);
        let request = client.get(format!("{}/console/live?page={page}", app.url())).insert_header(("cookie", cookie));
        let response = request.send().await.unwrap();
        let content_type = response.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
        let status = response.status().as_u16();
        Self { status, content_type, frames: Box::pin(response), text: String::new() }
    }

    /// Reads until `wanted` has come; returns all that came until then.
    async fn until(&mut self, wanted: &str) -> String {
        while !self.text.contains(wanted) {
            let next = tokio::time::timeout(Duration::from_secs(10), self.frames.next()).await;
            let bytes = next.unwrap_or_else(|_| panic!("no {wanted:?} in {}", self.text)).expect("the frames ended");
            self.text.push_str(str::from_utf8(&bytes.unwrap()).unwrap());
        }
        std::mem::take(&mut self.text)
    }
}

#[actix_web::test]
async fn a_page_receives_what_has_changed_in_its_language() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let (mut english, mut chinese) =
        (Viewer::open(&app, "overview", "en").await, Viewer::open(&app, "overview", "zh-CN").await);
    assert_eq!(english.content_type, "text/event-stream");
    assert!(english.until("#live-orders").await.contains("data: <hx-partial hx-target=\"#live-figures\""));
    assert!(chinese.until("#live-orders").await.contains("在途资金"));
    let order_id = app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    english.until(&order_id).await;
    chinese.until(&order_id).await;
    let mut actors = Viewer::open(&app, "actors", "en").await;
    actors.until("#live-actors").await;
    assert_eq!(Viewer::open(&app, "nothing", "en").await.status, 422);
    drop((english, chinese, actors));
    app.finish().await;
}

/// Number of tasks that Pay has done.
async fn work_of_pay(app: &TestApp) -> f64 {
    app.scrape().await.sum("tradepost_actor_tasks_total", &[("actor", "pay"), ("outcome", "processed")])
}

#[actix_web::test]
async fn nothing_is_read_without_viewers() {
    let app = TestApp::with(&[("RELAY__POLL", "1h")]).await;
    let during = async |seconds| {
        let before = work_of_pay(&app).await;
        actix_web::rt::time::sleep(Duration::from_secs(seconds)).await;
        work_of_pay(&app).await - before
    };
    let of_a_scrape = during(0).await;
    assert_eq!(during(2).await, of_a_scrape);
    let mut viewer = Viewer::open(&app, "overview", "en").await;
    viewer.until("#live-orders").await;
    assert!(during(3).await > of_a_scrape + 4.0, "the figures are read");
    drop(viewer);
    // The end of the connection is noticed at the next frames.
    actix_web::rt::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(during(2).await, of_a_scrape);
    app.finish().await;
}

#[actix_web::test]
async fn viewers_are_limited_and_hold_up_no_stop() {
    let mut app = TestApp::start().await;
    let mut viewers = Vec::new();
    for _ in 0..32 {
        viewers.push(Viewer::open(&app, "overview", "en").await);
    }
    assert!(viewers.iter().all(|viewer| viewer.status == 200));
    assert_eq!(Viewer::open(&app, "overview", "en").await.status, 503);
    let begun = Instant::now();
    app.restart().await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(viewers);
    app.post("/v1/sessions", "", json!({"user_name": "zs", "user_password": "a wrong one"})).await.expect(401);
    app.finish().await;
}
