//! The activity of one connection, and whether it lasts too long. Pure: the time is a parameter.

use std::time::{Duration, Instant};

/// The end of a request's head.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
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

/// The request as far as it matters for what follows it on the connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request {
    /// Whether it has a body.
    pub has_body: bool,
    /// Whether the body has chunks, which the HTTP server reads to their end even if the request was refused.
    pub is_chunked: bool,
}

/// The state of one connection.
#[derive(Debug)]
pub struct Activity {
    phase: Phase,
    request: Request,
    /// The last bytes that were read: as many as the end of a head has, and a line end before it.
    tail: [u8; 6],
    backlog: Option<Backlog>,
}

impl Activity {
    /// A connection that begins `now`.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        let request = Request { has_body: false, is_chunked: false };
        Self { phase: Phase::Head(now), request, tail: [0; 6], backlog: None }
    }

    /// The client has sent `bytes`.
    pub fn read(&mut self, bytes: &[u8], now: impl FnOnce() -> Instant) {
        if let Some(last) = bytes.last_chunk() {
            self.tail = *last;
        } else {
            for byte in bytes {
                self.tail.rotate_left(1);
                if let Some(last) = self.tail.last_mut() {
                    *last = *byte;
                }
            }
        }
        if matches!(self.phase, Phase::Idle(_)) && !bytes.is_empty() {
            self.phase = Phase::Head(now());
        }
    }

    /// The head of `request` is complete.
    pub const fn begin(&mut self, request: Request) {
        self.phase = Phase::Handler;
        self.request = request;
    }

    /// The answer is complete, at least in memory.
    pub fn end(&mut self, is_refused: bool, now: Instant) {
        // More bytes came with the request than belong to it, or will come that is not wanted.
        let is_whole = self.tail.ends_with(END_OF_HEAD) && !self.tail.starts_with(b"\r\n");
        let has_more = !self.request.has_body && !is_whole;
        let is_drained = self.request.is_chunked && is_refused;
        self.phase = if has_more || is_drained { Phase::Head(now) } else { Phase::Idle(now) };
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
            self.backlog = None;
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

        fn read(&mut self, bytes: &[u8]) -> &mut Self {
            let now = self.now;
            self.activity.read(bytes, || now);
            self
        }

        fn request(&mut self, bytes: &[u8], request: Request, is_refused: bool) -> &mut Self {
            self.read(bytes).activity.begin(request);
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
        second.request(GET, Request::default(), false);
        assert_eq!(second.after(60), None, "an idle connection is kept");
        second.read(b"G");
        assert_eq!((second.after(5), second.read(b"E").after(5)), (None, None));
        assert_eq!(second.read(b"T").after(1), Some(Cut::Head), "bytes that drip do not prolong the time");
        let mut idle = Case::new();
        idle.request(GET, Request::default(), false);
        assert_eq!((idle.after(75), idle.after(1)), (None, Some(Cut::Idle)));
    }

    #[test]
    fn bytes_that_came_with_a_request_are_the_beginning_of_another() {
        for more in [&b"G"[..], b"\r\n", b"GET / HTTP/1.1\r\n"] {
            let mut case = Case::new();
            case.request(&[GET, more].concat(), Request::default(), false);
            assert_eq!((case.after(10), case.after(1)), (None, Some(Cut::Head)), "{more:?}");
        }
        let mut pieces = Case::new();
        pieces.read(&GET[..15]).read(b"\n\r");
        pieces.request(b"\n", Request::default(), false);
        assert_eq!(pieces.after(60), None);
    }

    #[test]
    fn a_refused_body_is_not_drained_for_long() {
        let chunked = Request { has_body: true, is_chunked: true };
        let mut case = Case::new();
        case.request(b"POST / HTTP/1.1\r\n\r\n1;", chunked, true);
        assert_eq!((case.after(9), case.read(b"a").after(2)), (None, Some(Cut::Head)));
        let mut taken = Case::new();
        taken.request(b"POST / HTTP/1.1\r\n\r\n0\r\n\r\n", chunked, false);
        assert_eq!(taken.after(60), None);
    }

    #[test]
    fn an_answer_has_to_be_taken_and_may_take_its_time() {
        let mut unread = Case::new();
        unread.read(GET).activity.begin(Request::default());
        let now = unread.now;
        unread.activity.blocked(|| now);
        assert_eq!((unread.after(30), unread.after(1)), (None, Some(Cut::Answer)));
        let mut steady = Case::new();
        steady.read(GET).activity.begin(Request::default());
        let now = steady.now;
        steady.activity.blocked(|| now);
        for _ in 0..100 {
            assert_eq!(steady.after(20), None);
            steady.written(40 * 1024, false);
        }
        let mut drip = Case::new();
        drip.read(GET).activity.begin(Request::default());
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
        case.read(GET).activity.begin(Request::default());
        assert_eq!(waits(&case), None);
        case.activity.end(false, case.now);
        assert_eq!(waits(&case), Some(Wait::Idle));
    }
}
