//! A shop that was tried with the sandbox platform does not become a shop for customers by itself.

use std::time::Duration;

use serde_json::json;
use tradepost::actor::Faults;
use tradepost::app::App;
use tradepost::config;
use tradepost::domain::clock::Clock;

use crate::support::{Production, TestApp};

#[actix_web::test]
async fn production_refuses_a_store_with_payments_of_the_sandbox_platform() {
    let mut app = TestApp::start().await;
    let (_, _, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.settle().await;
    app.stop(Duration::from_secs(5)).await;
    let production = Production::new();
    let mut settings = production.settings();
    settings.push(("HTTP__LISTEN", "127.0.0.1:0".to_owned()));
    settings.push(("STORE__URL", app.store_url()));
    settings.push(("SECRETS__FOLDER", app.place().folder().display().to_string()));
    let variables = settings.into_iter().map(|(name, value)| (format!("TRADEPOST__{name}"), value));
    let settings = config::read("", variables.collect()).unwrap();
    let refused = App::start(settings, Clock::default(), Faults::default()).await.err().expect("it has started");
    assert_eq!(
        refused.to_string(),
        "setting store.url: has the demo goods, the demo user, payments of the sandbox platform: start production with a \
         new store, or set store.accept_demo_data to true"
    );
    app.finish_broken().await;
}
