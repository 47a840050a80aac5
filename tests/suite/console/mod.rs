//! The console, as a browser without scripts sees it.

mod access;
mod act;
mod api_keys;
mod catalogue;
mod customer;
mod figures;
mod live;
mod notices;
mod order;
mod orders;
mod payment;
mod reconcile;
mod sandbox;
mod search;
mod second_factor;
mod session;
mod system;
mod webhooks;
