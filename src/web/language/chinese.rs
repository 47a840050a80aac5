//! The words in Chinese, in simplified characters.

use super::{
    Words, act, actors, audit, common, failure, frame, messages, order, orders, overview, sagas, sign_in, state,
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
    overview: overview::CHINESE,
    actors: actors::CHINESE,
    messages: messages::CHINESE,
    sagas: sagas::CHINESE,
    audit: audit::CHINESE,
};
