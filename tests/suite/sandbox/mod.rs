//! The sandbox, which is the built-in payment platform: which of its callbacks the shop accepts.

mod access;
mod callback;
mod production;
