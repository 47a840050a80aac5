//! The console, as a browser without scripts sees it.

mod access;
mod act;
mod orders;
mod session;
