//! The specification: the real application over HTTP, each test with its own data folder.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets something unexpected is to fail"
)]

#[path = "../platform/mod.rs"]
mod platform;
#[path = "../server/mod.rs"]
mod server;
mod support;

mod access;
mod actix_facts;
mod alipay_answers;
mod alipay_desk;
mod alipay_faults;
mod alipay_forgeries;
mod alipay_keys;
mod alipay_life;
mod alipay_refunds;
mod asking;
mod audit;
#[cfg(feature = "sqlite")]
mod backup;
mod bad_input;
mod batches;
#[cfg(feature = "sqlite")]
mod canary;
mod catalog;
mod contract;
#[cfg(feature = "sqlite")]
mod database;
mod error_classes;
mod error_locks;
mod error_servers;
mod golden;
mod group_commit;
mod lists;
mod long_log;
mod message_rules;
mod migrating;
mod mixed_engines;
mod model;
mod money_wrong;
mod order_arrivals;
mod order_cancel;
mod order_keys;
mod order_prices;
mod order_races;
mod order_refund;
mod order_rules;
mod overload;
mod pay_page;
mod payment_callbacks;
mod payment_faults;
mod payment_rules;
mod platform_alipay;
mod platform_alipay_books;
mod platform_alipay_faults;
mod platform_alipay_notices;
mod platform_shop;
mod platform_wechat;
mod platform_wechat_books;
mod platform_wechat_notices;
mod poison;
mod pool;
mod pruning;
mod reconcile;
mod recovery;
mod replay;
mod routes;
mod run_again;
mod saga;
mod schema;
mod servers;
mod strangers;
mod supervision;
mod swallowed;
mod text_keys;
mod tidy;
mod upgrade;
mod vectors;
mod wechat_answers;
mod wechat_faults;
mod wechat_keys;
mod wechat_life;
mod wechat_notices;
mod wechat_refunds;
