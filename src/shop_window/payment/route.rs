//! The routes of the payment page. They are there in every profile.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{PayloadConfig, ServiceConfig, get, post, resource};

use super::{again, show};
use crate::http::middleware::admit;
use crate::web::guard;
use crate::web::session::SHOP;

/// Limit of a form, in bytes.
const FORM_MAX: usize = 1024;

/// The payment page.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/pay/page.js").route(get().to(show::script)))
        .service(resource("/pay/{id}").route(get().to(show::show)))
        .service(
            resource("/pay/{id}/again")
                .app_data(PayloadConfig::new(FORM_MAX))
                .wrap(from_fn(guarded))
                .route(post().to(again::start).wrap(from_fn(admit))),
        );
}

async fn guarded(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    guard::around(&SHOP, req, next).await
}
