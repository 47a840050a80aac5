//! Alipay, through its API of signed forms (RSA2).
//!
//! The signature of a response or notification is verified over the bytes as received, with the keys and the algorithm
//! of the settings, before the content is parsed. Only signed content counts as a fact. After any other response, or
//! none, the outcome is unknown and the call is repeated with the same id.

pub mod account;
pub mod amount;
pub mod answer;
mod call;
mod check;
mod code;
pub mod content;
mod gateway;
pub mod keyring;
pub mod notify;
pub mod sign;
pub mod sn;
#[cfg(test)]
mod tests;
mod time;
pub mod trade;

use std::sync::Arc;

use super::{Gateway, Shop};
use crate::config;

pub use account::MerchantAccount;
pub use gateway::{AlipayGateway, Product};

/// Creates one gateway per [`Product`]; none if the settings name no account.
///
/// # Errors
/// The first invalid setting.
pub fn gateways(settings: &config::Alipay, shop: &Shop) -> Result<Vec<Arc<dyn Gateway>>, config::Error> {
    let Some(account) = MerchantAccount::new(settings, shop)?.map(Arc::new) else { return Ok(Vec::new()) };
    let gateway = |product| -> Arc<dyn Gateway> { Arc::new(AlipayGateway::new(product, account.clone())) };
    Ok([Product::Page, Product::Code].map(gateway).into())
}
