//! The console, as a browser without scripts sees it.

mod access;
mod act;
mod figures;
mod live;
mod orders;
mod session;
