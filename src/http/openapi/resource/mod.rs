//! The routes and schemas of the document, one file per resource.

pub mod account;
pub mod api_key;
pub mod callback;
pub mod catalogue;
pub mod common;
pub mod event;
pub mod goods;
pub mod operation;
pub mod order;
pub mod order_action;
pub mod parked;
pub mod payment;
pub mod quote;
pub mod record;
pub mod refund;
pub mod sandbox;
pub mod second_factor;
pub mod service;
pub mod webhook;

use super::operation::Route;
use super::schema::Component;

/// A group of routes, shown together, with the schemas they need.
pub struct Resource {
    /// Name of the group.
    pub tag: &'static str,
    /// Description of the group.
    pub about: &'static str,
    /// The routes, in the order in which they are shown.
    pub routes: fn() -> Vec<Route>,
    /// The schemas that no earlier group has.
    pub schemas: fn() -> Vec<Component>,
}

/// All groups but the sandbox, in the order in which they are shown.
pub const ALL: &[Resource] = &[
    account::RESOURCE,
    second_factor::RESOURCE,
    goods::RESOURCE,
    order::RESOURCE,
    payment::RESOURCE,
    callback::RESOURCE,
    service::RESOURCE,
    catalogue::RESOURCE,
    api_key::RESOURCE,
    order_action::RESOURCE,
    refund::RESOURCE,
    parked::RESOURCE,
    record::RESOURCE,
    operation::RESOURCE,
    event::RESOURCE,
    webhook::RESOURCE,
];
