//! The words in English.

use super::{
    Words, act, common, coupon, customer, events, failure, frame, goods, journal, node, notices, order, orders,
    payment, reconcile, refund, sandbox, search, setting, sign_in, state,
};

/// All words in English.
pub static ENGLISH: Words = Words {
    code: "en",
    name: "English",
    common: common::ENGLISH,
    states: state::ENGLISH,
    frame: frame::ENGLISH,
    sign_in: sign_in::ENGLISH,
    failure: failure::ENGLISH,
    orders: orders::ENGLISH,
    act: act::ENGLISH,
    order: order::ENGLISH,
    events: events::ENGLISH,
    payment: payment::ENGLISH,
    refund: refund::ENGLISH,
    notices: notices::ENGLISH,
    journal: journal::ENGLISH,
    goods: goods::ENGLISH,
    coupon: coupon::ENGLISH,
    customer: customer::ENGLISH,
    search: search::ENGLISH,
    reconcile: reconcile::ENGLISH,
    node: node::ENGLISH,
    setting: setting::ENGLISH,
    sandbox: sandbox::ENGLISH,
};
