//! Faults that a test plans. Without a plan nothing goes wrong.

use std::time::Duration;

use super::book::Course;

/// An operation that a shop can request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Create,
    Query,
    Close,
    Refund,
    RefundQuery,
    /// The platform's certificates.
    Certificates,
    /// The address of a bill.
    Bill,
    /// The file of a bill.
    BillFile,
}

/// A fault of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFault {
    /// There is no answer, and the connection stays open.
    Hangs,
    /// The connection breaks before the first byte.
    Breaks,
    /// The connection breaks in the middle of the body.
    BreaksOff,
    /// The answer is delayed by this.
    Late(Duration),
    /// The second half of the body is delayed by this.
    Slow(Duration),
    /// A proxy answers with this status.
    Status(u16),
    /// The body is not text.
    Garbage,
    /// The body is an HTML page with status 200.
    Html,
    /// The answer is correct and not signed.
    Unsigned,
    /// The answer is correct and its signature is wrong.
    BadSignature,
    /// The answer is signed with a key that is not the platform's.
    OtherKey,
    /// The answer names an unknown key.
    UnknownKey,
    /// The answer was changed after it was signed.
    Altered,
    /// The answer was signed this long ago. Only for platforms that sign a time.
    Old(Duration),
    /// The answer is signed this far in the future. Only for platforms that sign a time.
    Early(Duration),
    /// The answer is this error, correctly signed.
    Error(&'static str),
    /// The answer is this error, not signed.
    UnsignedError(&'static str),
}

/// A planned fault of the answers to some requests.
#[derive(Debug, Clone)]
pub struct PlannedFault {
    pub op: Op,
    pub how: AnswerFault,
    of: Option<String>,
    times: usize,
    pub takes_effect: bool,
}

impl PlannedFault {
    /// The next request of this kind takes effect and is answered with the fault `how`.
    pub const fn next(op: Op, how: AnswerFault) -> Self {
        Self { op, how, of: None, times: 1, takes_effect: true }
    }

    /// Only requests about this trade, or about this refund if the request names no trade.
    pub fn of(self, out_trade_no: &str) -> Self {
        Self { of: Some(out_trade_no.to_owned()), ..self }
    }

    /// The next `times` requests.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// The requests do not take effect.
    pub fn without_effect(self) -> Self {
        Self { takes_effect: false, ..self }
    }
}

/// An action of the buyer during a request of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuyerAction {
    /// Pays; the shop is notified later.
    Pays,
    /// Pays, and the shop is notified before it is answered.
    PaysAndNotifies,
}

/// The shop's reply as the platform perceives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PerceivedReply {
    /// No reply came.
    Missing,
    /// The reply was this.
    Received(u16, &'static str),
}

/// The sending of a notice.
#[derive(Debug, Clone)]
pub struct Sending<W> {
    pub delay: Duration,
    pub copies: usize,
    pub is_at_once: bool,
    pub is_lost: bool,
    pub is_held: bool,
    /// A fault in the first deliveries, and their number.
    pub wrong: Option<(W, usize)>,
    /// The perceived reply to the first deliveries, and their number.
    pub perceived: Option<(PerceivedReply, usize)>,
}

impl<W> Default for Sending<W> {
    fn default() -> Self {
        let (wrong, perceived) = (None, None);
        Self { delay: Duration::ZERO, copies: 1, is_at_once: false, is_lost: false, is_held: false, wrong, perceived }
    }
}

impl<W> Sending<W> {
    /// The notice is sent after `delay`.
    pub fn late(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }

    /// The notice is never sent.
    pub fn lost() -> Self {
        Self { is_lost: true, ..Self::default() }
    }

    /// The notice is held until the test releases it.
    pub fn held() -> Self {
        Self { is_held: true, ..Self::default() }
    }

    /// The first delivery has `copies` copies, one after the other.
    pub fn copies(copies: usize) -> Self {
        Self { copies, ..Self::default() }
    }

    /// The first delivery has `copies` concurrent copies.
    pub fn at_once(copies: usize) -> Self {
        Self { copies, is_at_once: true, ..Self::default() }
    }

    /// The first `times` deliveries have the fault `wrong`; the later ones are correct.
    pub fn wrong(wrong: W, times: usize) -> Self {
        Self { wrong: Some((wrong, times)), ..Self::default() }
    }

    /// The platform perceives the first `times` replies as `perceived`, whatever they are.
    pub fn perceived_as(perceived: PerceivedReply, times: usize) -> Self {
        Self { perceived: Some((perceived, times)), ..Self::default() }
    }
}

/// All planned faults.
#[derive(Debug)]
pub struct Plans<W> {
    pub faults: Vec<PlannedFault>,
    actions: Vec<(Op, BuyerAction)>,
    next: Vec<Sending<W>>,
    of: Vec<(String, Sending<W>)>,
    courses: Vec<Course>,
}

impl<W> Default for Plans<W> {
    fn default() -> Self {
        Self { faults: Vec::new(), actions: Vec::new(), next: Vec::new(), of: Vec::new(), courses: Vec::new() }
    }
}

impl<W: Clone> Plans<W> {
    /// Takes the fault that is planned for this request.
    pub fn take_fault(&mut self, op: Op, out_trade_no: &str) -> Option<PlannedFault> {
        let matches = |fault: &PlannedFault| fault.op == op && fault.of.as_ref().is_none_or(|of| of == out_trade_no);
        let index = self.faults.iter().position(matches)?;
        self.faults[index].times -= 1;
        let fault = self.faults[index].clone();
        self.faults.retain(|fault| fault.times > 0);
        Some(fault)
    }

    pub fn add_action(&mut self, op: Op, action: BuyerAction) {
        self.actions.push((op, action));
    }

    pub fn take_action(&mut self, op: Op) -> Option<BuyerAction> {
        let index = self.actions.iter().position(|(of, _)| *of == op)?;
        Some(self.actions.remove(index).1)
    }

    /// Sets the sending of the next notice, or of all notices of the trade `of`.
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
