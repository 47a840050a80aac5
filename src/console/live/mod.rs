//! Live parts of pages, by server-sent events. They are rendered once a second per page and language, not per viewer, and
//! nothing is read for them while no page is open.
//!
//! A part is sent when it has changed, so that what a reader has selected or focussed stays. A viewer that does not take its
//! frames is dropped; its browser connects again.

mod topic;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, rt};
use futures_util::stream;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::operator::Operator;
use crate::http::extract::query::Query;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::web::language::{self, ENGLISH, Words};
pub use topic::{Part, Topic};

/// Interval of the frames.
const FRAME_EVERY: Duration = Duration::from_secs(1);
/// Maximum number of viewers of this process.
const VIEWERS_MAX: usize = 32;
/// Number of frames that a viewer may be behind.
const BEHIND_MAX: usize = 3;
/// How long a viewer is served. Then the browser connects again, and its session is checked again.
const SERVED_FOR: Duration = Duration::from_secs(300);

/// The viewers of the live parts. Clones share them.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    viewers: Vec<Viewer>,
    /// Whether frames are being made.
    is_running: bool,
    /// Set when the server stops.
    is_closed: bool,
}

/// A page and its language.
type Kind = (Topic, &'static str);

struct Viewer {
    kind: Kind,
    frames: mpsc::Sender<Bytes>,
    until: Instant,
    /// It has had no frame yet, so all parts are new to it.
    is_new: bool,
}

impl Hub {
    /// Drops all viewers, because an orderly stop waits for open connections.
    pub fn close(&self) {
        let mut inner = self.0.lock();
        inner.is_closed = true;
        inner.viewers.clear();
    }

    /// Adds a viewer. The first one starts the frames.
    ///
    /// # Errors
    /// 503 if there are too many, or the server stops.
    fn join(&self, kind: Kind, state: &Data<State>) -> Result<mpsc::Receiver<Bytes>, Problem> {
        let (frames, receiver) = mpsc::channel(BEHIND_MAX);
        let mut inner = self.0.lock();
        inner.viewers.retain(|viewer| !viewer.frames.is_closed());
        if inner.is_closed || inner.viewers.len() >= VIEWERS_MAX {
            return Err(Problem::with(Code::Busy, ENGLISH.failure.reasons.too_many_pages));
        }
        inner.viewers.push(Viewer { kind, frames, until: Instant::now() + SERVED_FOR, is_new: true });
        if !std::mem::replace(&mut inner.is_running, true) {
            rt::spawn(run(self.clone(), state.clone()));
        }
        Ok(receiver)
    }

    /// The pages and languages that have viewers; `None` if there is no viewer, and then the frames end.
    fn watched(&self) -> Option<BTreeSet<Kind>> {
        let mut inner = self.0.lock();
        let now = Instant::now();
        inner.viewers.retain(|viewer| !viewer.frames.is_closed() && now < viewer.until);
        inner.is_running = !inner.viewers.is_empty();
        inner.is_running.then(|| inner.viewers.iter().map(|viewer| viewer.kind).collect())
    }

    /// Sends the parts that have changed, or all of them to a new viewer. Drops viewers that are too far behind.
    fn send(&self, kind: Kind, parts: &[(Bytes, bool)]) {
        let join = |parts: Vec<&[u8]>| Bytes::from(parts.concat());
        let all = join(parts.iter().map(|(part, _)| part.as_ref()).collect());
        let changed =
            join(parts.iter().filter(|(_, has_changed)| *has_changed).map(|(part, _)| part.as_ref()).collect());
        self.0.lock().viewers.retain_mut(|viewer| {
            if viewer.kind != kind {
                return true;
            }
            let frame = if std::mem::take(&mut viewer.is_new) { &all } else { &changed };
            // A comment keeps the connection alive if nothing has changed.
            let frame = if frame.is_empty() { Bytes::from_static(b":\n\n") } else { frame.clone() };
            viewer.frames.try_send(frame).is_ok()
        });
    }
}

/// Makes frames until the last viewer has gone.
async fn run(hub: Hub, state: Data<State>) {
    let mut every = tokio::time::interval(FRAME_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut sent: HashMap<(Kind, &'static str), Bytes> = HashMap::new();
    loop {
        every.tick().await;
        let Some(kinds) = hub.watched() else { return };
        let topics: BTreeSet<Topic> = kinds.iter().map(|(topic, _)| *topic).collect();
        for topic in topics {
            let data = topic.read(&state).await;
            for words in language::ALL.into_iter().filter(|words| kinds.contains(&(topic, words.code))) {
                let kind = (topic, words.code);
                let parts = data.render(words);
                let frame = |part: Part| {
                    let name = part.name;
                    let frame = event(&part.in_event().into_string());
                    let has_changed = sent.insert((kind, name), frame.clone()).is_none_or(|before| before != frame);
                    (frame, has_changed)
                };
                let parts: Vec<(Bytes, bool)> = parts.into_iter().map(frame).collect();
                hub.send(kind, &parts);
            }
        }
    }
}

/// A server-sent event. Each line of the content is a line of data.
fn event(content: &str) -> Bytes {
    let data: String = content.lines().map(|line| format!("data: {line}\n")).collect();
    Bytes::from(format!("{data}\n"))
}

/// Query of the live parts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    page: Topic,
}

/// `GET /console/live`
///
/// # Errors
/// 503 if too many pages are open.
pub async fn show(operator: Operator, hub: Data<Hub>, Query(watch): Query<Watch>) -> HandlerResult {
    let words: &Words = operator.words;
    let receiver = hub.join((watch.page, words.code), &operator.state)?;
    let frames = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|frame| (Ok::<_, actix_web::Error>(frame), receiver))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // A proxy that collects the answer would show nothing.
        .insert_header(("x-accel-buffering", "no"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_a_line_of_data_for_each_line() {
        assert_eq!(event("x\ny"), "data: x\ndata: y\n\n");
    }

    fn viewer(hub: &Hub) -> mpsc::Receiver<Bytes> {
        let (frames, receiver) = mpsc::channel(BEHIND_MAX);
        let until = Instant::now() + SERVED_FOR;
        hub.0.lock().viewers.push(Viewer { kind: (Topic::Overview, "en"), frames, until, is_new: true });
        receiver
    }

    #[actix_web::test]
    async fn a_part_is_sent_when_it_has_changed_and_whole_to_a_new_viewer() {
        let hub = Hub::default();
        let (kind, part) =
            ((Topic::Overview, "en"), |text: &'static str, has_changed| (Bytes::from(text), has_changed));
        let mut first = viewer(&hub);
        hub.send(kind, &[part("a", true), part("b", true)]);
        let mut second = viewer(&hub);
        hub.send(kind, &[part("a", false), part("c", true)]);
        hub.send(kind, &[part("a", false), part("c", false)]);
        hub.send((Topic::Actors, "en"), &[part("x", true)]);
        let taken = |receiver: &mut mpsc::Receiver<Bytes>| receiver.try_recv().unwrap();
        assert_eq!([taken(&mut first), taken(&mut first), taken(&mut first)], ["ab", "c", ":\n\n"]);
        assert_eq!([taken(&mut second), taken(&mut second)], ["ac", ":\n\n"]);
        assert!(first.try_recv().is_err());
    }

    #[actix_web::test]
    async fn a_viewer_that_takes_nothing_is_dropped_and_one_that_has_gone_ends_the_frames() {
        let hub = Hub::default();
        let mut slow = viewer(&hub);
        for _ in 0..=BEHIND_MAX {
            assert!(hub.watched().is_some());
            hub.send((Topic::Overview, "en"), &[(Bytes::from("a"), true)]);
        }
        assert!(hub.watched().is_none());
        let mut taken = 0;
        while slow.recv().await.is_some() {
            taken += 1;
        }
        assert_eq!(taken, BEHIND_MAX);
        drop(viewer(&hub));
        assert!(hub.watched().is_none());
        let mut last = viewer(&hub);
        hub.close();
        assert_eq!(last.recv().await, None);
    }
}
