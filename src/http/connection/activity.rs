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
mod tests {
    use super::*;
    use crate::http::connection::framing::Head;

    const GET: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
    const LIMITS: TimeLimits = TimeLimits {
        head: Some(Duration::from_secs(10)),
        answer: Some(Duration::from_secs(30)),
        idle: Duration::from_secs(75),
    };

    /// A connection and its time.
    struct Case {
        activity: Activity,
        now: Instant,
    }

    impl Case {
        fn new() -> Self {
            let now = Instant::now();
            Self { activity: Activity::new(now), now }
        }

        fn after(&mut self, seconds: u64) -> Option<Cut> {
            self.now += Duration::from_secs(seconds);
            self.activity.verdict(&LIMITS, self.now)
        }

        /// Reads so much of `bytes` as is a request, if there is one.
        fn read(&mut self, bytes: &[u8]) -> &mut Self {
            let (now, piece) = (self.now, Head::default().read(bytes));
            let length = piece.map_or(bytes.len(), |piece| piece.head + piece.body);
            self.activity.read(Read::Request(piece), length < bytes.len(), || now);
            self
        }

        fn request(&mut self, bytes: &[u8], body: Body, is_refused: bool) -> &mut Self {
            self.read(bytes).activity.begin(body);
            self.activity.end(is_refused, self.now);
            self
        }

        fn written(&mut self, bytes: usize, is_all: bool) {
            let now = self.now;
            self.activity.written(bytes, is_all, || now);
        }
    }

    #[test]
    fn a_head_has_to_be_complete_in_time_on_each_request() {
        let mut first = Case::new();
        assert_eq!((first.after(10), first.read(b"GET /").after(1)), (None, Some(Cut::Head)));
        let mut second = Case::new();
        second.request(GET, Body::Empty, false);
        assert_eq!(second.after(60), None, "an idle connection is kept");
        second.read(b"G");
        assert_eq!((second.after(5), second.read(b"E").after(5)), (None, None));
        assert_eq!(second.read(b"T").after(1), Some(Cut::Head), "bytes that drip do not prolong the time");
        let mut idle = Case::new();
        idle.request(GET, Body::Empty, false);
        assert_eq!((idle.after(75), idle.after(1)), (None, Some(Cut::Idle)));
    }

    #[test]
    fn bytes_that_came_with_a_request_are_the_beginning_of_another() {
        for more in [&b"G"[..], b"\r\n", b"GET / HTTP/1.1\r\n"] {
            let mut case = Case::new();
            case.request(&[GET, more].concat(), Body::Empty, false);
            assert_eq!((case.after(10), case.after(1)), (None, Some(Cut::Head)), "{more:?}");
        }
        let mut later = Case::new();
        later.read(GET).activity.begin(Body::Empty);
        later.activity.wait(Waker::noop());
        later.activity.end(false, later.now);
        assert_eq!((later.after(10), later.after(1)), (None, Some(Cut::Head)));
    }

