//! The route table. The caller argument of a handler decides who may use its route; see [`super::extract::auth`].

use actix_web::Resource;
use actix_web::web::{self, ServiceConfig, delete, get, patch, post};

use super::extract::body::BodyMax;
use super::middleware::measure::Template;
use super::{admin, feed, health, metrics, openapi, pages, shop};

const KIB: usize = 1024;

/// The routes for customers, for payment platforms and for load balancers.
pub fn public(cfg: &mut ServiceConfig) {
    // Routes are tried in this order. The busiest come first: a template with braces allocates also when it does not match.
    cfg.app_data(limit(16))
        .service(
            resource("/v1/orders")
                .app_data(limit(32))
                .route(get().to(shop::order::list))
                .route(post().to(shop::order::place)),
        )
        .service(resource("/v1/payments").route(get().to(shop::payment::list)).route(post().to(shop::payment::start)))
        .service(
            resource("/v1/payments/callbacks/{provider}").app_data(limit(64)).route(post().to(shop::callback::receive)),
        )
        .configure(documentation)
        .service(resource("/healthz").route(get().to(health::liveness)))
        .service(resource("/readyz").route(get().to(health::readiness)))
        .service(resource("/openapi.json").route(get().to(openapi::show)))
        .service(resource("/docs").route(get().to(openapi::show_page)))
        .service(resource("/asyncapi.json").route(get().to(feed::asyncapi::show)))
        .service(resource("/v1/events").route(get().to(feed::list::show)))
        .service(resource("/v1/users").app_data(limit(4)).route(post().to(shop::user::register)))
        .service(resource("/v1/users/me").route(get().to(shop::user::me)))
        .service(resource("/v1/users/me/coupons").route(get().to(shop::list::coupons)))
        .service(resource("/v1/users/me/money-log").route(get().to(shop::list::money_log)))
        .service(resource("/v1/users/me/score-log").route(get().to(shop::list::score_log)))
        .service(resource("/v1/users/me/password").app_data(limit(4)).route(post().to(shop::password::change)))
        .service(
            resource("/v1/users/me/second-factor")
                .app_data(limit(4))
                .route(get().to(shop::second_factor::show))
                .route(post().to(shop::second_factor::enrol)),
        )
        .service(
            resource("/v1/users/me/second-factor/confirm")
                .app_data(limit(4))
                .route(post().to(shop::second_factor::confirm)),
        )
        .service(
            resource("/v1/users/me/second-factor/remove")
                .app_data(limit(4))
                .route(post().to(shop::second_factor::remove)),
        )
        .service(
            resource("/v1/sessions")
                .app_data(limit(4))
                .route(post().to(shop::session::sign_in))
                .route(delete().to(shop::session::sign_out_everywhere)),
        )
        .service(resource("/v1/sessions/current").route(delete().to(shop::session::sign_out)))
        .service(resource("/v1/goods").route(get().to(shop::goods::list)))
        .service(resource("/v1/goods/{id}").route(get().to(shop::goods::find)))
        .service(resource("/v1/quotes").app_data(limit(32)).route(post().to(shop::quote::show)))
        .service(resource("/v1/orders/{id}").route(get().to(shop::order::find)))
        .service(resource("/v1/orders/{id}/events").route(get().to(shop::timeline::show)))
        .service(resource("/v1/orders/{id}/cancel").route(post().to(shop::order_action::cancel)))
        .service(resource("/v1/orders/{id}/receive").route(post().to(shop::order_action::receive)))
        .service(resource("/v1/orders/{id}/refunds").route(get().to(shop::order::refunds)))
        .service(resource("/v1/orders/{id}/refund").route(post().to(shop::order_action::refund)))
        .service(resource("/v1/orders/{id}/payments").route(get().to(shop::payment::of_order)))
        .service(resource("/v1/payment-methods").route(get().to(shop::payment::methods)))
        .service(resource("/v1/payments/{id}/close").route(post().to(shop::payment::close)))
        .service(resource("/v1/payments/{id}").route(get().to(shop::payment::find)));
}

