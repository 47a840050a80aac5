//! The routes of the console, and those of the parts that all pages share.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{ServiceConfig, get, post, resource, scope};

use super::{
    act, actors, api_keys, audit, coupon, customer, goods, home, journal, live, messages, nodes, notices, order,
    orders, overview, payment, reconcile, refund, sagas, search, second_factor, settings, sign_in, webhooks,
};
use crate::http::extract::body::BodyMax;
use crate::web::session::CONSOLE;
use crate::web::{asset, guard, language};

/// Limit of a form, in bytes.
const FORM_MAX: usize = 32 * 1024;

/// Limit of a statement, in bytes.
const STATEMENT_MAX: usize = 16 * 1024 * 1024;

/// Assets and the switch of the language, for all pages.
pub fn shared(cfg: &mut ServiceConfig) {
    cfg.service(resource("/assets/{file}").route(get().to(asset::show)))
        .service(resource("/language/{code}").route(get().to(language::switch)));
}

/// The pages of the administrator.
pub fn pages(cfg: &mut ServiceConfig) {
    let console = scope("/console")
        .wrap(from_fn(guarded))
        .app_data(BodyMax(FORM_MAX))
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
        .service(resource("/orders/{id}").route(get().to(order::show)))
        .service(resource("/orders/{id}/ship").route(post().to(order::ship)))
        .service(resource("/orders/{id}/cancel").route(post().to(order::cancel)))
        .service(resource("/orders/{id}/refund").route(post().to(order::refund)))
        .service(resource("/payments").route(get().to(payment::list)))
        .service(resource("/payments.csv").route(get().to(payment::csv)))
        .service(resource("/payments/{id}").route(get().to(payment::show)))
        .service(resource("/payments/{id}/query").route(post().to(payment::query)))
        .service(resource("/refunds").route(get().to(refund::list)))
        .service(resource("/refunds.csv").route(get().to(refund::csv)))
        .service(resource("/refunds/{id}").route(get().to(refund::show)))
        .service(resource("/notices").route(get().to(notices::list)))
        .service(resource("/notices/{id}").route(get().to(notices::show)).route(post().to(notices::preview)))
        .service(resource("/goods").route(get().to(goods::list)).route(post().to(goods::create)))
        .service(resource("/goods.csv").route(get().to(goods::csv)))
        .service(resource("/goods/{id}").route(get().to(goods::show)))
        .service(resource("/goods/{id}/change").route(post().to(goods::change)))
        .service(resource("/goods/{id}/stock").route(post().to(goods::adjust)))
        .service(resource("/coupons").route(get().to(coupon::list)).route(post().to(coupon::create)))
        .service(resource("/customers").route(get().to(customer::list)))
        .service(resource("/customers.csv").route(get().to(customer::csv)))
        .service(resource("/customers/{id}").route(get().to(customer::show)))
        .service(resource("/customers/{id}/balance").route(post().to(customer::adjust)))
        .service(resource("/customers/{id}/account").route(post().to(customer::change)))
        .service(resource("/journal").route(get().to(journal::list)))
        .service(resource("/journal.csv").route(get().to(journal::csv)))
        .service(
            resource("/reconcile")
                .app_data(BodyMax(STATEMENT_MAX))
                .route(get().to(reconcile::show))
                .route(post().to(reconcile::compare)),
        )
        .service(resource("/nodes").route(get().to(nodes::show)))
        .service(resource("/settings").route(get().to(settings::show)))
        .service(resource("/api-keys").route(get().to(api_keys::list)).route(post().to(api_keys::create)))
        .service(resource("/api-keys/{id}/revoke").route(post().to(api_keys::revoke)))
        .service(resource("/webhooks").route(get().to(webhooks::list)))
        .service(resource("/webhooks/{id}").route(get().to(webhooks::show)))
        .service(resource("/webhooks/{id}/test").route(post().to(webhooks::test)))
        .service(resource("/webhooks/{id}/enable").route(post().to(webhooks::enable)))
        .service(resource("/webhooks/{id}/disable").route(post().to(webhooks::disable)))
        .service(resource("/second-factor").route(get().to(second_factor::show)))
        .service(resource("/second-factor/enrol").route(post().to(second_factor::enrol)))
        .service(resource("/second-factor/confirm").route(post().to(second_factor::confirm)))
        .service(resource("/second-factor/remove").route(post().to(second_factor::remove)))
        .service(resource("/search").route(get().to(search::show)));
    cfg.service(console);
}

/// The guard of the console, also for its pages in other rooms.
///
/// # Errors
/// None of its own.
pub async fn guarded(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    guard::around(&CONSOLE, req, next).await
}
