//! A message with the span that has sent it.

use actix::Message;

use super::Parent;

/// A message on its way through a mailbox, and the span under which it is handled.
#[derive(Debug, Clone)]
pub struct Traced<M> {
    /// The message.
    pub message: M,
    /// The span of the sender.
    pub parent: Parent,
}

impl<M> Traced<M> {
    /// `message` as the work that is in progress sends it.
    pub fn new(message: M) -> Self {
        Self { message, parent: Parent::current() }
    }
}

impl<M: Message> Message for Traced<M> {
    type Result = M::Result;
}

#[cfg(all(test, not(feature = "traces")))]
mod tests {
    use std::mem::size_of;

    use super::*;
    use crate::trace::{BatchSpan, Span, Tracer};

    #[test]
    fn without_the_feature_nothing_is_carried_along() {
        assert_eq!(size_of::<Traced<u64>>(), size_of::<u64>());
        assert_eq!((size_of::<Span>(), size_of::<BatchSpan>(), size_of::<Tracer>()), (0, 0, 0));
    }
}
