//! What the actor runtime does: group commit, batches, supervision after a panic, and the facts about actix on which it
//! relies.

mod actix;
mod batch;
mod group_commit;
mod poison;
mod supervision;
