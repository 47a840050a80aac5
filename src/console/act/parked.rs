//! Decisions about money that waits for an operator.

use serde::{Deserialize, Serialize};

use crate::console::operator::Operator;
use crate::domain::id::{EntryId, OrderId};
use crate::domain::text::{CustomerMessage, Reason};
use crate::http::admin::parked;
use crate::http::problem::{Code, Problem};
use crate::pay::message::Decision;

/// A decision as a form sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Give the charge back.
    Refund,
    /// Take it as it is.
    Accept,
    /// Match the charge to an order.
    Match,
    /// Do nothing about it.
    Dismiss,
    /// Send the refund again.
    Retry,
}

impl Choice {
    /// The word in forms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Accept => "accept",
            Self::Match => "match",
            Self::Dismiss => "dismiss",
            Self::Retry => "retry",
        }
    }
}

/// Carries out a decision. The same decision again changes nothing.
pub async fn decide(
    operator: &Operator,
    parked_id: EntryId,
    (choice, order_id): (Choice, Option<OrderId>),
    words: (Reason, Option<CustomerMessage>),
) -> Result<String, Problem> {
    let decision = match (choice, order_id) {
        (Choice::Refund, _) => Decision::Refund,
        (Choice::Accept, _) => Decision::Accept,
        (Choice::Match, Some(order_id)) => parked::matched(&operator.state, order_id).await?,
        (Choice::Match, None) => return Err(Problem::new(Code::Internal)),
        (Choice::Dismiss, _) => Decision::Dismiss,
        (Choice::Retry, _) => Decision::Retry,
    };
    parked::decide(&operator.state, operator.admin.0, parked_id, decision, words).await?;
    Ok("/console/notices".to_owned())
}
