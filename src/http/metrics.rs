//! `/metrics`: the figures of this process for Prometheus.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::connection::open::Report;
use super::extract::reader::MetricsReader;
use super::problem::{Code, Problem};
use super::state::{HandlerResult, State};
use crate::metrics::figures::{Admission, ConnectionFigures, Serving};
use crate::metrics::text;

/// `GET /metrics`
///
/// # Errors
/// None of its own. A part without a reply in time is left out, and counted in `tradepost_missing_parts`.
pub async fn show(_: MetricsReader, state: web::Data<State>) -> HandlerResult {
    let figures = state.sources.read(serving(&state)).await;
    let text = text::write(figures).map_err(|_| Problem::new(Code::Internal))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, text::CONTENT_TYPE)).body(text))
}

/// The figures of the HTTP servers of this process.
#[must_use]
pub fn serving(state: &State) -> Serving {
    let report = state.admission.report();
    let admission = Admission { capacity: report.capacity, in_flight: report.in_flight, refused: report.refused };
    Serving { admission, connections: connections(state), limited: state.limits.exceeded() }
}

/// The connections of all servers together.
fn connections(state: &State) -> ConnectionFigures {
    let reports: Vec<Report> = state.connections.iter().map(|connections| connections.report()).collect();
    let sum = |number: fn(&Report) -> u64| reports.iter().map(number).sum();
    ConnectionFigures {
        capacity: reports.iter().map(|report| report.capacity).sum(),
        open: reports.iter().map(|report| report.open).sum(),
        ended: vec![
            ("head_missing", sum(|report| report.cut_head)),
            ("answer_not_taken", sum(|report| report.cut_answer)),
            ("displaced", sum(|report| report.displaced)),
            ("refused", sum(|report| report.refused)),
        ],
    }
}
