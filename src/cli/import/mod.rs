//! `tradepost import goods`: brings goods and deliveries from a CSV file into a running shop, over its HTTP interface. A
//! server locks the files of its stores, and its owners alone write their tables, so there is no other way in.

mod client;
pub mod plan;
pub mod row;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueHint};
use futures_util::StreamExt;

pub use self::client::Server;
use self::client::{Client, Done, Outcome};
use self::plan::{Change, Effect, Plan};
use self::row::WrongRow;
use super::help;
use super::probe;
use super::progress::Progress;
use crate::app::tls;
use crate::config::credentials::Credentials;
use crate::config::{self, Settings};
use crate::http::connection::tls::certificate;

/// Number of requests at the same time. More would only wait for the same commits.
const CONCURRENT_MAX: usize = 8;

/// Kinds of things to import.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create and change goods, and add deliveries to their stock.
    #[command(after_help = help::IMPORT_GOODS)]
    Goods(GoodsArgs),
}

/// Arguments of the import of goods.
#[derive(Debug, Args)]
pub struct GoodsArgs {
    /// A CSV file with a header. Columns: goods_id, goods_name, goods_number, goods_price, goods_desc, on_sale,
    /// stock_delta, stock_reason.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Address of the server with the administrator routes, such as <https://shop.example.com>. Default: the listen
    /// address of the settings.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Import the other rows if some are wrong. Otherwise nothing is written.
    #[arg(long)]
    skip_wrong: bool,
}

/// The ways to import a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Only say what would be done.
    pub dry_run: bool,
    /// Import the other rows if some are wrong.
    pub skip_wrong: bool,
}

/// The result of an import.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of goods that were created.
    pub created: usize,
    /// Number of goods that were changed.
    pub changed: usize,
    /// Number of stocks that were adjusted.
    pub adjusted: usize,
    /// Number of rows whose goods are as the row says.
    pub unchanged: usize,
    /// The rows that were not imported, in the order of the file.
    pub wrong: Vec<WrongRow>,
}

/// Runs one command.
pub fn run(settings: &Settings, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Goods(GoodsArgs { file, url, dry_run, skip_wrong }) = command;
    let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let of_settings = |listen| format!("{}://{}", settings.http.tls.scheme(), probe::reachable(listen));
    let certificate = match (&url, tls::files(settings)) {
        (None, Some(files)) => {
            let loaded = certificate::load(&files).map_err(|error| tls::at_fault(&error))?;
            loaded.key.end_entity_cert().ok().map(|own| own.clone().into_owned())
        }
        _ => None,
    };
    // Sessions are not served on a listener of the administrators.
    let server = Server {
        sessions: url.clone().unwrap_or_else(|| of_settings(settings.http.listen)),
        admin: url.unwrap_or_else(|| of_settings(settings.admin.listen.0.unwrap_or(settings.http.listen))),
        certificate,
    };
    let credentials = config::credentials::read(settings)?;
    let options = Options { dry_run, skip_wrong };
    let report = actix_web::rt::System::new().block_on(import(&server, &credentials, &bytes, options));
    let report = report.with_context(|| file.display().to_string())?;
    print(&file, &report, options)?;
    Ok(if report.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn print(file: &Path, report: &Report, options: Options) -> anyhow::Result<()> {
    let mut errors = std::io::stderr();
    for WrongRow { line, detail } in &report.wrong {
        writeln!(errors, "{}:{line}: {detail}", file.display())?;
    }
    let Report { created, changed, adjusted, unchanged, wrong } = report;
    if report.is_refused() && !options.skip_wrong {
        writeln!(errors, "Nothing was written. Correct the rows, or leave them out with --skip-wrong.")?;
    }
    let mood = if options.dry_run { "would be " } else { "" };
    let mut out = std::io::stdout();
    writeln!(
        out,
        "goods: {created} {mood}created, {changed} {mood}changed, {unchanged} unchanged, {} wrong",
        wrong.len()
    )?;
    writeln!(out, "stocks: {adjusted} {mood}adjusted")?;
    Ok(())
}

/// Imports `bytes`, the content of a file, into the shop of `server`. Must be called inside an actix system.
///
/// # Errors
/// The file is no table of goods, the sign-in fails, or the server does not answer. What was written before stays; the
/// same import goes on with the rest.
pub async fn import(
    server: &Server,
    credentials: &Credentials,
    bytes: &[u8],
    options: Options,
) -> anyhow::Result<Report> {
    let (rows, wrong) = row::read(bytes)?;
    let mut report = Report { wrong, ..Report::default() };
    let client = Client::sign_in(server, credentials).await?;
    let progress = Progress::waiting("reading the goods of the shop");
    let catalogue = client.all_goods().await?;
    progress.finish();
    let Plan { changes, unchanged, wrong } = plan::plan(&rows, &catalogue);
    report.unchanged = unchanged;
    report.wrong.extend(wrong);
    report.wrong.sort_by_key(|row| row.line);
    if !report.wrong.is_empty() && !options.skip_wrong {
        report.unchanged = 0;
        return Ok(report);
    }
    if options.dry_run {
        for change in changes {
            let effects = change.effects().into_iter().map(|effect| (effect, Done::Now)).collect();
            report.count(change.line, Outcome { effects, refusal: None });
        }
        return Ok(report);
    }
    write(&client, &changes, &mut report).await?;
    Ok(report)
}

/// Carries out the changes. A row that the server refuses is a wrong row.
async fn write(client: &Client, changes: &[Change], report: &mut Report) -> anyhow::Result<()> {
    let progress = Progress::steps(changes.len(), "rows");
    let requests = changes.iter().map(|change| async move { (change.line, client.carry_out(change).await) });
    let mut answers = futures_util::stream::iter(requests).buffer_unordered(CONCURRENT_MAX);
    let mut outcome = Ok(());
    while let Some((line, answer)) = answers.next().await {
        match answer {
            Ok(outcome) => report.count(line, outcome),
            Err(error) => {
                outcome = Err(error.context("not all rows were written; import the same file again for the rest"));
                break;
            }
        }
        progress.advance(1);
    }
    progress.finish();
    report.wrong.sort_by_key(|row| row.line);
    outcome
}

impl Report {
    /// Counts the effects of a row.
    fn count(&mut self, line: u64, outcome: Outcome) {
        let Outcome { effects, refusal } = outcome;
        match refusal {
            Some(detail) => self.wrong.push(WrongRow { line, detail }),
            None if effects.iter().all(|(_, done)| *done == Done::Before) => self.unchanged += 1,
            None => {}
        }
        for (effect, _) in effects.iter().filter(|(_, done)| *done == Done::Now) {
            *match effect {
                Effect::Create => &mut self.created,
                Effect::Change => &mut self.changed,
                Effect::Adjust => &mut self.adjusted,
            } += 1;
        }
    }

    /// Whether the import has written nothing because of wrong rows.
    const fn is_refused(&self) -> bool {
        !self.wrong.is_empty() && self.created + self.changed + self.adjusted + self.unchanged == 0
    }
}
