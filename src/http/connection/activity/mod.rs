//! The activity of one connection, and whether it lasts too long. Pure: the time is a parameter.

use std::task::Waker;
use std::time::{Duration, Instant};

use super::framing::Piece;

/// The slowest client that takes a long answer, in bytes per second.
const SLOWEST: u64 = 1024;

/// Time limits of a connection; `None` is no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimeLimits {
    /// From the first byte of a request, or the beginning of the connection, to the end of the head.
    pub head: Option<Duration>,
    /// How long an answer may wait for the client to take more of it.
    pub answer: Option<Duration>,
    /// How long a connection may be idle between two requests.
    pub idle: Duration,
}

/// Why a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// No whole head arrived in time.
    Head,
    /// The client does not take its answer.
    Answer,
    /// No further request began.
    Idle,
}

/// The next thing that should happen on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// For the rest of a head, since this moment.
    Head(Instant),
    /// For the first byte of another request, since this moment.
    Idle(Instant),
    /// For the answer of a handler.
    Handler,
}

/// The request for which a connection waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// One that has begun and takes long.
    SlowHead,
    /// One that has begun, or should begin, just now.
    Head,
    /// Any further one.
    Idle,
}

/// The time after which a head takes long.
const SLOW_HEAD: Duration = Duration::from_secs(1);

/// An answer that the socket does not take at once.
#[derive(Debug, Clone, Copy)]
struct Backlog {
    /// When the socket was full first.
    began: Instant,
    /// The bytes that were taken since.
    taken: u64,
    /// When bytes were taken last, or `began`.
    moved: Instant,
}

/// The body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    Empty,
    /// So many bytes.
    Length(u64),
    /// Chunks up to an empty one, which the HTTP server reads to their end even if the request was refused.
    Chunks,
}

/// The bytes that the HTTP server may have next. It takes apart all that it is given, and keeps each request for which it
/// has no time in a form that is hundreds of times as large. So it is given one request after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// None before it has answered.
    Nothing,
    /// Those of another request.
    Request,
    /// So many of the body.
    Body(u64),
    /// A few of the chunks.
    Chunks,
}

/// The bytes that were read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// A part of a request's head, or all of it with the beginning of its body.
    Request(Option<Piece>),
    /// So many of a body.
    Body(u64),
    /// Some of the chunks.
    Chunks {
        /// Whether they were the last ones.
        is_complete: bool,
    },
}

/// The state of one connection.
#[derive(Debug)]
pub struct Activity {
    phase: Phase,
    /// The rest of the body of the request in progress.
    body: Body,
    /// Bytes of the body that came with the head.
    came_with_head: u64,
    /// Whether the handler waits for more of the chunks.
    wants_chunks: bool,
    /// Whether the client has sent more than was allowed.
    is_ahead: bool,
    /// Reads on when more is allowed.
    reader: Option<Waker>,
    backlog: Option<Backlog>,
}

