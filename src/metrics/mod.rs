//! The figures that operators see. Nothing is counted twice: [`sources`] reads the counters that the actors, the relay,
//! the coordinator and the HTTP handlers keep, and the indexes of the stores.
//!
//! [`text`] writes them as OpenMetrics for `/metrics`, [`at_risk`] sums up the money that is under way, and [`sampler`]
//! keeps the last 15 minutes of what changes quickly.

pub mod at_risk;
pub mod figures;
pub mod last_audit;
pub mod sampler;
pub mod sources;
pub mod text;
pub mod traffic;

pub use last_audit::LastAudit;
pub use sampler::Sampler;
pub use sources::Sources;
pub use traffic::Traffic;
