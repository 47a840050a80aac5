//! WeChat Pay, API v3: customers scan a QR code (`wechat`) or pay on a page inside WeChat (`wechat_jsapi`).
//!
//! Messages are signed in both directions over the bytes as sent. The content of a notification is also encrypted.
//! Amounts are integers of fen, as in the shop.

pub mod account;
pub mod aead;
pub mod answer;
mod call;
pub mod gateway;
pub mod keys;
mod notify;
pub mod refund;
mod request;
mod setting;
pub mod sign;
#[cfg(test)]
mod tests;
pub mod trade;

use std::sync::Arc;

use super::{Gateway, Shop};
use crate::config;
use account::MerchantAccount;
use gateway::{TradeType, WechatGateway};

const TRADE_TYPES: [TradeType; 2] = [TradeType::Native, TradeType::Jsapi];

/// Creates one gateway per [`TradeType`]; none if the settings name no account.
///
/// # Errors
/// The first invalid setting.
pub fn gateways(settings: &config::Wechat, shop: &Shop) -> Result<Vec<Arc<dyn Gateway>>, config::Error> {
    let Some(account) = MerchantAccount::open(settings, shop)? else { return Ok(Vec::new()) };
    let account = Arc::new(account);
    let gateway = |trade_type| -> Arc<dyn Gateway> { Arc::new(WechatGateway::new(trade_type, Arc::clone(&account))) };
    Ok(TRADE_TYPES.map(gateway).into())
}
