//! Alipay, through its API of signed forms (RSA2).
//!
//! The signature of a response or notification is verified over the bytes as received, with the keys and the algorithm
//! of the settings, before the content is parsed. Only signed content counts as a fact. After any other response, or
//! none, the outcome is unknown and the call is repeated with the same id.

pub mod account;
pub mod amount;
pub mod answer;
pub mod bill;
mod call;
mod check;
mod code;
pub mod content;
pub mod funds;
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

const PRODUCTS: [Product; 2] = [Product::Page, Product::Code];

pub use account::MerchantAccount;
pub use gateway::{AlipayGateway, Product};

/// The names of all products, whether or not the settings name an account.
#[must_use]
pub fn names() -> [&'static str; 2] {
    PRODUCTS.map(Product::name)
}

/// Creates one gateway per [`Product`]; none if the settings name no account.
///
/// # Errors
/// The first invalid setting.
pub fn gateways(settings: &config::Alipay, shop: &Shop) -> Result<Vec<Arc<dyn Gateway>>, config::Error> {
    let Some(account) = MerchantAccount::new(settings, shop)?.map(Arc::new) else { return Ok(Vec::new()) };
    let gateway = |product| -> Arc<dyn Gateway> { Arc::new(AlipayGateway::new(product, account.clone())) };
    Ok(PRODUCTS.map(gateway).into())
}