impl Activity {
    /// A connection that begins `now`.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Head(now),
            body: Body::Empty,
            came_with_head: 0,
            wants_chunks: false,
            is_ahead: false,
            reader: None,
            backlog: None,
        }
    }

    /// The bytes that may be read.
    #[must_use]
    pub const fn allowance(&self) -> Allowance {
        match (self.phase, self.body) {
            _ if self.backlog.is_some() => Allowance::Nothing,
            (_, Body::Length(left @ 1..)) => Allowance::Body(left),
            (Phase::Handler, Body::Chunks) if self.wants_chunks => Allowance::Chunks,
            (Phase::Handler, _) => Allowance::Nothing,
            // What is left of a body after its request was refused.
            (Phase::Head(_) | Phase::Idle(_), Body::Chunks) => Allowance::Chunks,
            (Phase::Head(_) | Phase::Idle(_), _) => Allowance::Request,
        }
    }

    /// The HTTP server has got these bytes. `is_ahead`: the client has sent more.
    pub fn read(&mut self, read: Read, is_ahead: bool, now: impl FnOnce() -> Instant) {
        self.is_ahead = is_ahead;
        let is_waiting = !matches!(self.phase, Phase::Handler);
        match (read, self.body) {
            (Read::Request(piece), _) => {
                self.came_with_head = piece.map_or(0, |piece| u64::try_from(piece.body).unwrap_or(u64::MAX));
                if matches!(self.phase, Phase::Idle(_)) {
                    self.phase = Phase::Head(now());
                }
            }
            (Read::Body(bytes), Body::Length(left)) if bytes < left => self.body = Body::Length(left - bytes),
            (Read::Chunks { is_complete: false }, _) => self.wants_chunks = false,
            (Read::Body(_) | Read::Chunks { .. }, _) => {
                self.body = Body::Empty;
                if is_waiting {
                    self.phase = Phase::Idle(now());
                }
            }
        }
    }

    /// Wakes `reader` as soon as more is allowed.
    pub fn wait(&mut self, reader: &Waker) {
        self.is_ahead = true;
        self.reader = Some(reader.clone());
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// The head of a request with this body is complete.
    pub fn begin(&mut self, body: Body) {
        self.phase = Phase::Handler;
        self.wants_chunks = false;
        self.body = match body {
            Body::Length(length) => Body::Length(length.saturating_sub(self.came_with_head)),
            Body::Empty | Body::Chunks => body,
        };
        self.wake();
    }

    /// The handler waits for more of the chunks.
    pub fn want_chunks(&mut self) {
        self.wants_chunks = true;
        self.wake();
    }

    /// The answer is complete, at least in memory.
    pub fn end(&mut self, is_refused: bool, now: Instant) {
        // More bytes came than belong to the request, or the rest of its body is still to come.
        let is_drained = is_refused && matches!(self.body, Body::Chunks | Body::Length(1..));
        self.phase = if self.is_ahead || is_drained { Phase::Head(now) } else { Phase::Idle(now) };
        self.wake();
    }

    /// The socket takes no more bytes at present.
    pub fn blocked(&mut self, now: impl FnOnce() -> Instant) {
        if self.backlog.is_none() {
            let began = now();
            self.backlog = Some(Backlog { began, taken: 0, moved: began });
        }
    }

    /// The socket has taken `bytes`; if `is_all`, nothing is left to write.
    pub fn written(&mut self, bytes: usize, is_all: bool, now: impl FnOnce() -> Instant) {
        if is_all {
            if self.backlog.take().is_some() {
                self.wake();
            }
        } else if let Some(backlog) = &mut self.backlog {
            backlog.taken = backlog.taken.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
            backlog.moved = now();
        }
    }

    /// Whether the socket has not taken all that was written.
    #[must_use]
    pub const fn has_backlog(&self) -> bool {
        self.backlog.is_some()
    }

    /// Whether the connection has to be cut.
    #[must_use]
    pub fn verdict(&self, limits: &TimeLimits, now: Instant) -> Option<Cut> {
        let has_passed = |since: Instant, limit: Option<Duration>| limit.is_some_and(|limit| now - since > limit);
        if self.backlog.is_some_and(|backlog| backlog.is_stuck(limits, now)) {
            return Some(Cut::Answer);
        }
        match self.phase {
            Phase::Head(since) if has_passed(since, limits.head) => Some(Cut::Head),
            Phase::Idle(since) if limits.head.is_some() && has_passed(since, Some(limits.idle)) => Some(Cut::Idle),
            _ => None,
        }
    }

    /// The request for which the connection waits, and since when; `None` if it works on one.
    #[must_use]
    pub fn waits(&self, now: Instant) -> Option<(Wait, Instant)> {
        match self.phase {
            Phase::Head(since) if now - since > SLOW_HEAD => Some((Wait::SlowHead, since)),
            Phase::Head(since) => Some((Wait::Head, since)),
            Phase::Idle(since) => Some((Wait::Idle, since)),
            Phase::Handler => None,
        }
    }
}

impl Backlog {
    /// Whether nothing was taken for the limit, or less than [`SLOWEST`] over a longer time.
    fn is_stuck(&self, limits: &TimeLimits, now: Instant) -> bool {
        let Some(limit) = limits.answer else { return false };
        let lasts = now - self.began;
        now - self.moved > limit || (lasts > limit && self.taken < lasts.as_secs().saturating_mul(SLOWEST))
    }
}

#[cfg(test)]
mod tests;
