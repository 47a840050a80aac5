//! The events for other systems: which there are, in which order, and that a reader misses none.

mod access;
mod cursor;
mod document;
mod life;
