//! Messages between owners. The producer writes a message to its outbox in the transaction of the change, the relay
//! delivers it, and the consumer records it in its inbox in the transaction of its effect. What other systems may know
//! is in the feed.

pub mod contract;
pub mod feed;
pub mod inbox;
pub mod outbox;
pub mod relay;
