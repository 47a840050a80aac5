//! Payments on any platform: start, sync, unexpected money and reconciliation. `standin` tests what the
//! stand-ins for Alipay and WeChat Pay have in common.

mod commit;
mod platform;
mod reconciliation;
mod standin;
mod start;
mod sync;
mod unexpected_money;
