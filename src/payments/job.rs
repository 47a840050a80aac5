//! Runs jobs, each in a task of its own, so that a job that fails or panics does not affect the others.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::Context;
use crate::actor::{Failure, Reply};
use crate::domain::refund::ATTEMPT_MAX;
use crate::trace::Parent;

/// The actor's name on the status page.
pub const NAME: &str = "settlement";
/// Time limit of one job. A job that exceeds it is dropped and retried when its row is due again.
const JOB_TIMEOUT: Duration = ATTEMPT_MAX;
/// Time limit for the answer to a request that needs a platform. The job continues after it.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Starts all jobs and waits for them. They continue if the returned future is dropped.
pub fn run_page<I, F>(context: &Arc<Context>, jobs: I) -> impl Future<Output = ()> + use<I, F>
where
    I: Iterator<Item = F>,
    F: Future<Output = Reply<()>> + 'static,
{
    let spawn = |job: F| {
        let context = Arc::clone(context);
        actix::spawn(async move { run_job(&context, job).await })
    };
    let tasks: Vec<_> = jobs.map(spawn).collect();
    async move { drop(join_all(tasks).await) }
}

/// Runs one job in a task of its own, with a time limit, and records its outcome.
pub async fn run_job(context: &Arc<Context>, job: impl Future<Output = Reply<()>> + 'static) {
    let outcome = match context.faults.hit(NAME, "settle") {
        Ok(()) => actix::spawn(tokio::time::timeout(JOB_TIMEOUT, job)).await,
        Err(_) => Ok(Ok(Err(Failure::Unknown))),
    };
    match outcome {
        Ok(Ok(Ok(()))) => context.health.record_replies(1, 0, 0),
        // The claim of its row is a lease: the job runs again when the row is due again.
        Ok(_) => context.health.record_replies(0, 0, 1),
        Err(panic) => {
            context.health.record_replies(0, 1, 0);
            context.health.record_error(&panic.to_string());
        }
    }
}

/// Runs the job of a request in a task of its own and waits for its reply.
///
/// # Errors
/// The failure of the job; [`Failure::Unknown`] if it panics or has no reply in time. The job then continues.
pub async fn reply_in_time<T: 'static>(job: impl Future<Output = Reply<T>> + 'static) -> Reply<T> {
    match tokio::time::timeout(ANSWER_WITHIN, actix::spawn(Parent::current().enter(job))).await {
        Ok(Ok(reply)) => reply,
        Ok(Err(_)) | Err(_) => Err(Failure::Unknown),
    }
}
