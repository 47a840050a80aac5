//! The payment platforms as this node sees them. Every call to a platform passes through here: it takes a permit of its
//! kind, is refused while the platform does not answer, and is recorded.
//!
//! A platform that hangs therefore holds up only its own calls, and one that is down costs one probe a minute.

pub mod all;
mod breaker;
mod bulkhead;
pub mod guarded;
mod pace;
pub mod report;
pub mod single;
