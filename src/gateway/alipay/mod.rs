//! Alipay, through its gateway of signed forms.
//!
//! What it says is verified over the bytes it sent, with the keys and the algorithm of the settings, before anything of
//! it is read; and it is a fact only where it is signed. Whatever else comes back, or nothing, leaves what happened
//! unknown, and the same number is asked for again.

pub mod amount;
pub mod answer;
mod code;
pub mod content;
pub mod keyring;
pub mod sign;
pub mod sn;
mod time;
mod trade;

use std::sync::Arc;

use super::{Gateway, Shop};
use crate::config;

/// The ways to pay here, where the settings name an account.
///
/// # Errors
/// The setting that cannot be used.
pub fn gateways(_: &config::Alipay, _: &Shop) -> Result<Vec<Arc<dyn Gateway>>, config::Error> {
    Ok(Vec::new())
}
