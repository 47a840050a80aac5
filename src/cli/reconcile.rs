//! `tradepost reconcile`: compares a platform's statement with our books, reports the differences, and repairs those
//! that a notification to Pay repairs.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use strum::VariantArray;

use super::progress::Progress;
use crate::actor::OwnerActor;
use crate::app::stores::Stores;
use crate::app::{self, membership};
use crate::config::Settings;
use crate::domain::clock::Clock;
use crate::gateway::statement::day::Day;
use crate::gateway::statement::{Bill, Source};
use crate::pay::Pay;
use crate::reconcile::run::Reconciliation;
use crate::reconcile::{Difference, Funds, Kind, Report};

/// The comparison to make.
pub struct Arguments<'a> {
    /// Name of the payment platform, or of one of its products.
    pub provider: &'a str,
    /// The kind of statement.
    pub bill: Bill,
    /// Whether Pay is notified of what it does not know.
    pub apply: bool,
}

/// The source of the statement.
pub enum Input {
    /// A file.
    File(PathBuf),
    /// The platform, which makes one of each day.
    Day(Day),
}

/// Compares a statement with our books and prints the differences. The exit code is 0 if there are none, else 1.
pub fn run(settings: &Settings, arguments: &Arguments<'_>, input: &Input, json: bool) -> anyhow::Result<ExitCode> {
    let report = actix_web::rt::System::new().block_on(async {
        match input {
            Input::File(file) => {
                let statement = std::fs::read(file).with_context(|| file.display().to_string())?;
                reconcile(settings, arguments, &statement).await.with_context(|| file.display().to_string())
            }
            Input::Day(day) => reconcile_day(settings, arguments, *day, &Clock::default()).await,
        }
    })?;
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
        if let Some(Funds { charged, refunded, fees, other, change }) = report.funds {
            writeln!(out, "charged {charged}, refunded {refunded}, fees {fees}, other {other}: change {change}")?;
        }
    }
    Ok(if report.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Compares `statement`, the content of a file, with our books of a platform. With `apply`, sends Pay a notification for
/// each payment or refund it does not know, as if the platform had called back. The resulting messages are delivered by
/// the running server, or by the next one that starts. Must be called inside an actix system.
///
/// # Errors
/// Fails if the platform is unknown, the statement cannot be parsed, or a store does not reply.
pub async fn reconcile(
    settings: &Settings,
    arguments: &Arguments<'_>,
    statement: impl AsRef<[u8]>,
) -> anyhow::Result<Report> {
    let source = source_of(settings, arguments.provider)?;
    compare_with(settings, arguments, &source, statement.as_ref(), None, &Clock::default()).await
}

/// Downloads the statement of a day and compares it, as [`reconcile`] does.
///
/// # Errors
/// Those of [`reconcile`]; if there is no statement; if it is of another day.
pub async fn reconcile_day(
    settings: &Settings,
    arguments: &Arguments<'_>,
    day: Day,
    clock: &Clock,
) -> anyhow::Result<Report> {
    let source = source_of(settings, arguments.provider)?;
    let progress = Progress::waiting("downloading the statement");
    let bytes = app::statement::download(settings, arguments.provider, arguments.bill, day, clock).await?;
    progress.finish();
    compare_with(settings, arguments, &source, &bytes, Some(day), clock).await
}

fn source_of(settings: &Settings, provider: &str) -> anyhow::Result<Source> {
    app::statement::source(settings, provider)
        .with_context(|| format!("{provider:?} is no payment platform of this shop"))
}

async fn compare_with(
    settings: &Settings,
    arguments: &Arguments<'_>,
    source: &Source,
    statement: &[u8],
    day: Option<Day>,
    clock: &Clock,
) -> anyhow::Result<Report> {
    let stores = Stores::open(settings)?;
    stores.expect_complete()?;
    // Held until the end: the ids that are made here must differ from those of the running servers.
    let membership = membership::join_for_command(settings, &stores, "reconcile", clock).await?;
    let context = membership.context(settings, clock);
    let first_sync_after = settings.payments.ask.first.0;
    let (pay, _) =
        OwnerActor::start(Arc::new(Pay { context, first_sync_after }), stores.owners.pay, settings.owners.limits());
    let Arguments { bill, apply, .. } = *arguments;
    let progress = Progress::steps(0, "lines");
    let mut show = |done, of| progress.set(u64::try_from(done).unwrap_or(0), u64::try_from(of).unwrap_or(0));
    Ok(Reconciliation { pay: &pay, source, bill, day, apply }.run_with(statement, &mut show).await?)
}
