//! The supervised payments actor. It processes due syncs, refunds and expired orders on a schedule, and handles
//! requests that need a platform at once.

use std::sync::Arc;

use actix::{Actor, Addr, AsyncContext, Handler, ResponseFuture, Supervised};

pub use super::job::NAME;
use super::job::reply_in_time;
use super::message::{
    Cancel, ClosePayment, DownloadStatement, FindDue, NoStatement, Query, StartOutcome, StartPayment,
};
use super::platform::single::CallKind;
use super::poll::Loops;
use super::starting::Starting;
use super::{Context, close, expire, refund, start, sync};
use crate::actor::Reply;
use crate::actor::supervisor::supervise;
use crate::actor::task::ask;
use crate::order::error::CommandRefusal;
use crate::order::message::Order;
use crate::pay;
use crate::pay::message::{Payment, PaymentWithOpenRefunds};
use crate::trace::{Kind, Traced};

/// Processes due syncs, refunds and expired orders, and starts payments.
pub struct Payments {
    context: Arc<Context>,
    loops: Arc<Loops>,
    starting: Starting,
}

impl Payments {
    /// Starts the actor on the current arbiter.
    #[must_use]
    pub fn start(context: Context) -> Addr<Self> {
        let (context, health) = (Arc::new(context.clone()), context.health);
        let loops = Arc::new(Loops::new(Arc::clone(&context)));
        supervise(health, |_| Self { context, loops, starting: Starting::default() })
    }
}

impl Actor for Payments {
    type Context = actix::Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // A poll from before a restart may still be running and hold its locks. Both may run: rows are claimed once.
        self.loops = Arc::new(Loops::new(Arc::clone(&self.context)));
        ctx.run_interval(self.context.payments.sweep_every.get(), |me, _| {
            if me.context.faults.hit(NAME, "handle").is_ok() {
                let loops = Arc::clone(&me.loops);
                actix::spawn(async move { loops.poll().await });
            }
        });
    }
}

impl Supervised for Payments {}

impl Handler<FindDue> for Payments {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: FindDue, _: &mut Self::Context) -> Self::Result {
        let loops = Arc::clone(&self.loops);
        Box::pin(async move { loops.poll().await })
    }
}

impl Handler<Traced<StartPayment>> for Payments {
    type Result = ResponseFuture<Reply<StartOutcome>>;

    fn handle(&mut self, request: Traced<StartPayment>, _: &mut Self::Context) -> Self::Result {
        let (context, starting) = (Arc::clone(&self.context), self.starting.clone());
        let Traced { message, parent } = request;
        let span = parent.child(|| "payments StartPayment".to_owned(), Kind::Internal);
        Box::pin(span.run(async move { start::start(&context, &starting, message).await }))
    }
}

impl Handler<Traced<Cancel>> for Payments {
    type Result = ResponseFuture<Reply<Result<Order, CommandRefusal>>>;

    fn handle(&mut self, task: Traced<Cancel>, _: &mut Self::Context) -> Self::Result {
        let context = Arc::clone(&self.context);
        let Traced { message, parent } = task;
        let span = parent.child(|| "payments Cancel".to_owned(), Kind::Internal);
        Box::pin(span.run(reply_in_time(async move { expire::cancel(&context, message).await })))
    }
}

impl Handler<Traced<ClosePayment>> for Payments {
    type Result = ResponseFuture<Reply<Option<Payment>>>;

    fn handle(&mut self, task: Traced<ClosePayment>, _: &mut Self::Context) -> Self::Result {
        let context = Arc::clone(&self.context);
        let Traced { message, parent } = task;
        let span = parent.child(|| "payments ClosePayment".to_owned(), Kind::Internal);
        Box::pin(span.run(reply_in_time(async move { close::close_for_customer(&context, message).await })))
    }
}

impl Handler<DownloadStatement> for Payments {
    type Result = ResponseFuture<Result<Vec<u8>, NoStatement>>;

    fn handle(&mut self, request: DownloadStatement, _: &mut Self::Context) -> Self::Result {
        let context = Arc::clone(&self.context);
        Box::pin(async move {
            let DownloadStatement { provider, bill, day } = request;
            let gateway = context.platforms.find(&provider).ok_or(NoStatement::UnknownProvider)?;
            if let Some(wait) = gateway.platform.refuses() {
                return Err(NoStatement::Unavailable(wait));
            }
            gateway.download_statement(bill, day).await.map_err(NoStatement::None)
        })
    }
}

impl Handler<Traced<Query>> for Payments {
    type Result = ResponseFuture<Reply<Option<Payment>>>;

    fn handle(&mut self, query: Traced<Query>, _: &mut Self::Context) -> Self::Result {
        let context = Arc::clone(&self.context);
        let Traced { message: Query { pay_id }, parent } = query;
        let span = parent.child(|| "payments Query".to_owned(), Kind::Internal);
        Box::pin(span.run(reply_in_time(async move {
            let Some(PaymentWithOpenRefunds { payment, refunds }) =
                ask(&context.pay, pay::message::FindAny { pay_id }).await?
            else {
                return Ok(None);
            };
            sync::query(&context, CallKind::Operator, &payment).await?;
            for due in refunds {
                refund::drive(&context, CallKind::Operator, &due).await?;
            }
            refund::compare_payment(&context, &payment).await?;
            Ok(ask(&context.pay, pay::message::FindAny { pay_id }).await?.map(|found| found.payment))
        })))
    }
}
