//! `/metrics`: the figures of this process for Prometheus.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::extract::reader::MetricsReader;
use super::problem::{Code, Problem};
use super::state::{HandlerResult, State};
use crate::metrics::figures::Admission;
use crate::metrics::text;

/// `GET /metrics`
///
/// # Errors
/// None of its own. A part without a reply in time is left out, and counted in `tradepost_missing_parts`.
pub async fn show(_: MetricsReader, state: web::Data<State>) -> HandlerResult {
    let figures = state.sources.read(admission(&state)).await;
    let text = text::write(figures).map_err(|_| Problem::new(Code::Internal))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, text::CONTENT_TYPE)).body(text))
}

/// The admission of new work.
#[must_use]
pub fn admission(state: &State) -> Admission {
    let report = state.admission.report();
    Admission { capacity: report.capacity, in_flight: report.in_flight, refused: report.refused }
}
