//! All access to the tables of webhooks. Endpoints are locked before their deliveries.

mod attempt;
mod claim;
mod delivery;
mod prune;
mod queue;
mod row;
mod secret;
mod webhook;