    #[test]
    fn nothing_behind_a_request_is_read_before_it_is_answered_and_the_answer_is_taken() {
        let mut case = Case::new();
        case.read(GET).activity.begin(Body::Empty);
        assert_eq!(case.activity.allowance(), Allowance::Nothing);
        case.activity.end(false, case.now);
        assert_eq!(case.activity.allowance(), Allowance::Request);
        let now = case.now;
        case.activity.blocked(|| now);
        assert_eq!(case.activity.allowance(), Allowance::Nothing);
        case.written(1, true);
        case.read(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n1234").activity.begin(Body::Length(10));
        assert_eq!(case.activity.allowance(), Allowance::Body(6));
        case.activity.read(Read::Body(4), false, || now);
        assert_eq!(case.activity.allowance(), Allowance::Body(2));
        case.activity.read(Read::Body(2), false, || now);
        assert_eq!(case.activity.allowance(), Allowance::Nothing);
    }

    #[test]
    fn chunks_are_read_as_far_as_the_handler_wants_them() {
        let mut case = Case::new();
        case.read(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").activity.begin(Body::Chunks);
        assert_eq!(case.activity.allowance(), Allowance::Nothing);
        case.activity.want_chunks();
        assert_eq!(case.activity.allowance(), Allowance::Chunks);
        let now = case.now;
        case.activity.read(Read::Chunks { is_complete: false }, true, || now);
        assert_eq!(case.activity.allowance(), Allowance::Nothing);
        case.activity.want_chunks();
        case.activity.read(Read::Chunks { is_complete: true }, false, || now);
        case.activity.want_chunks();
        assert_eq!(case.activity.allowance(), Allowance::Nothing, "the body is complete");
    }

    #[test]
    fn what_is_left_of_a_refused_body_is_no_request() {
        let mut case = Case::new();
        case.request(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n", Body::Length(10), true);
        assert_eq!(case.activity.allowance(), Allowance::Body(10));
        let now = case.now;
        case.activity.read(Read::Body(10), false, || now);
        assert_eq!((case.activity.allowance(), case.after(60)), (Allowance::Request, None));
        let mut chunked = Case::new();
        chunked.request(b"POST / HTTP/1.1\r\n\r\n", Body::Chunks, true);
        assert_eq!(chunked.activity.allowance(), Allowance::Chunks);
        let now = chunked.now;
        chunked.activity.read(Read::Chunks { is_complete: true }, false, || now);
        assert_eq!((chunked.activity.allowance(), chunked.after(60)), (Allowance::Request, None));
    }

    #[test]
    fn a_refused_body_is_not_drained_for_long() {
        let mut case = Case::new();
        case.request(b"POST / HTTP/1.1\r\n\r\n1;", Body::Chunks, true);
        assert_eq!(case.after(9), None);
        let now = case.now;
        case.activity.read(Read::Chunks { is_complete: false }, false, || now);
        assert_eq!(case.after(2), Some(Cut::Head), "chunks that drip do not prolong the time");
        let mut taken = Case::new();
        taken.read(b"POST / HTTP/1.1\r\n\r\n").activity.begin(Body::Chunks);
        let now = taken.now;
        taken.activity.read(Read::Chunks { is_complete: true }, false, || now);
        taken.activity.end(false, now);
        assert_eq!(taken.after(60), None);
    }

    #[test]
    fn an_answer_has_to_be_taken_and_may_take_its_time() {
        let mut unread = Case::new();
        unread.read(GET).activity.begin(Body::Empty);
        let now = unread.now;
        unread.activity.blocked(|| now);
        assert_eq!((unread.after(30), unread.after(1)), (None, Some(Cut::Answer)));
        let mut steady = Case::new();
        steady.read(GET).activity.begin(Body::Empty);
        let now = steady.now;
        steady.activity.blocked(|| now);
        for _ in 0..100 {
            assert_eq!(steady.after(20), None);
            steady.written(40 * 1024, false);
        }
        let mut drip = Case::new();
        drip.read(GET).activity.begin(Body::Empty);
        let now = drip.now;
        drip.activity.blocked(|| now);
        assert_eq!(drip.after(20), None);
        drip.written(1024, false);
        assert_eq!(drip.after(11), Some(Cut::Answer), "too slow, although something was taken");
        drip.written(1, true);
        assert_eq!(drip.after(60), None);
    }

    #[test]
    fn a_connection_waits_unless_it_works_on_a_request() {
        let mut case = Case::new();
        let waits = |case: &Case| case.activity.waits(case.now).map(|(wait, _)| wait);
        assert_eq!(waits(&case), Some(Wait::Head));
        case.after(2);
        assert_eq!(waits(&case), Some(Wait::SlowHead));
        case.read(GET).activity.begin(Body::Empty);
        assert_eq!(waits(&case), None);
        case.activity.end(false, case.now);
        assert_eq!(waits(&case), Some(Wait::Idle));
    }
}
