//! The result of a comparison: classes, sums and differences.

use maud::{Markup, html};

use crate::reconcile::{Difference, Funds, Kind, Report};
use crate::web::component::{Column, Pill, Tone, facts, id, id_text, money, notice, table};
use crate::web::language::Words;

/// Largest number of differences on the page; the command `reconcile` lists all.
const DIFFERENCES_SHOWN: usize = 200;

/// The result, and below the differences `repair` if the statement proves something.
#[must_use]
pub fn result(words: &Words, report: &Report, repair: Markup) -> Markup {
    let own = &words.reconcile;
    html! {
        section.card { h2 { (own.result) } (counts(words, report)) }
        @if let Some(funds) = report.funds { section.card.narrow { (sums(words, funds)) } }
        section.card {
            h2 { (own.differences) }
            (differences(words, report))
            @if report.differences.iter().any(|difference| difference.is_repairable) && report.funds.is_none() {
                p { (own.repair_effect) }
                (repair)
            }
        }
    }
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
