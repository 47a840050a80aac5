//! The routes of the pages of customers: the page of a payment, in every profile, and the shop window.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, ServiceConfig, get, post, resource};
use actix_web::{Error, Resource};

use super::visitor::Surroundings;
use super::{account, basket_pages, checkout, front, goods, order, order_acts, orders, payment};
use crate::http::extract::body::BodyMax;
use crate::web::guard;
use crate::web::session::SHOP;

/// Limit of a form, in bytes.
const FORM_MAX: usize = 32 * 1024;

/// The page of a payment.
pub fn payment(cfg: &mut ServiceConfig) {
    cfg.configure(payment::route::interface)
        .service(page("/pay/{ticket}/again").route(post().to(payment::again::start)));
}

/// The page at `/` of a shop without a shop window.
pub fn plain(cfg: &mut ServiceConfig) {
    cfg.service(page("/").route(get().to(front::show)));
}

/// The shop window. `has_console` says whether the same address serves the console.
pub fn pages(cfg: &mut ServiceConfig, has_console: bool) {
    cfg.app_data(Data::new(Surroundings { has_console }))
        .service(page("/").route(get().to(goods::list)))
        .service(page("/goods/{id}").route(get().to(goods::show)))
        .service(page("/basket").route(get().to(basket_pages::show)))
        .service(page("/basket/add").route(post().to(basket_pages::add)))
        .service(page("/basket/set").route(post().to(basket_pages::set)))
        .service(page("/basket/remove").route(post().to(basket_pages::remove)))
        .service(page("/checkout").route(get().to(checkout::show)).route(post().to(checkout::submit)))
        .service(page("/checkout/price").route(post().to(checkout::price)))
        .service(page("/orders").route(get().to(orders::list)))
        .service(page("/orders/{id}").route(get().to(order::show)))
        .service(page("/orders/{id}/pay").route(post().to(order_acts::pay)))
        .service(page("/orders/{id}/cancel").route(post().to(order_acts::cancel)))
        .service(page("/orders/{id}/receive").route(post().to(order_acts::receive)))
        .service(page("/orders/{id}/refund").route(post().to(order_acts::refund)))
        .service(page("/account").route(get().to(account::show)))
        .service(page("/sign-in").route(get().to(account::sign_in_page)).route(post().to(account::sign_in)))
        .service(page("/register").route(get().to(account::register_page)).route(post().to(account::register)))
        .service(page("/sign-out").route(post().to(account::sign_out)));
}

/// The pages at `path`, guarded. They are no scope: a scope without a prefix would answer all other paths too.
fn page(
    path: &str,
) -> Resource<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>,
> {
    resource(path).app_data(BodyMax(FORM_MAX)).wrap(from_fn(guarded))
}

async fn guarded(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    guard::around(&SHOP, req, next).await
}
