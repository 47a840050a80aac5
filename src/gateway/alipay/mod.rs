//! Alipay, through its gateway of signed forms.
//!
//! What it says is verified over the bytes it sent, with the keys and the algorithm of the settings, before anything of
//! it is read; and it is a fact only where it is signed. Whatever else comes back, or nothing, leaves what happened
//! unknown, and the same number is asked for again.

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

/// The ways to pay here, where the settings name an account.
///
/// # Errors
/// The setting that cannot be used.
pub fn gateways(settings: &config::Alipay, shop: &Shop) -> Result<Vec<Arc<dyn Gateway>>, config::Error> {
    let Some(account) = MerchantAccount::new(settings, shop)?.map(Arc::new) else { return Ok(Vec::new()) };
    let gateway = |product| -> Arc<dyn Gateway> { Arc::new(AlipayGateway::new(product, account.clone())) };
    Ok([Product::Page, Product::Code].map(gateway).into())
}
