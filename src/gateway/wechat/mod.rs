//! WeChat Pay.

use std::sync::Arc;

use super::{Gateway, Shop};
use crate::config;

/// The ways to pay here, where the settings name an account.
///
/// # Errors
/// The setting that cannot be used.
pub fn gateways(_: &config::Wechat, _: &Shop) -> Result<Vec<Arc<dyn Gateway>>, config::Error> {
    Ok(Vec::new())
}
