//! The words in English.

use super::{
    Words, act, actors, api_key, audit, common, coupon, customer, events, failure, frame, goods, journal, messages,
    node, notices, order, orders, overview, pay_page, payment, purchase, reconcile, refund, sagas, sandbox, search,
    second_factor, setting, shop, sign_in, state,
};

/// All words in English.
pub static ENGLISH: Words = Words {
    code: "en",
    name: "English",
    common: common::ENGLISH,
    states: state::ENGLISH,
    frame: frame::ENGLISH,
    sign_in: sign_in::ENGLISH,
    second_factor: second_factor::ENGLISH,
    failure: failure::ENGLISH,
    pay_page: pay_page::ENGLISH,
    purchase: purchase::ENGLISH,
    shop: shop::ENGLISH,
    orders: orders::ENGLISH,
    act: act::ENGLISH,
    order: order::ENGLISH,
    overview: overview::ENGLISH,
    actors: actors::ENGLISH,
    messages: messages::ENGLISH,
    sagas: sagas::ENGLISH,
    audit: audit::ENGLISH,
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
    api_key: api_key::ENGLISH,
    sandbox: sandbox::ENGLISH,
};
