//! Addresses that count what is sent to them, so that operators see which actor asks which, and how often.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use actix::dev::ToEnvelope;
use actix::prelude::Request;
use actix::{Actor, Addr, Handler, Message};

use super::{Owner, OwnerAddr};

/// The address of an actor in the hands of one sender, with the number of messages sent.
pub struct Link<A: Actor> {
    address: Addr<A>,
    sent: Arc<AtomicU64>,
}

impl<A: Actor> std::fmt::Debug for Link<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl<A: Actor> Clone for Link<A> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), sent: Arc::clone(&self.sent) }
    }
}

/// A link whose number is not read.
impl<A: Actor> From<Addr<A>> for Link<A> {
    fn from(address: Addr<A>) -> Self {
        Self { address, sent: Arc::default() }
    }
}

impl<A: Actor> Link<A> {
    /// The same address with a number of its own, which is not read.
    #[must_use]
    pub fn uncounted(&self) -> Self {
        self.address.clone().into()
    }

    /// A link to another actor of the same name, which counts with this one.
    #[must_use]
    pub fn to<B: Actor>(&self, address: Addr<B>) -> Link<B> {
        Link { address, sent: Arc::clone(&self.sent) }
    }

    /// Sends `message` and waits for the reply.
    pub fn send<M>(&self, message: M) -> Request<A, M>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.sent.fetch_add(1, Relaxed);
        self.address.send(message)
    }
}

/// The connection from a sender to an actor.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Name of the sender.
    pub from: &'static str,
    /// Name of the actor.
    pub to: &'static str,
    sent: Arc<AtomicU64>,
}

impl Edge {
    /// Number of messages sent since the start.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }
}

/// All connections, as the composition root makes them.
#[derive(Debug, Clone, Default)]
pub struct Edges(Vec<Edge>);

impl Edges {
    /// A link from the sender `from` to the actor `to`.
    pub fn link<A: Actor>(&mut self, from: &'static str, to: &'static str, address: &Addr<A>) -> Link<A> {
        let sent = Arc::<AtomicU64>::default();
        self.0.push(Edge { from, to, sent: Arc::clone(&sent) });
        Link { address: address.clone(), sent }
    }

    /// The address of `owner` for the sender `from`.
    pub fn owner<O: Owner>(&mut self, from: &'static str, owner: &OwnerAddr<O>) -> OwnerAddr<O> {
        let address = owner.uncounted();
        self.0.push(Edge { from, to: O::NAME, sent: address.sent() });
        address
    }

    /// The connections.
    #[must_use]
    pub fn all(&self) -> &[Edge] {
        &self.0
    }
}
