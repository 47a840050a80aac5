//! Behaviour that all payment platforms share. Every test runs with the stand-in for Alipay and with the one for
//! WeChat Pay. The modules `alipay` and `wechat` of the suite test what only one platform does.

mod bill;
mod funds;
mod life;
mod notice;
mod outage;
mod overdue;
mod refund;
mod ten_minutes;
