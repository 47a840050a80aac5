//! The address of the client.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::http::problem::Problem;
use crate::http::state;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the client, through the proxies of `http.trusted_proxies`; `None` if the connection has none.
#[derive(Debug, Clone, Copy)]
pub struct ClientIp(pub Option<IpAddr>);

impl FromRequest for ClientIp {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(address(req))))
    }
}

/// The address of the client of `req`.
#[must_use]
pub fn address(req: &HttpRequest) -> Option<IpAddr> {
    let (state, peer) = (state::state(req).ok()?, req.peer_addr()?.ip().to_canonical());
    if !state.trusted_proxies.contains(peer) {
        return Some(peer);
    }
    let headers = req.headers().get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok());
    let forwarded_for = headers.collect::<Vec<_>>().join(",");
    Some(state.trusted_proxies.client(peer, &forwarded_for))
}
