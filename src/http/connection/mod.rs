//! The connections of clients. The HTTP server ends a connection whose *first* request does not arrive in time, and nothing
//! else: a later request may stop after its first byte, a refused body may drip for ever, and an answer may never be read.
//! It also takes apart, at once and without a limit, all requests that a client sends before it reads an answer. So each
//! connection is watched here, between the socket and the HTTP server.
//!
//! [`socket`] is one connection, [`activity`] judges it, [`framing`] sees where a request ends, [`watched`] is the stream that reports to it, under [`tls`] or not,
//! [`bare_error`] completes the errors of the HTTP server itself, [`open`] keeps all connections of a server within their
//! limits, and [`server`] puts them around the HTTP server.

pub mod activity;
pub mod bare_error;
pub mod framing;
pub mod open;
pub mod server;
pub mod socket;
pub mod tls;
pub mod watched;
