//! What Goods can be asked.

use actix::Message;
use diesel::Queryable;
use serde::Serialize;

use super::error::{AdjustRefusal, Refusal};
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{GoodsId, OrderId};
use crate::domain::money::Money;
use crate::domain::quantity::{Quantity, Stock, StockDelta};
use crate::domain::text::{GoodsDesc, GoodsName, Reason};

/// Goods as anybody may see them; a row of `goods`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct Goods {
    /// Their id.
    pub goods_id: GoodsId,
    /// Their name.
    pub goods_name: String,
    /// Units in stock.
    pub goods_number: i64,
    /// The price of one.
    pub goods_price: Money,
    /// What they are.
    pub goods_desc: String,
    /// Since when.
    pub add_time: Timestamp,
}

/// One page of goods, newest first, those older than `before`. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Goods>>")]
pub struct List {
    /// Where the last page ended.
    pub before: Option<GoodsId>,
    /// At most so many.
    pub limit: i64,
}

/// The goods with these ids, in no order; those that do not exist are missing. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<Goods>>")]
pub struct Find {
    /// The ids.
    pub goods: Vec<GoodsId>,
}

/// Takes the units of all lines for an order, or none. Once per order: asked again it answers the same.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<(), Refusal>>")]
pub struct Reserve {
    /// The order.
    pub order_id: OrderId,
    /// Different goods, 1 to 100.
    pub lines: Vec<(GoodsId, Quantity)>,
}

/// New goods.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Goods>")]
pub struct Create {
    /// The id to give them; the demo data has fixed ones.
    pub goods_id: GoodsId,
    /// Their name.
    pub goods_name: GoodsName,
    /// The opening stock.
    pub goods_number: Stock,
    /// The price of one.
    pub goods_price: Money,
    /// What they are.
    pub goods_desc: GoodsDesc,
}

/// Changes what is given; `None` where there are no such goods.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Goods>>")]
pub struct Change {
    /// Which goods.
    pub goods_id: GoodsId,
    /// Another name.
    pub goods_name: Option<GoodsName>,
    /// Another price.
    pub goods_price: Option<Money>,
    /// Another description.
    pub goods_desc: Option<GoodsDesc>,
}

/// Changes the stock by hand.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Goods, AdjustRefusal>>")]
pub struct Adjust {
    /// Which goods.
    pub goods_id: GoodsId,
    /// Units more or less.
    pub delta: StockDelta,
    /// Why.
    pub reason: Reason,
}

/// What this owner's log says of an order. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Which.
    pub order_id: OrderId,
}