/// The routes for administrators.
pub fn admin(cfg: &mut ServiceConfig) {
    cfg.app_data(limit(16))
        .configure(documentation)
        .service(resource("/metrics").route(get().to(metrics::show)))
        .service(resource("/admin/status").route(get().to(admin::status::show)))
        .service(resource("/admin/audit").route(get().to(admin::audit::show)))
        .service(
            resource("/admin/goods")
                .app_data(limit(32))
                .route(get().to(admin::goods::list))
                .route(post().to(admin::goods::create)),
        )
        .service(
            resource("/admin/goods/{id}")
                .app_data(limit(32))
                .route(get().to(admin::goods::find))
                .route(patch().to(admin::goods::change)),
        )
        .service(resource("/admin/goods/{id}/stock").route(post().to(admin::stock::adjust)))
        .service(resource("/admin/users").route(get().to(admin::list::users)))
        .service(resource("/admin/users/{id}").route(get().to(admin::list::user)))
        .service(resource("/admin/users/{id}/role").route(post().to(admin::account::change_role)))
        .service(resource("/admin/users/{id}/disable").route(post().to(admin::account::disable)))
        .service(resource("/admin/users/{id}/enable").route(post().to(admin::account::enable)))
        .service(resource("/admin/users/{id}/sign-out").route(post().to(admin::account::sign_out)))
        .service(
            resource("/admin/users/{id}/remove-second-factor").route(post().to(admin::account::remove_second_factor)),
        )
        .service(
            resource("/admin/api-keys").route(get().to(admin::api_key::list)).route(post().to(admin::api_key::create)),
        )
        .service(resource("/admin/api-keys/{id}/revoke").route(post().to(admin::api_key::revoke)))
        .service(
            resource("/admin/webhooks").route(get().to(admin::webhook::list)).route(post().to(admin::webhook::create)),
        )
        .service(
            resource("/admin/webhooks/{id}")
                .route(get().to(admin::webhook::find))
                .route(patch().to(admin::webhook::change))
                .route(delete().to(admin::webhook::remove)),
        )
        .service(resource("/admin/webhooks/{id}/rotate-secret").route(post().to(admin::webhook::rotate_secret)))
        .service(resource("/admin/webhooks/{id}/test").route(post().to(admin::webhook_delivery::test)))
        .service(resource("/admin/webhooks/{id}/deliveries").route(get().to(admin::webhook_delivery::list)))
        .service(resource("/admin/webhooks/{id}/replay").route(post().to(admin::webhook_delivery::replay_failed)))
        .service(resource("/admin/webhook-deliveries/{id}/replay").route(post().to(admin::webhook_delivery::replay)))
        .service(resource("/admin/orders").route(get().to(admin::list::orders)))
        .service(resource("/admin/orders/{id}").route(get().to(admin::list::order)))
        .service(resource("/admin/orders/{id}/events").route(get().to(admin::timeline::show)))
        .service(resource("/admin/payments").route(get().to(admin::list::payments)))
        .service(resource("/admin/payments/{id}").route(get().to(admin::payment::find)))
        .service(resource("/admin/notices").route(get().to(admin::list::notices)))
        .service(resource("/admin/refunds").route(get().to(admin::refund::list)))
        .service(resource("/admin/refunds/{id}").route(get().to(admin::refund::show)))
        .service(resource("/admin/parked").route(get().to(admin::parked::list)))
        .service(resource("/admin/parked/{id}/refund").route(post().to(admin::parked::refund)))
        .service(resource("/admin/parked/{id}/accept").route(post().to(admin::parked::accept)))
        .service(resource("/admin/parked/{id}/match").route(post().to(admin::parked::assign)))
        .service(resource("/admin/parked/{id}/dismiss").route(post().to(admin::parked::dismiss)))
        .service(resource("/admin/parked/{id}/retry").route(post().to(admin::parked::retry)))
        .service(resource("/admin/journal").route(get().to(admin::journal::list)))
        .service(resource("/admin/adjustments").route(get().to(admin::adjustment::list)))
        .service(resource("/admin/reconciliations").route(post().to(admin::reconciliation::run)))
        .service(resource("/admin/messages").route(get().to(admin::message::list)))
        .service(resource("/admin/messages/{id}/replay").route(post().to(admin::message::replay)))
        .service(resource("/admin/orders/{id}/ship").route(post().to(admin::order_action::ship)))
        .service(resource("/admin/orders/{id}/cancel").route(post().to(admin::order_action::cancel)))
        .service(resource("/admin/orders/{id}/refund").route(post().to(admin::order_action::refund)))
        .service(resource("/admin/orders/{id}/refund/preview").route(post().to(admin::order_action::preview)))
        .service(resource("/admin/payments/{id}/query").route(post().to(admin::payment::query)))
        .service(
            resource("/admin/coupons").route(get().to(admin::coupon::list)).route(post().to(admin::coupon::create)),
        )
        .service(resource("/admin/users/{id}/balance").route(post().to(admin::balance::adjust)));
}

/// The pages that answers refer to, for all.
fn documentation(cfg: &mut ServiceConfig) {
    cfg.service(resource("/problems/{code}").route(get().to(pages::problem::show)));
}

/// The resource at `path`, whose requests are measured under it.
fn resource(path: &'static str) -> Resource {
    web::resource(path).app_data(Template(path))
}

/// A limit of `kib` KiB for request bodies.
fn limit(kib: usize) -> BodyMax {
    BodyMax(kib * KIB)
}
