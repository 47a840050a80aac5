//! The type of the platform's actor.

use super::Sandbox;
use crate::actor::OwnerActor;

/// The supervised actor of the platform.
pub type Actor = OwnerActor<Sandbox>;
