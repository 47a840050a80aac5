//! `/admin/reconciliations`.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize, Serializer};
use strum::VariantArray;

use crate::gateway::statement::day::Day;
use crate::gateway::statement::{Bill, Source};
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::payments::message::{DownloadStatement, NoStatement};
use crate::reconcile::run::{Error, Reconciliation};
use crate::reconcile::{Kind, Report};

/// Body of a reconciliation. Without `apply`, nothing is changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReconciliation {
    /// Name of the payment product.
    pub provider: String,
    /// The day of the statement.
    #[serde(serialize_with = "day_as_text")]
    pub day: Day,
    /// The kind of statement.
    #[serde(default)]
    pub bill: Bill,
    /// Whether the books are repaired.
    #[serde(default)]
    pub apply: bool,
}

impl NewReconciliation {
    /// The same statement, and the books are repaired.
    #[must_use]
    pub fn applied(self) -> Self {
        Self { apply: true, ..self }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn day_as_text<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

#[derive(Serialize)]
struct Response {
    provider: String,
    day: String,
    bill: Bill,
    ok: bool,
    #[serde(flatten)]
    report: Report,
}

/// `POST /admin/reconciliations`: downloads the platform's statement of a day and compares it with the books, as the
/// command `reconcile` does.
///
/// # Errors
/// 409 if there is no statement that can be compared; 422 if the platform is not set up; 503 if the platform or a store
/// does not answer, or if another reconciliation is running.
pub async fn run(admin: Admin, state: web::Data<State>, Body(new): Body<NewReconciliation>) -> HandlerResult {
    let report = reconcile(&state, admin, &new).await?;
    let NewReconciliation { provider, day, bill, .. } = new;
    let ok = report.differences.is_empty();
    Ok(HttpResponse::Ok().json(Response { provider, day: day.to_string(), bill, ok, report }))
}

/// Downloads and compares a statement, and repairs the books if that is requested.
///
/// # Errors
/// As the route.
pub async fn reconcile(state: &State, admin: Admin, new: &NewReconciliation) -> Result<Report, Problem> {
    let NewReconciliation { provider, day, bill, apply } = new;
    let (day, bill, apply) = (*day, *bill, *apply);
    let Some(source) = state.statements.get(provider) else { return Err(unknown_provider()) };
    if apply {
        state.expect_writable(|owner| owner == "pay")?;
    }
    let _turn = state.reconciling.take()?;
    let download = DownloadStatement { provider: provider.clone(), bill, day };
    let statement = state.payments.send(download).await.map_err(crate::actor::Failure::from)?;
    let statement = statement.map_err(|why| match why {
        NoStatement::UnknownProvider => unknown_provider(),
        NoStatement::Unavailable(wait) => Problem::new(Code::PlatformUnavailable).retry_after(wait),
        NoStatement::None(why) => Problem::with(Code::NoStatement, format!("There is no statement of {day}: {why}")),
    })?;
    let report = compare(state, source, (bill, Some(day)), &statement, apply).await?;
    let (repaired, differences) = (report.repaired, report.differences.len());
    tracing::info!(%provider, %day, ?bill, apply, repaired, differences, user_id = %admin.0, "reconciled");
    Ok(report)
}

/// Compares a statement that was sent as a file, and repairs the books if that is requested.
///
/// # Errors
/// 409 if the statement cannot be compared; 422 if the platform is not set up; 503, as the route.
pub async fn compare_file(
    state: &State,
    admin: Admin,
    provider: &str,
    bill: Bill,
    content: &[u8],
    apply: bool,
) -> Result<Report, Problem> {
    let Some(source) = state.statements.get(provider) else { return Err(unknown_provider()) };
    if apply {
        state.expect_writable(|owner| owner == "pay")?;
    }
    let _turn = state.reconciling.take()?;
    let report = compare(state, source, (bill, None), content, apply).await?;
    let (repaired, differences) = (report.repaired, report.differences.len());
    tracing::info!(%provider, ?bill, apply, repaired, differences, user_id = %admin.0, "reconciled by a file");
    Ok(report)
}

/// Compares the content of a statement.
async fn compare(
    state: &State,
    source: &Source,
    (bill, day): (Bill, Option<Day>),
    statement: &[u8],
    apply: bool,
) -> Result<Report, Problem> {
    let reconciliation = Reconciliation { pay: &state.owners.pay, source, bill, day, apply };
    let mut report = reconciliation.run(statement).await.map_err(|error| match error {
        Error::Statement(why) => Problem::with(Code::NoStatement, format!("The statement cannot be compared: {why}")),
        Error::Failure(failure) => failure.into(),
    })?;
    for kind in Kind::VARIANTS {
        report.counts.entry(*kind).or_default();
    }
    Ok(report)
}

fn unknown_provider() -> Problem {
    Problem::field("provider", "must be a payment platform of this shop")
}
