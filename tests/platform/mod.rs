//! Stand-ins for payment platforms. Each is an HTTP server that checks a shop's requests as strictly as the platform,
//! keeps its own trades, sends notices on the platform's schedule, and produces faults on request. They are written
//! from the platforms' documents and not from the code under test, so that each checks the other.
//!
//! Nothing here sleeps. The time is that of the application's clock, which a test moves; `tick()` sends what is due.
//!
//! ```text
//! let alipay = Alipay::start().await;
//! let app = TestApp::with(&alipay.settings()).await;
//! alipay.follow(&app.clock);
//! alipay.deliver_to(&app.url());
//! ```

mod acts;
pub mod alipay;
pub mod bill;
mod book;
mod china;
mod delivery;
mod engine;
mod fault;
mod front;
mod journal;
mod key;
mod server;
mod standin;
pub mod wechat;

pub use alipay::Alipay;
pub use book::{Course, Payment, RefundState, Stage, Trade};
pub use fault::{AnswerFault, BuyerAction, Op, PerceivedReply, PlannedFault, Sending};
pub use front::Front;
pub use journal::{Call, Delivery, Kind};
pub use key::{Key, VECTORS};
pub use server::RawRequest;
pub use standin::Standin;
pub use wechat::Wechat;
