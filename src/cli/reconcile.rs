//! `tradepost reconcile`: compares a platform's statement with our books, reports the differences, and repairs those
//! that a notification to Pay repairs.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use actix::Addr;
use anyhow::Context as _;
use strum::VariantArray;

use crate::actor::task::ask;
use crate::actor::{BlockingExecutor, Context, Faults, OwnerActor, RelayWaker};
use crate::app::sandbox;
use crate::app::stores::Stores;
use crate::config::Settings;
use crate::domain::clock::Clock;
use crate::domain::id::IdGenerator;
use crate::domain::money::CURRENCY;
use crate::domain::provider::Provider;
use crate::gateway::{Entry, Event, Notification};
use crate::pay::Pay;
use crate::pay::actor::Actor;
use crate::pay::message::{FindPaymentRecords, ListPaidRecords, Notify};
use crate::reconcile::{Difference, Kind, Report, StatementIndex, compare, parse_pay_id};

/// Records compared in one query.
const CHUNK: usize = 500;

/// Compares the statement in `file` with our books and prints the differences. The exit code is 0 if there are none,
/// else 1.
pub fn run(settings: &Settings, provider: &str, file: &Path, apply: bool, json: bool) -> anyhow::Result<ExitCode> {
    let statement = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let report = actix_web::rt::System::new().block_on(reconcile(settings, provider, &statement, apply))?;
    let mut out = std::io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        for kind in Kind::VARIANTS.iter().copied() {
            let count = report.counts.get(&kind).copied().unwrap_or(0);
            writeln!(out, "{:14} {count:>9}", kind.word())?;
        }
        for difference in &report.differences {
            let Difference { kind, out_trade_no, refund_no, ours, theirs, .. } = difference;
            let refund = refund_no.as_ref().map(|refund_no| format!(" refund {refund_no}")).unwrap_or_default();
            writeln!(out, "  {}: payment {out_trade_no}{refund}: ours: {ours}; theirs: {theirs}", kind.word())?;
        }
        writeln!(out, "{} repaired", report.repaired)?;
    }
    Ok(if report.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Compares `statement` with our books of `provider`. With `apply`, sends Pay a notification for each payment or refund
/// it does not know, as if the platform had called back. The resulting messages are delivered by the running server, or
/// by the next one that starts. Must be called inside an actix system.
///
/// # Errors
/// Fails if the platform is unknown, the statement cannot be parsed, or a store does not reply.
pub async fn reconcile(settings: &Settings, provider: &str, statement: &str, apply: bool) -> anyhow::Result<Report> {
    let parse = sandbox::statement_reader(provider, settings)
        .with_context(|| format!("{provider:?} is no payment platform of this shop"))?;
    let provider = &Provider::from(provider);
    let lines = parse(statement).map_err(anyhow::Error::msg)?;
    let stores = Stores::open(settings)?;
    stores.expect_all()?;
    let clock = Clock::default();
    let context = Context {
        executor: BlockingExecutor::default(),
        clock: clock.clone(),
        ids: Arc::new(IdGenerator::new(clock, settings.node.id)),
        node: settings.node.id,
        faults: Faults::default(),
        relay_waker: RelayWaker::default(),
    };
    let first_sync_after = settings.payments.ask.first.0;
    let (pay, _) =
        OwnerActor::start(Arc::new(Pay { context, first_sync_after }), stores.owners.pay, settings.owners.limits());
    let mut report = Report::default();
    for chunk in lines.chunks(CHUNK) {
        compare_chunk(&pay, provider, chunk, apply, &mut report).await?;
    }
    find_missing_there(&pay, provider, &lines, &mut report).await?;
    Ok(report)
}

async fn compare_chunk(
    pay: &Addr<Actor>,
    provider: &Provider,
    lines: &[Entry],
    apply: bool,
    report: &mut Report,
) -> anyhow::Result<()> {
    let find =
        FindPaymentRecords { provider: provider.clone(), payments: lines.iter().filter_map(parse_pay_id).collect() };
    let records = ask(pay, find).await?;
    let records: HashMap<_, _> = records.into_iter().map(|record| (record.pay_id, record)).collect();
    for line in lines {
        let record = parse_pay_id(line).and_then(|pay_id| records.get(&pay_id));
        let Some(mut difference) = compare(line, record) else {
            report.count(Kind::Matched);
            continue;
        };
        report.count(difference.kind);
        if apply && difference.is_repairable && repair(pay, provider, line, &mut difference).await? {
            report.repaired += 1;
        } else {
            report.differences.push(difference);
        }
    }
    Ok(())
}

/// Notifies Pay of what the statement says. A rejection is added to the difference, which remains.
async fn repair(
    pay: &Addr<Actor>,
    provider: &Provider,
    line: &Entry,
    difference: &mut Difference,
) -> anyhow::Result<bool> {
    let (event, event_id) = match &line.refund_no {
        None => (Event::Paid, format!("asked_{}", line.trade_no)),
        Some(refund_no) => (Event::Refunded(refund_no.clone()), format!("asked_{refund_no}")),
    };
    let notice = Notification {
        event_id,
        event,
        out_trade_no: line.out_trade_no.clone(),
        trade_no: line.trade_no.clone(),
        amount: line.amount,
        currency: CURRENCY.to_owned(),
        wrong_recipient: None,
    };
    let body = format!("from the platform's statement: {line:?}");
    match ask(pay, Notify { provider: provider.clone(), notification: notice, body }).await? {
        Ok(()) => Ok(true),
        Err(rejected) => {
            difference.ours = format!("{}: {rejected}", difference.ours);
            Ok(false)
        }
    }
}

/// Adds the payments and refunds of the statement's period that are in our books but not in the statement.
async fn find_missing_there(
    pay: &Addr<Actor>,
    provider: &Provider,
    lines: &[Entry],
    report: &mut Report,
) -> anyhow::Result<()> {
    let times = || lines.iter().map(|line| line.time);
    let (Some(from), Some(until)) = (times().min(), times().max()) else { return Ok(()) };
    let (index, mut after) = (StatementIndex::of(lines), None);
    loop {
        let limit = i64::try_from(CHUNK)?;
        let page = ask(pay, ListPaidRecords { provider: provider.clone(), from, until, after, limit }).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.pay_id);
        for missing in page.iter().flat_map(|record| index.missing(record)) {
            report.count(missing.kind);
            report.differences.push(missing);
        }
    }
}
