//! `/console/reconcile`: compares a platform's statement of a day with the books, and repairs what it proves.

mod file;
mod result;

use maud::html;
use serde::Deserialize;

pub use file::compare;
use result::result;

use super::act::Act;
use super::menu::Section;
use super::operator::Operator;
use crate::gateway::statement::Bill;
use crate::gateway::statement::day::Day;
use crate::http::admin::reconciliation::{NewReconciliation, reconcile};
use crate::http::extract::query::{Filters, optional};
use crate::http::state::HandlerResult;
use crate::web::preview;

const PATH: &str = "/console/reconcile";

/// Query of the page: the statement to compare.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    #[serde(default, deserialize_with = "optional")]
    provider: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    day: Option<Day>,
    #[serde(default)]
    bill: Bill,
}

/// `GET /console/reconcile`: the form, and the comparison if a statement is named. Nothing is changed.
///
/// # Errors
/// As `POST /admin/reconciliations`.
pub async fn show(operator: Operator, Filters { query, .. }: Filters<StatementQuery>) -> HandlerResult {
    let (state, words, own) = (&operator.state, operator.words, &operator.words.reconcile);
    let StatementQuery { provider, day, bill } = query;
    let mut shown = html! {};
    if let (Some(provider), Some(day)) = (provider.clone(), day) {
        let statement = NewReconciliation { provider, day, bill, apply: false };
        let report = reconcile(state, operator.admin, &statement).await?;
        let token = preview::seal(state, &operator.session, &Act::Reconcile(statement.applied()))?;
        let repair = html! {
            form.acts method="post" action="/console/act" {
                input type="hidden" name="token" value=(token);
                button.go { (own.repair) }
            }
        };
        shown = result(words, &report, repair);
    }
    let mut providers: Vec<&str> = state.statements.keys().map(String::as_str).collect();
    providers.sort_unstable();
    let content = html! {
        div.title { h1 { (own.title) } }
        section.card {
            p.soft { (own.intro) }
            form.filters action=(PATH) {
                label { (words.common.provider)
                    select name="provider" {
                        @for known in &providers { option selected[provider.as_deref() == Some(*known)] { (known) } }
                    }
                }
                label { (own.day) input type="date" name="day" required value=[day.map(|day| day.to_string())]; }
                label { (own.bill)
                    select name="bill" {
                        option value="trade" selected[bill == Bill::Trade] { (own.trade) }
                        option value="funds" selected[bill == Bill::Funds] { (own.funds) }
                    }
                }
                button.go { (own.compare) }
            }
        }
        (file::form(words, &providers))
        (shown)
    };
    operator.page(Section::Reconcile, own.title, content).await
}
