//! Extractor of the id in a path.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::id::Id;
use crate::http::problem::{Code, Problem};

/// The `{id}` of the route. Text that is not an id is answered 404.
#[derive(Debug)]
pub struct PathId<T: 'static>(pub Id<T>);

impl<T: 'static> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = req.match_info().get("id").and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or(Problem::new(Code::NotFound)))
    }
}
