//! `POST /console/act`: executes an act after its preview. [`Act`] has all acts of the console.

mod message;
mod order;

use serde::{Deserialize, Serialize};

use super::operator::Operator;
use crate::domain::id::OrderId;
use crate::domain::idempotency::IdempotencyKey;
use crate::http::admin::order_action::Shipment;
use crate::http::extract::body::FormBody;
use crate::http::problem::Problem;
use crate::http::state::HandlerResult;
use crate::web::preview;
use crate::web::redirect::see_other;

/// An act of the administrator, with all that it needs. It is in the token of its preview.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Ships an order.
    Ship {
        /// Id of the order.
        order_id: OrderId,
        /// The parcel.
        shipment: Shipment,
    },
    /// Delivers messages again.
    Replay {
        /// Ids of the messages.
        ids: Vec<String>,
    },
}

impl Act {
    /// Performs the act, once under the same key. The result is the path of the page that shows the effect.
    async fn perform(self, operator: &Operator, _key: IdempotencyKey) -> Result<String, Problem> {
        match self {
            Self::Ship { order_id, shipment } => order::ship(operator, order_id, shipment).await,
            Self::Replay { ids } => message::replay(operator, &ids).await,
        }
    }
}

/// The form of a preview.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    token: String,
}

/// `POST /console/act`: goes to the page that shows the effect.
///
/// # Errors
/// 403 if the token is not of this session or too old; those of the act.
pub async fn execute(operator: Operator, FormBody(form): FormBody<Execution>) -> HandlerResult {
    let (act, key) = preview::open::<Act>(&operator.state, &operator.session, &form.token)?;
    let path = act.perform(&operator, key).await?;
    let separator = if path.contains('?') { '&' } else { '?' };
    Ok(see_other(&format!("{path}{separator}done=1")))
}
