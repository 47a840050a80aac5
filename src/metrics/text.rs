//! The figures as OpenMetrics text. Labels carry names of this program and of payment products, never data of a user.

mod families;
mod payment;
mod webhook;
mod writer;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::figures::Figures;
use writer::Writer;

/// The content type of the text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The beginning of every name.
const PREFIX: &str = "tradepost";

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let mut writer = Writer::new(encoder);
        families::service(self, &mut writer)?;
        families::actors(self, &mut writer)?;
        families::stores(self, &mut writer)?;
        families::orders(self, &mut writer)?;
        families::messages(self, &mut writer)?;
        webhook::webhooks(self, &mut writer)?;
        payment::payments(self, &mut writer)?;
        payment::platforms(self, &mut writer)?;
        families::http(self, &mut writer)?;
        families::audit(self, &mut writer)
    }
}

/// Writes `figures`.
///
/// # Errors
/// Never in practice: writing to a string does not fail.
pub fn write(figures: Figures) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(figures));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}
