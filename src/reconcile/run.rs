//! Runs a reconciliation: loads Pay's records of what a statement lists, compares them, and repairs what a notification
//! to Pay repairs.

use std::collections::HashMap;

use super::funds::{self, Known};
use super::{Difference, Kind, Named, Report, StatementIndex, compare, first_repeated, parse_pay_id};
use crate::actor::task::ask;
use crate::actor::{Failure, OwnerAddr};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::CURRENCY;
use crate::domain::provider::Provider;
use crate::gateway::statement::day::Day;
use crate::gateway::statement::funds::{Cause, FundStatement};
use crate::gateway::statement::{Bill, Source};
use crate::gateway::{Entry, Event, Notification, Statement};
use crate::pay::Pay;
use crate::pay::message::{FindPaymentRecords, FindRefundedPayments, ListPaidRecords, Notify, PaymentRecord};

/// Records compared in one query.
const CHUNK: usize = 500;

/// Reason for which there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The statement cannot be compared, for this reason.
    #[error("{0}")]
    Statement(String),
    /// Pay does not answer.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<String> for Error {
    fn from(why: String) -> Self {
        Self::Statement(why)
    }
}

/// A reconciliation with the books of Pay.
#[derive(Debug, Clone, Copy)]
pub struct Reconciliation<'a> {
    /// The owner of the books.
    pub pay: &'a OwnerAddr<Pay>,
    /// The statements to compare.
    pub source: &'a Source,
    /// The kind of statement.
    pub bill: Bill,
    /// The day that the statement must be of; `None` if it says its period itself.
    pub day: Option<Day>,
    /// Whether Pay is notified of payments and refunds it does not know, as if the platform had called back. A fund
    /// statement repairs nothing.
    pub apply: bool,
}

