//! The statements of the platforms: how they are read, and their download.

use super::sandbox;
use crate::config::Settings;
use crate::domain::clock::Clock;
use crate::domain::provider::Provider;
use crate::gateway::statement::day::Day;
use crate::gateway::statement::funds::FundReader;
use crate::gateway::statement::{Bill, Reader, Source};
use crate::gateway::ticket::PayPages;
use crate::gateway::{Gateways, alipay, wechat};

/// The statements that cover the product `provider`; `None` if there is no such product.
#[must_use]
pub fn source(settings: &Settings, provider: &str) -> Option<Source> {
    let of = |names: &[&str], read: Reader, read_funds: Option<FundReader>| {
        let providers = names.iter().map(|name| Provider::from(*name)).collect();
        names.contains(&provider).then_some(Source { providers, read, read_funds })
    };
    of(&alipay::names(), alipay::bill::read, Some(alipay::funds::read))
        .or_else(|| of(&wechat::names(), wechat::bill::read, Some(wechat::funds::read)))
        .or_else(|| of(&[provider], sandbox::statement_reader(provider, settings)?, None))
}

/// Downloads the statement of a day.
///
/// # Errors
/// If the platform is not set up, or the reason for which there is no statement.
pub async fn download(
    settings: &Settings,
    provider: &str,
    bill: Bill,
    day: Day,
    clock: &Clock,
) -> anyhow::Result<Vec<u8>> {
    // Statements lead to no page, so that the secret of the pages does not matter.
    let pay_pages = PayPages::new(&[], None);
    let gateways = Gateways::new(super::platforms(settings, clock, pay_pages)?);
    let gateway = gateways
        .find(provider)
        .ok_or_else(|| anyhow::anyhow!("{provider}: not set up, so its statement cannot be downloaded"))?;
    let downloaded = gateway.download_statement(bill, day).await;
    downloaded.map_err(|why| anyhow::anyhow!("{provider}: no statement of {day}: {why}"))
}
