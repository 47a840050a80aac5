//! The parcel of a shipped order: columns `carrier` and `tracking_no` of `orders`.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::row::OrderRow;
use crate::db::schema::orders;
use crate::db::{self, Db, with_conn};
use crate::domain::id::OrderId;
use crate::domain::status::ShippingStatus;
use crate::domain::text::Text;
use crate::order::message::Parcel;

impl OrderRow {
    /// Whether the order was shipped as this parcel. A parcel of which nothing is known is like no other.
    pub fn is_shipped_as(&self, parcel: &Parcel) -> bool {
        let Self { carrier, tracking_no, .. } = self;
        let (wanted_carrier, wanted_no) = columns(parcel);
        let is_known = carrier.is_some() || tracking_no.is_some();
        let is_same = (carrier, tracking_no) == (&wanted_carrier, &wanted_no);
        self.shipping_status != ShippingStatus::Unshipped && is_known && is_same
    }

    /// Notes the parcel of an order that is shipped now.
    pub fn set_parcel(&mut self, parcel: &Parcel) {
        (self.carrier, self.tracking_no) = columns(parcel);
    }
}

fn columns(parcel: &Parcel) -> (Option<String>, Option<String>) {
    (parcel.carrier.clone().map(Text::into_inner), parcel.tracking_no.clone().map(Text::into_inner))
}

/// The parcel in words; `None` if nothing is known of it.
pub fn describe(parcel: &Parcel) -> Option<String> {
    let (carrier, tracking_no) = columns(parcel);
    let carrier = carrier.map(|carrier| format!("by {carrier}"));
    let tracking_no = tracking_no.map(|number| format!("number {number}"));
    let words: Vec<String> = carrier.into_iter().chain(tracking_no).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The facts of the parcel, as a JSON object of those that are known; `None` if nothing is known of it.
pub fn facts(parcel: &Parcel) -> Option<Value> {
    let (carrier, tracking_no) = columns(parcel);
    let pairs = [("carrier", carrier), ("tracking_no", tracking_no)];
    let known: Map<String, Value> =
        pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))).collect();
    (!known.is_empty()).then_some(Value::Object(known))
}

/// Writes the parcels of orders that were shipped in the present transaction.
pub fn write(db: &mut Db, parcels: &[(OrderId, Parcel)]) -> db::Result<()> {
    for (order_id, parcel) in parcels {
        let (carrier, tracking_no) = columns(parcel);
        let values = (orders::carrier.eq(carrier), orders::tracking_no.eq(tracking_no));
        let row = orders::table.find(order_id);
        db::expect_rows(with_conn!(db, diesel::update(row).set(values).execute(db))?, 1)?;
    }
    Ok(())
}
