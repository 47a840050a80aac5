//! The words in Chinese, in simplified characters.

use super::{
    Words, act, common, coupon, customer, events, failure, frame, goods, journal, node, notices, order, orders,
    payment, reconcile, refund, sandbox, search, setting, sign_in, state,
};

/// All words in Chinese.
pub static CHINESE: Words = Words {
    code: "zh-CN",
    name: "中文",
    common: common::CHINESE,
    states: state::CHINESE,
    frame: frame::CHINESE,
    sign_in: sign_in::CHINESE,
    failure: failure::CHINESE,
    orders: orders::CHINESE,
    act: act::CHINESE,
    order: order::CHINESE,
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
    sandbox: sandbox::CHINESE,
};
