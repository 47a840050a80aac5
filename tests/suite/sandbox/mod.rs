//! The sandbox, the payment platform that is built in: its callbacks, and whom the shop believes.

mod callback;
