//! Tests of the activity of a connection: which bytes it may have, and when it lasts too long.

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
