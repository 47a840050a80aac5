//! `/pay/{ticket}`: the payment page, the same address for every platform. It shows what is paid for and how to pay, follows
//! the payment, and offers to try again if it has ended without being paid.

pub mod again;
pub mod page;
mod qr_code;
pub mod route;
pub mod show;
