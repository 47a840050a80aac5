//! `/console/reconcile`: compares a platform's statement of a day with the books, and repairs what it proves.

use maud::{Markup, html};
use serde::Deserialize;

use super::act::Act;
use super::menu::Section;
use super::operator::Operator;
use crate::gateway::statement::Bill;
use crate::gateway::statement::day::Day;
use crate::http::admin::reconciliation::{NewReconciliation, reconcile};
use crate::http::extract::query::{Filters, optional};
use crate::http::state::HandlerResult;
use crate::reconcile::{Difference, Funds, Kind, Report};
use crate::web::component::{Column, Pill, Tone, facts, id, id_text, money, notice, table};
use crate::web::language::Words;
use crate::web::preview;

const PATH: &str = "/console/reconcile";
/// Largest number of differences on the page; the command `reconcile` lists all.
const DIFFERENCES_SHOWN: usize = 200;

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
    let mut result = html! {};
    if let (Some(provider), Some(day)) = (provider.clone(), day) {
        let statement = NewReconciliation { provider, day, bill, apply: false };
        let report = reconcile(state, operator.admin, &statement).await?;
        let token = preview::seal(state, &operator.session, &Act::Reconcile(statement.applied()))?;
        result = html! {
            section.card { h2 { (own.result) } (counts(words, &report)) }
            @if let Some(funds) = report.funds { section.card.narrow { (sums(words, funds)) } }
            section.card {
                h2 { (own.differences) }
                (differences(words, &report))
                @if report.differences.iter().any(|difference| difference.is_repairable) && bill == Bill::Trade {
                    p { (own.repair_effect) }
                    form.acts method="post" action="/console/act" {
                        input type="hidden" name="token" value=(token);
                        button.go { (own.repair) }
                    }
                }
            }
        };
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
                        @for known in providers { option selected[provider.as_deref() == Some(known)] { (known) } }
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
        (result)
    };
    operator.page(Section::Reconcile, own.title, content).await
}

/// The classes of comparisons, each with its number.
fn counts(words: &Words, report: &Report) -> Markup {
    let number = |kind: Kind| report.counts.get(&kind).copied().unwrap_or_default();
    let kinds = [Kind::Matched, Kind::MissingHere, Kind::MissingThere, Kind::Amount, Kind::Status];
    facts(kinds.map(|kind| (class(words, kind), html! { (number(kind)) })))
}

fn class(words: &Words, kind: Kind) -> Pill<'static> {
    let own = &words.reconcile;
    match kind {
        Kind::Matched => Pill(Tone::Good, own.matched),
        Kind::MissingHere => Pill(Tone::Bad, own.missing_here),
        Kind::MissingThere => Pill(Tone::Bad, own.missing_there),
        Kind::Amount => Pill(Tone::Bad, own.amount),
        Kind::Status => Pill(Tone::Waiting, own.status),
    }
}

fn sums(words: &Words, funds: Funds) -> Markup {
    let own = &words.reconcile;
    facts([
        (own.charged, money(funds.charged)),
        (own.refunded, money(funds.refunded)),
        (own.fees, money(funds.fees)),
        (own.other, money(funds.other)),
        (own.change, money(funds.change)),
    ])
}

fn differences(words: &Words, report: &Report) -> Markup {
    let own = &words.reconcile;
    if report.differences.is_empty() {
        return notice(Tone::Good, own.none);
    }
    let columns = [
        Column::Text(words.common.payment),
        Column::Text(words.common.refund),
        Column::Text(own.result),
        Column::Text(own.ours),
        Column::Text(own.theirs),
    ];
    let row = |difference: &Difference| {
        vec![
            id("/console/payments/", &difference.out_trade_no),
            difference.refund_no.as_ref().map_or_else(|| html! {}, id_text),
            html! { (class(words, difference.kind)) },
            html! { (difference.ours) },
            html! { (difference.theirs) },
        ]
    };
    table(words, &columns, report.differences.iter().take(DIFFERENCES_SHOWN).map(row))
}
