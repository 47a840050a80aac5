//! The sandbox, which is the built-in payment platform: which of its callbacks the shop accepts.

mod callback;
mod production;
