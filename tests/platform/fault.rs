//! What a test wants to go wrong. Nothing does unless it is asked for.

use std::time::Duration;

use super::book::Course;

/// What a shop can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Create,
    Query,
    Close,
    Refund,
    RefundQuery,
}

/// How an answer goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// There is none, and the connection stays.
    Hangs,
    /// The connection breaks before its first byte.
    Breaks,
    /// The connection breaks in the middle of its body.
    BreaksOff,
    /// Its second half comes so much later.
    Slow(Duration),
    /// A proxy on the way answers this.
    Status(u16),
    /// It is no text.
    Garbage,
    /// It is a page, with status 200.
    Html,
    /// It is right, and not signed.
    Unsigned,
    /// It is right, and its signature is not.
    BadSignature,
    /// It is signed with somebody else's key.
    OtherKey,
    /// It names a key nobody knows.
    UnknownKey,
    /// It was changed after it was signed.
    Altered,
    /// It was signed so long ago; only where the signature has a time.
    Old(Duration),
    /// It was signed so long from now, on the same terms.
    Early(Duration),
    /// It is this error, well signed.
    Says(&'static str),
    /// It is this error, not signed.
    SaysUnsigned(&'static str),
}

/// An answer that goes wrong.
#[derive(Debug, Clone)]
pub struct Upset {
    pub op: Op,
    pub how: How,
    of: Option<String>,
    times: usize,
    pub works: bool,
}

impl Upset {
    /// The next request of this kind does what it asks for, and is answered like this.
    pub const fn next(op: Op, how: How) -> Self {
        Self { op, how, of: None, times: 1, works: true }
    }

    /// Only requests about this trade; where a request names nothing but a refund, about that.
    pub fn of(self, out_trade_no: &str) -> Self {
        Self { of: Some(out_trade_no.to_owned()), ..self }
    }

    /// The next `times` requests.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// It does not even do what it asks for.
    pub fn undone(self) -> Self {
        Self { works: false, ..self }
    }
}

/// What a buyer does while the shop asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Pays; the shop is told later.
    Pays,
    /// Pays, and the shop is told before it is answered.
    PaysAndTells,
}

/// What the platform takes the shop's reply for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It did not come.
    Nothing,
    /// It was this.
    Said(u16, &'static str),
}

/// How a notification is sent.
#[derive(Debug, Clone)]
pub struct Sending<W> {
    pub delay: Duration,
    pub copies: usize,
    pub is_at_once: bool,
    pub is_lost: bool,
    pub is_held: bool,
    /// What is wrong with so many first deliveries.
    pub wrong: Option<(W, usize)>,
    /// What so many first replies are taken for.
    pub heard: Option<(Heard, usize)>,
}

impl<W> Default for Sending<W> {
    fn default() -> Self {
        let (wrong, heard) = (None, None);
        Self { delay: Duration::ZERO, copies: 1, is_at_once: false, is_lost: false, is_held: false, wrong, heard }
    }
}

impl<W> Sending<W> {
    /// It sets out so much later.
    pub fn late(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }

    /// It is never sent.
    pub fn lost() -> Self {
        Self { is_lost: true, ..Self::default() }
    }

    /// It waits until the test lets it go.
    pub fn held() -> Self {
        Self { is_held: true, ..Self::default() }
    }

    /// The first time it comes so often, one after the other.
    pub fn copies(copies: usize) -> Self {
        Self { copies, ..Self::default() }
    }

    /// The first time it comes so often, all at once.
    pub fn at_once(copies: usize) -> Self {
        Self { copies, is_at_once: true, ..Self::default() }
    }

    /// The first `times` deliveries have this wrong with them; those after them are right.
    pub fn wrong(wrong: W, times: usize) -> Self {
        Self { wrong: Some((wrong, times)), ..Self::default() }
    }

    /// The first `times` replies are taken for this, whatever they are.
    pub fn heard(heard: Heard, times: usize) -> Self {
        Self { heard: Some((heard, times)), ..Self::default() }
    }
}

/// All that is to go wrong.
#[derive(Debug)]
pub struct Plans<W> {
    pub upsets: Vec<Upset>,
    acts: Vec<(Op, Act)>,
    next: Vec<Sending<W>>,
    of: Vec<(String, Sending<W>)>,
    courses: Vec<Course>,
}

impl<W> Default for Plans<W> {
    fn default() -> Self {
        Self { upsets: Vec::new(), acts: Vec::new(), next: Vec::new(), of: Vec::new(), courses: Vec::new() }
    }
}

impl<W: Clone> Plans<W> {
    /// What is to happen to this request's answer.
    pub fn upset(&mut self, op: Op, out_trade_no: &str) -> Option<Upset> {
        let meant = |upset: &Upset| upset.op == op && upset.of.as_ref().is_none_or(|of| of == out_trade_no);
        let at = self.upsets.iter().position(meant)?;
        self.upsets[at].times -= 1;
        let upset = self.upsets[at].clone();
        self.upsets.retain(|upset| upset.times > 0);
        Some(upset)
    }

    pub fn add_act(&mut self, op: Op, act: Act) {
        self.acts.push((op, act));
    }

    pub fn act(&mut self, op: Op) -> Option<Act> {
        let at = self.acts.iter().position(|(of, _)| *of == op)?;
        Some(self.acts.remove(at).1)
    }

    /// The next notification, or all of one trade.
    pub fn add_sending(&mut self, of: Option<&str>, sending: Sending<W>) {
        match of {
            Some(of) => {
                self.of.retain(|(trade, _)| trade != of);
                self.of.push((of.to_owned(), sending));
            }
            None => self.next.push(sending),
        }
    }

    pub fn sending(&mut self, out_trade_no: &str) -> Sending<W> {
        if !self.next.is_empty() {
            return self.next.remove(0);
        }
        self.of.iter().find(|(of, _)| of == out_trade_no).map(|(_, sending)| sending.clone()).unwrap_or_default()
    }

    pub fn add_course(&mut self, course: Course) {
        self.courses.push(course);
    }

    pub fn course(&mut self) -> Option<Course> {
        (!self.courses.is_empty()).then(|| self.courses.remove(0))
    }
}
