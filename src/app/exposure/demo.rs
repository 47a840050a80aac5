//! Goods, balances and payments without money in the stores of a production shop: with them, a customer who knows the demo
//! user's password buys for nothing, and an order that was paid at the sandbox platform is shipped.

use anyhow::Context;

use crate::actor::task::ask;
use crate::app::bootstrap::demo;
use crate::app::graph::Graph;
use crate::app::removed;
use crate::config::{Error, Profile, Settings};
use crate::pay::message::FindPlatforms;
use crate::{goods, user};

/// Refuses stores with demo data or payments of the sandbox platform in production, unless the settings accept them.
///
/// # Errors
/// The stores have such data, or an owner does not reply.
pub async fn expect_none(graph: &Graph, settings: &Settings) -> anyhow::Result<()> {
    if settings.profile != Profile::Production || settings.store.accept_demo_data {
        return Ok(());
    }
    let found = find(graph).await.context("cannot look for demo data")?;
    if found.is_empty() {
        return Ok(());
    }
    let problem =
        format!("has {}: start production with a new store, or set store.accept_demo_data to true", found.join(", "));
    Err(Error::new("store.url", problem).into())
}

/// The kinds of demo data in the stores.
async fn find(graph: &Graph) -> anyhow::Result<Vec<&'static str>> {
    let mut found = Vec::new();
    if !ask(&graph.owners.goods, goods::message::Find { goods: demo::goods() }).await?.is_empty() {
        found.push("the demo goods");
    }
    if ask(&graph.owners.user, user::message::Find { user_id: demo::USER }).await?.is_some() {
        found.push("the demo user");
    }
    let platforms = ask(&graph.owners.pay, FindPlatforms).await?;
    if platforms.iter().any(|name| removed::is_sandbox(name)) {
        found.push("payments of the sandbox platform");
    }
    Ok(found)
}
