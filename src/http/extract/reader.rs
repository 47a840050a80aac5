//! The reader of `/metrics`: the machine itself, the holder of the token in the settings, or an administrator.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::auth::Admin;
use crate::http::problem::Problem;
use crate::http::state::state;

/// A caller who may read the metrics.
#[derive(Debug, Clone, Copy)]
pub struct MetricsReader;

impl FromRequest for MetricsReader {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let access = state(req).map(|state| state.metrics_access.admits(req));
        let admin = Admin::from_request(req, payload);
        Box::pin(async move {
            match access? {
                true => Ok(Self),
                false => admin.await.map(|_| Self),
            }
        })
    }
}
