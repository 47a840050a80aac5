//! Traces of orders, as a collector receives them.

mod batch;
mod client;
mod collector;
mod order;
mod overload;
