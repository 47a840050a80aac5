//! Extractor of the id in a path.

use std::any::Any;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::id::{Id, OrderId};
use crate::http::problem::{Code, Problem};
use crate::trace;

/// The `{id}` of the route. Text that is not an id is answered 404.
#[derive(Debug)]
pub struct PathId<T: 'static>(pub Id<T>);

impl<T: 'static> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id: Option<Id<T>> = req.match_info().get("id").and_then(|text| text.parse().ok());
        if let Some(id) = &id {
            let id: &dyn Any = id;
            if let Some(order_id) = id.downcast_ref::<OrderId>() {
                trace::about(*order_id);
            }
        }
        ready(id.map(Self).ok_or(Problem::new(Code::NotFound)))
    }
}
