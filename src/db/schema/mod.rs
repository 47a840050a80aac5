//! The tables of all owners, as the migrations create them (`tests/suite/database/schema.rs` compares the two): one file per
//! store, and one for the tables that several stores have.
#![expect(missing_docs, reason = "the migrations document the columns")]

mod coupon_store;
mod goods_store;
mod order_store;
mod pay_store;
mod sandbox_store;
mod shared;
mod user_store;

pub use coupon_store::{coupon, coupon_log};
pub use goods_store::{goods, goods_adjustment, goods_number_log, goods_number_part};
pub use order_store::{node, order_account, order_act, order_goods, order_refund, order_refund_goods, orders};
pub use pay_store::{pay, pay_act, pay_ask, pay_log, pay_notice, pay_open, pay_parked, pay_refund, pay_request};
pub use sandbox_store::{sandbox_delivery, sandbox_refund, sandbox_trade};
pub use shared::{admin_act, ledger_link, ledger_record, mq_consumer, mq_producer, store_meta};
pub use user_store::{
    api_key, ended_session, recovery_code, second_factor, sign_in, user_adjustment, user_money_log, user_reference,
    user_score_log, user_score_part, users, webhook, webhook_attempt, webhook_delivery,
};
