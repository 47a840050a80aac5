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
        ready(Ok(Self(client_address(req))))
    }
}

/// The address of the client, through the proxies of `http.trusted_proxies`; `None` if the connection has none.
#[must_use]
pub fn client_address(req: &HttpRequest) -> Option<IpAddr> {
    let peer = req.peer_addr()?.ip();
    let Ok(state) = state::state(req) else { return Some(peer) };
    let headers = req.headers().get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok());
    Some(state.trusted_proxies.client(peer, &headers.collect::<Vec<_>>().join(",")))
}
