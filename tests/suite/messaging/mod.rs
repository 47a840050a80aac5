//! Durable messages: delivery with one effect, replay of dead messages, and retention.

mod delivery;
mod handover;
mod replay;
mod retention;
