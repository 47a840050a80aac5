//! The routes of the console, and those of the parts that all pages share.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{PayloadConfig, ServiceConfig, get, post, resource, scope};

use super::{act, actors, audit, home, live, messages, order, orders, overview, sagas, sign_in};
use crate::web::session::CONSOLE;
use crate::web::{asset, guard, language};

/// Limit of a form, in bytes.
const FORM_MAX: usize = 32 * 1024;

/// Assets and the switch of the language, for all pages.
pub fn shared(cfg: &mut ServiceConfig) {
    cfg.service(resource("/assets/{file}").route(get().to(asset::show)))
        .service(resource("/language/{code}").route(get().to(language::switch)));
}

/// The pages of the administrator.
pub fn pages(cfg: &mut ServiceConfig) {
    let console = scope("/console")
        .wrap(from_fn(guarded))
        .app_data(PayloadConfig::new(FORM_MAX))
        .service(resource("").route(get().to(home::show)))
        .service(resource("/sign-in").route(get().to(sign_in::show)).route(post().to(sign_in::submit)))
        .service(resource("/sign-out").route(post().to(sign_in::sign_out)))
        .service(resource("/act").route(post().to(act::execute)))
        .service(resource("/live").route(get().to(live::show)))
        .service(resource("/overview").route(get().to(overview::show)))
        .service(resource("/actors").route(get().to(actors::show)))
        .service(resource("/actors/samples").route(get().to(actors::samples)))
        .service(resource("/messages").route(get().to(messages::list)))
        .service(resource("/messages/replay").route(post().to(messages::preview)))
        .service(resource("/sagas").route(get().to(sagas::show)))
        .service(resource("/audit").route(get().to(audit::show)).route(post().to(audit::run)))
        .service(resource("/orders").route(get().to(orders::list)))
        .service(resource("/orders.csv").route(get().to(orders::csv)))
        .service(resource("/orders/{id}/ship").route(post().to(order::ship)));
    cfg.service(console);
}

async fn guarded(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    guard::around(&CONSOLE, req, next).await
}
