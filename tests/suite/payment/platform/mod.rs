//! What holds for each payment platform. Every test runs with the stand-in for Alipay and with the one for WeChat Pay.
//! The rooms `alipay` and `wechat` have the tests of what only one platform does.

mod life;
mod notice;
mod refund;
