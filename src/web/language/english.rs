//! The words in English.

use super::{
    Words, act, actors, audit, common, failure, frame, messages, order, orders, overview, sagas, sign_in, state,
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
    overview: overview::ENGLISH,
    actors: actors::ENGLISH,
    messages: messages::ENGLISH,
    sagas: sagas::ENGLISH,
    audit: audit::ENGLISH,
};
