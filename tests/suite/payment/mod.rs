//! Payments on any platform: start, sync, unexpected money and reconciliation. `standin` tests what the
//! stand-ins for Alipay and WeChat Pay have in common.

mod bound;
mod commit;
mod foreign_refund;
mod front;
mod given_up;
mod lost_notices;
mod parked;
mod paying;
mod platform;
mod reconciliation;
mod standin;
mod start;
mod sync;
mod turn;
mod unexpected_money;
mod watch;
