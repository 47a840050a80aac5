//! The figures that operators see, and the alerts on them.

mod access;
mod at_risk;
pub mod openmetrics;
mod rules;
mod scrape;
