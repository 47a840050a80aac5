//! WeChat Pay, API v3: customers scan a QR code (`wechat`), pay on a page inside WeChat (`wechat_jsapi`), or come from
//! a browser on the same telephone (`wechat_h5`).
//!
//! Messages are signed in both directions over the bytes as sent. The content of a notification is also encrypted.
//! Amounts are integers of fen, as in the shop.

pub mod account;
pub mod aead;
pub mod answer;
pub mod bill;
mod call;
mod certificates;
mod download;
pub mod funds;
pub mod gateway;
pub mod keys;
mod notify;
pub mod refund;
mod request;
mod schedule;
mod setting;
pub mod sign;
#[cfg(test)]
mod tests;
pub mod trade;
mod transport;

use std::sync::Arc;

use super::{Gateway, Shop};
use crate::config;
use account::MerchantAccount;
use gateway::{TradeType, WechatGateway};

const TRADE_TYPES: [TradeType; 3] = [TradeType::Native, TradeType::Jsapi, TradeType::H5];

/// The names of all trade types, whether or not the settings name an account.
#[must_use]
pub fn names() -> [&'static str; 3] {
    TRADE_TYPES.map(TradeType::name)
}

/// Creates one gateway per [`TradeType`], of H5 only if the settings say so; none if the settings name no account.
///
/// # Errors
/// The first invalid setting.
pub fn gateways(settings: &config::Wechat, shop: &Shop) -> Result<Vec<Arc<dyn Gateway>>, config::Error> {
    let Some(account) = MerchantAccount::open(settings, shop)? else { return Ok(Vec::new()) };
    let account = Arc::new(account);
    let gateway = |trade_type| -> Arc<dyn Gateway> { Arc::new(WechatGateway::new(trade_type, Arc::clone(&account))) };
    let is_offered = |trade_type: &TradeType| *trade_type != TradeType::H5 || settings.h5_type.get().is_some();
    Ok(TRADE_TYPES.into_iter().filter(is_offered).map(gateway).collect())
}
