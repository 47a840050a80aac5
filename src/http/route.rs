//! Every route, on one screen. Who may use it is said by its handler's first argument; see [`super::auth`].

use actix_web::Route;
use actix_web::middleware::from_fn;
use actix_web::web::{PayloadConfig, ServiceConfig, get, patch, post, resource};

use super::{
    audit, balance, callback, coupon, door, goods, health, life, listing, message, order, pay_page, payment, session,
    status, stock, story, user,
};

const KIB: usize = 1024;

/// The routes for customers, for payment platforms and for load balancers.
pub fn public(cfg: &mut ServiceConfig) {
    cfg.app_data(limit(16))
        .service(resource("/healthz").route(get().to(health::lives)))
        .service(resource("/readyz").route(get().to(health::is_ready)))
        .service(resource("/v1/users").app_data(limit(4)).route(post().to(user::register)))
        .service(resource("/v1/users/me").route(get().to(user::me)))
        .service(resource("/v1/users/me/coupons").route(get().to(listing::coupons)))
        .service(resource("/v1/users/me/money-log").route(get().to(listing::money_log)))
        .service(resource("/v1/users/me/score-log").route(get().to(listing::score_log)))
        .service(resource("/v1/sessions").app_data(limit(4)).route(post().to(session::sign_in)))
        .service(resource("/v1/goods").route(get().to(goods::list)))
        .service(resource("/v1/goods/{id}").route(get().to(goods::find)))
        .service(
            resource("/v1/orders")
                .app_data(limit(16))
                .route(get().to(order::list))
                .route(new_work(post().to(order::place))),
        )
        .service(resource("/v1/orders/{id}").route(get().to(order::find)))
        .service(resource("/v1/orders/{id}/events").route(get().to(story::own)))
        .service(resource("/v1/orders/{id}/cancel").route(post().to(life::cancel)))
        .service(resource("/v1/orders/{id}/receive").route(post().to(life::receive)))
        .service(resource("/v1/orders/{id}/refund").route(post().to(life::refund)))
        .service(resource("/v1/payments").route(new_work(post().to(payment::start))))
        .service(resource("/v1/payments/{id}").route(get().to(payment::find)))
        .service(resource("/pay/page.js").route(get().to(pay_page::script)))
        .service(resource("/pay/{id}").route(get().to(pay_page::show)))
        .service(resource("/v1/payments/callbacks/{provider}").app_data(limit(64)).route(post().to(callback::take)));
}

/// The routes for administrators.
pub fn admin(cfg: &mut ServiceConfig) {
    cfg.app_data(limit(16))
        .service(resource("/admin/status").route(get().to(status::show)))
        .service(resource("/admin/audit").route(get().to(audit::show)))
        .service(resource("/admin/goods").route(post().to(goods::create)))
        .service(resource("/admin/goods/{id}").route(patch().to(goods::change)))
        .service(resource("/admin/goods/{id}/stock").route(post().to(stock::adjust)))
        .service(resource("/admin/users").route(get().to(listing::users)))
        .service(resource("/admin/orders").route(get().to(listing::orders)))
        .service(resource("/admin/orders/{id}").route(get().to(listing::order)))
        .service(resource("/admin/orders/{id}/events").route(get().to(story::any)))
        .service(resource("/admin/payments").route(get().to(listing::payments)))
        .service(resource("/admin/notices").route(get().to(listing::notices)))
        .service(resource("/admin/journal").route(get().to(listing::journal)))
        .service(resource("/admin/messages").route(get().to(message::list)))
        .service(resource("/admin/messages/{id}/replay").route(post().to(message::replay)))
        .service(resource("/admin/orders/{id}/ship").route(post().to(life::ship)))
        .service(resource("/admin/orders/{id}/cancel").route(post().to(life::cancel_for)))
        .service(resource("/admin/orders/{id}/refund").route(post().to(life::refund_for)))
        .service(resource("/admin/payments/{id}/query").route(post().to(payment::query)))
        .service(resource("/admin/coupons").route(post().to(coupon::create)))
        .service(resource("/admin/users/{id}/balance").route(post().to(balance::adjust)));
}

/// A route that is reached through the door.
fn new_work(route: Route) -> Route {
    route.wrap(from_fn(door::new_work))
}

/// A body limit.
fn limit(kib: usize) -> PayloadConfig {
    PayloadConfig::new(kib * KIB)
}
