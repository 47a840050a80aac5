//! The words in Chinese, in simplified characters.

use super::{
    Words, act, actors, api_key, audit, common, coupon, customer, events, failure, frame, goods, journal, messages,
    node, notices, order, orders, overview, pay_page, payment, purchase, reconcile, refund, sagas, sandbox, search,
    second_factor, setting, shop, sign_in, state,
};

/// All words in Chinese.
pub static CHINESE: Words = Words {
    code: "zh-CN",
    name: "中文",
    common: common::CHINESE,
    states: state::CHINESE,
    frame: frame::CHINESE,
    sign_in: sign_in::CHINESE,
    second_factor: second_factor::CHINESE,
    failure: failure::CHINESE,
    pay_page: pay_page::CHINESE,
    purchase: purchase::CHINESE,
    shop: shop::CHINESE,
    orders: orders::CHINESE,
    act: act::CHINESE,
    order: order::CHINESE,
    overview: overview::CHINESE,
    actors: actors::CHINESE,
    messages: messages::CHINESE,
    sagas: sagas::CHINESE,
    audit: audit::CHINESE,
    events: events::CHINESE,
    payment: payment::CHINESE,
    refund: refund::CHINESE,
    notices: notices::CHINESE,
    journal: journal::CHINESE,
    goods: goods::CHINESE,
    coupon: coupon::CHINESE,
    customer: customer::CHINESE,
    search: search::CHINESE,
    reconcile: reconcile::CHINESE,
    node: node::CHINESE,
    setting: setting::CHINESE,
    api_key: api_key::CHINESE,
    sandbox: sandbox::CHINESE,
};