impl Reconciliation<'_> {
    /// Compares a statement, the content of a file.
    ///
    /// # Errors
    /// If the statement cannot be parsed, is of another day or lists a line twice, or if Pay does not answer.
    pub async fn run(&self, bytes: &[u8]) -> Result<Report, Error> {
        self.run_with(bytes, &mut |_, _| {}).await
    }

    /// Like [`Self::run`]. Calls `progress` with the number of lines that were compared, and their total.
    ///
    /// # Errors
    /// See [`Self::run`].
    pub async fn run_with(&self, bytes: &[u8], progress: &mut dyn FnMut(usize, usize)) -> Result<Report, Error> {
        match self.bill {
            Bill::Trade => {
                let mut statement = (self.source.read)(bytes)?;
                if statement.from == Timestamp(0) {
                    self.cut(&mut statement);
                }
                (statement.from, statement.until) = self.period(statement.from, statement.until)?;
                if let Some(line) = first_repeated(&statement.entries) {
                    let refund = line.refund_no.as_ref().map(|number| format!(", refund {number}")).unwrap_or_default();
                    return Err(format!("payment {}{refund} is in the statement twice", line.out_trade_no).into());
                }
                self.compare(&statement, self.apply, progress).await
            }
            Bill::Funds => {
                let read = self.source.read_funds.ok_or_else(|| "the platform has no fund statements".to_owned())?;
                let mut statement = read(bytes)?;
                (statement.from, statement.until) = self.period(statement.from, statement.until)?;
                let sums = funds::sums(&statement).ok_or_else(|| "the sums are too large".to_owned())?;
                let entries = funds::entries(&statement, &self.known(&statement).await?);
                let FundStatement { from, until, .. } = statement;
                let report = self.compare(&Statement { entries, from, until }, false, progress).await?;
                Ok(Report { funds: Some(sums), ..report })
            }
        }
    }

    /// Cuts a statement of everything since the beginning to the day.
    fn cut(&self, statement: &mut Statement) {
        if let Some((from, until)) = self.day.and_then(|day| day.first().zip(day.last())) {
            statement.entries.retain(|entry| entry.time >= from && entry.time <= until);
            (statement.from, statement.until) = (from, until);
        }
    }

    /// The period of a statement that says it is from `from` to `until`.
    fn period(&self, from: Timestamp, until: Timestamp) -> Result<(Timestamp, Timestamp), Error> {
        let Some(day) = self.day else { return Ok((from, until)) };
        let bounds = day.first().zip(day.last()).ok_or_else(|| format!("{day} is out of range"))?;
        if from < bounds.0 || until > bounds.1 {
            return Err(format!("the platform has sent the statement of another day than {day}").into());
        }
        Ok(bounds)
    }

    async fn compare(
        &self,
        statement: &Statement,
        apply: bool,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Report, Error> {
        let (mut report, mut named) = (Report::default(), Named::default());
        for (at, lines) in statement.entries.chunks(CHUNK).enumerate() {
            progress(at * CHUNK, statement.entries.len());
            let records = self.records(lines.iter().filter_map(parse_pay_id).collect()).await?;
            for line in lines {
                let record = parse_pay_id(line).and_then(|pay_id| records.get(&pay_id));
                let Some(mut difference) = compare(line, record, &mut named) else {
                    report.count(Kind::Matched);
                    continue;
                };
                report.count(difference.kind);
                let is_repaired = match record.filter(|_| apply && difference.is_repairable) {
                    Some(record) => self.repair(&record.provider, line, &mut difference).await?,
                    None => false,
                };
                if is_repaired {
                    report.repaired += 1;
                } else {
                    report.differences.push(difference);
                }
            }
        }
        self.find_missing_there(statement, &mut report).await?;
        Ok(report)
    }

    async fn records(&self, payments: Vec<PayId>) -> Result<HashMap<PayId, PaymentRecord>, Error> {
        let find = FindPaymentRecords { providers: self.source.providers.clone(), payments };
        Ok(ask(self.pay, find).await?.into_iter().map(|record| (record.pay_id, record)).collect())
    }

    /// Notifies Pay of what the statement says. A rejection is added to the difference, which remains.
    async fn repair(&self, provider: &Provider, line: &Entry, difference: &mut Difference) -> Result<bool, Error> {
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
        match ask(self.pay, Notify { provider: provider.clone(), notification: notice, body }).await?.verdict {
            Ok(()) => Ok(true),
            Err(rejected) => {
                difference.ours = format!("{}: {rejected}", difference.ours);
                Ok(false)
            }
        }
    }

    /// Adds the payments and refunds of the statement's period that are in the books but not in the statement.
    async fn find_missing_there(&self, statement: &Statement, report: &mut Report) -> Result<(), Error> {
        let Statement { entries, from, until } = statement;
        let (index, mut after) = (StatementIndex::of(entries), None);
        while let Some(page) = self.next_page(*from, *until, &mut after).await? {
            for missing in page.iter().flat_map(|record| index.missing(record, *from, *until)) {
                report.count(missing.kind);
                report.differences.push(missing);
            }
        }
        Ok(())
    }

    /// The next payments that were paid or refunded in the period; `None` after the last.
    async fn next_page(
        &self,
        from: Timestamp,
        until: Timestamp,
        after: &mut Option<PayId>,
    ) -> Result<Option<Vec<PaymentRecord>>, Error> {
        let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let page = ListPaidRecords { providers: self.source.providers.clone(), from, until, after: *after, limit };
        let page = ask(self.pay, page).await?;
        *after = page.last().map(|record| record.pay_id).or(*after);
        Ok(Some(page).filter(|page| !page.is_empty()))
    }

    /// The books beside a fund statement: the payments that its lines name, and those of the refunds that they name.
    async fn known(&self, statement: &FundStatement) -> Result<Known, Error> {
        let mut known = Known { records: HashMap::new(), payments: HashMap::new() };
        let mut after = None;
        // A refund that the platform made by itself has a number that is no id.
        while let Some(page) = self.next_page(statement.from, statement.until, &mut after).await? {
            for record in page {
                let numbers = record.refunds.iter().map(|refund| (refund.number.clone(), record.pay_id));
                known.payments.extend(numbers);
            }
        }
        let number = |cause: &Cause| match cause {
            Cause::Refund(Some(number)) if !known.payments.contains_key(number) => number.parse::<RefundId>().ok(),
            Cause::Refund(_) | Cause::Charge => None,
        };
        let refunds: Vec<RefundId> =
            statement.movements.iter().filter_map(|movement| number(&movement.cause)).collect();
        for refunds in refunds.chunks(CHUNK) {
            let found = ask(self.pay, FindRefundedPayments { refunds: refunds.to_vec() }).await?;
            known.payments.extend(found.into_iter().map(|(refund_id, pay_id)| (refund_id.to_string(), pay_id)));
        }
        let unnamed = statement.movements.iter().filter(|movement| movement.cause == Cause::Refund(None));
        let payments: Vec<PayId> = unnamed.filter_map(funds::pay_id).collect();
        for payments in payments.chunks(CHUNK) {
            known.records.extend(self.records(payments.to_vec()).await?);
        }
        Ok(known)
    }
}
