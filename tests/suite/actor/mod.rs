//! The actor runtime: group commit, batches, supervision after a panic, and the properties of actix that it relies on.

mod actix;
mod batch;
mod group_commit;
mod poison;
mod supervision;
