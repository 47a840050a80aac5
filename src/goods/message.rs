//! The messages that Goods handles.

use actix::Message;
use diesel::Queryable;
use serde::Serialize;

use super::error::{AdjustRefusal, ChangeRefusal, ReserveRefusal};
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{EntryId, GoodsId, OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::quantity::{Quantity, Stock, StockDelta, StockShown};
use crate::domain::status::SaleStatus;
use crate::domain::text::{GoodsDesc, GoodsName, Reason};
use crate::journal::{KeyReused, Performed, Request};

/// Goods as the public catalogue shows them: a row of `goods`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct Goods {
    /// Id of the goods.
    pub goods_id: GoodsId,
    /// Name of the goods.
    pub goods_name: String,
    /// Units in stock.
    pub goods_number: i64,
    /// Price of one unit.
    pub goods_price: Money,
    /// Description of the goods.
    pub goods_desc: String,
    /// Time of creation.
    pub add_time: Timestamp,
    /// Whether new orders may have the goods.
    pub on_sale: SaleStatus,
    /// Number of changes of the attributes, the creation included. Stock is not one of them.
    #[serde(skip)]
    pub revision: i64,
}

impl Goods {
    /// The goods as the public sees them.
    #[must_use]
    pub fn shown(self, stock: StockShown) -> Self {
        Self { goods_number: stock.of(self.goods_number), ..self }
    }
}

/// Reads one page of goods, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Goods>>")]
pub struct List {
    /// Restricts the result to goods on sale, or to goods off sale.
    pub on_sale: Option<SaleStatus>,
    /// Last goods of the previous page; only older goods are returned. `None` for the first page.
    pub before: Option<GoodsId>,
    /// Maximum number of goods.
    pub limit: i64,
}

/// Finds goods by their ids. Ids that do not exist are missing from the result. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<Goods>>")]
pub struct Find {
    /// Ids of the goods.
    pub goods: Vec<GoodsId>,
}

/// Reserves the units of all lines for an order, or none. Idempotent per order: a repeated request returns the same
/// outcome.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<(), ReserveRefusal>>")]
pub struct Reserve {
    /// Id of the order.
    pub order_id: OrderId,
    /// Goods and number of units; 1 to 100 lines, each of different goods.
    pub lines: Vec<(GoodsId, Quantity)>,
}

/// Creates goods. A request that is repeated under its key creates nothing.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Performed<Goods>, KeyReused>>")]
pub struct Create {
    /// Id of the new goods. Chosen by the caller because the demo data uses fixed ids.
    pub goods_id: GoodsId,
    /// Name of the goods.
    pub goods_name: GoodsName,
    /// Opening stock.
    pub goods_number: Stock,
    /// Price of one unit.
    pub goods_price: Money,
    /// Description of the goods.
    pub goods_desc: GoodsDesc,
    /// Whether the goods are in the catalogue at once.
    pub on_sale: SaleStatus,
    /// The administrator's request; `None` for the demo data.
    pub request: Option<Request>,
}

/// Changes the given attributes of goods. A change that is repeated changes nothing, and is not refused.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Goods, ChangeRefusal>>")]
pub struct Change {
    /// Id of the goods.
    pub goods_id: GoodsId,
    /// New name; `None` keeps the present one.
    pub goods_name: Option<GoodsName>,
    /// New price of one unit; `None` keeps the present one.
    pub goods_price: Option<Money>,
    /// New description; `None` keeps the present one.
    pub goods_desc: Option<GoodsDesc>,
    /// Takes the goods off sale, or puts them back; `None` keeps them as they are.
    pub on_sale: Option<SaleStatus>,
    /// Revisions to which the change may be made; `None` if it may be made to any.
    pub expected: Option<Vec<i64>>,
    /// The administrator's request.
    pub request: Request,
}

/// Adjusts the stock by hand and records the adjustment. A request that is repeated under its key changes nothing.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Performed<Goods>, AdjustRefusal>>")]
pub struct Adjust {
    /// Id of the goods.
    pub goods_id: GoodsId,
    /// Number of units to add; negative to remove.
    pub delta: StockDelta,
    /// Reason for the adjustment.
    pub reason: Reason,
    /// The administrator's request.
    pub request: Request,
}

/// An adjustment of a stock: a row of `goods_adjustment` with its author.
#[derive(Debug, Clone)]
pub struct Adjustment {
    /// Id of the adjustment.
    pub adjustment_id: EntryId,
    /// The goods whose stock was adjusted.
    pub goods_id: GoodsId,
    /// Number of units that were added; negative if they were removed.
    pub delta: i64,
    /// Reason for the adjustment.
    pub reason: String,
    /// The administrator; `None` for demo data, and for adjustments by earlier releases.
    pub by: Option<UserId>,
    /// Time of the adjustment.
    pub create_time: Timestamp,
}

/// Reads one page of adjustments, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Adjustment>>")]
pub struct ListAdjustments {
    /// Restricts the result to those of these goods.
    pub goods_id: Option<GoodsId>,
    /// Last adjustment of the previous page; only older ones are returned. `None` for the first page.
    pub before: Option<EntryId>,
    /// Maximum number of adjustments.
    pub limit: i64,
}

/// Reads the events that this owner has logged for an order. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Id of the order.
    pub order_id: OrderId,
}
