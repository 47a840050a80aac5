//! The routes of the page of a payment that are a part of the interface.

use actix_web::web::{ServiceConfig, get, resource};

use super::show;

/// The page, and its script under the address that older pages have.
pub fn interface(cfg: &mut ServiceConfig) {
    cfg.service(resource("/pay/page.js").route(get().to(show::script)))
        .service(resource("/pay/{ticket}").route(get().to(show::show)));
}
