//! Stand-ins for payment platforms: servers that check a shop's requests as strictly as the platforms do, keep books
//! of their own, tell of what happens there with real requests on the real schedule, and misbehave on request. Written
//! from the platforms' documents, not from the code under test: that the two agree is the point.
//!
//! Nothing here sleeps: time is the application's clock, which a test moves, and `tick()` sends what is due then.
//!
//! ```text
//! let alipay = Alipay::start().await;
//! let app = TestApp::with(&alipay.settings()).await;
//! alipay.follow(&app.clock);
//! alipay.deliver_to(&app.url());
//! ```

mod acts;
pub mod alipay;
mod book;
mod china;
mod courier;
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
pub use fault::{Act, Heard, How, Op, Sending, Upset};
pub use front::Front;
pub use journal::{Call, Delivery, Kind};
pub use key::{Key, VECTORS};
pub use server::Asked;
pub use standin::Standin;
pub use wechat::Wechat;
