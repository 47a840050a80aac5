//! The figures that operators see, and the alerts on them.

mod access;
mod at_risk;
mod openmetrics;
mod rules;
mod scrape;
