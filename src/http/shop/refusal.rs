//! The causes of an order's refusal as errors of the request's fields.

use crate::domain::id::GoodsId;
use crate::domain::refusal::Cause;
use crate::http::problem::FieldError;

/// The errors of a request with these goods, in the order of its lines. Each has the data of its cause, and an error of
/// a line has the `index` of the line.
#[must_use]
pub fn field_errors(goods: &[GoodsId], causes: &[Cause]) -> Vec<FieldError> {
    causes.iter().map(|cause| field_error(goods, *cause)).collect()
}

fn field_error(goods: &[GoodsId], cause: Cause) -> FieldError {
    let of_line = |id: GoodsId, field: &str, detail: String| {
        let index = goods.iter().position(|goods_id| *goods_id == id);
        let path = index.map_or_else(|| "goods".to_owned(), |index| format!("goods[{index}].{field}"));
        FieldError::new(path, cause.refusal().code(), detail).with("index", index)
    };
    let of = |field: &str, detail: String| FieldError::new(field, cause.refusal().code(), detail);
    let error = match cause {
        Cause::GoodsNotFound { goods_id } => of_line(goods_id, "goods_id", "must be goods of this shop".to_owned()),
        Cause::CouponNotFound { .. } => of("coupon_id", "must be a coupon of the caller".to_owned()),
        Cause::GoodsPriceMismatch { goods_id, goods_price } => {
            of_line(goods_id, "goods_price", format!("is {goods_price} now"))
        }
        Cause::ShippingFeeMismatch { shipping_fee } => of("shipping_fee", format!("is {shipping_fee}")),
        Cause::OrderAmountMismatch { order_amount } => of("order_amount", format!("is {order_amount}")),
        Cause::OrderAmountTooHigh { order_amount_max } => {
            of("order_amount", format!("must be at most {order_amount_max}"))
        }
        Cause::MoneyPaidTooHigh { money_paid_max } => of("money_paid", format!("must be at most {money_paid_max}")),
        Cause::GoodsOffSale { goods_id } => of_line(goods_id, "goods_id", "must be goods on sale".to_owned()),
        Cause::InsufficientStock { goods_id, available, at_least: true } => of_line(
            goods_id,
            "goods_number",
            format!("must be lower: fewer units are in stock, but at least {available}"),
        ),
        Cause::InsufficientStock { goods_id, available, at_least: false } => {
            of_line(goods_id, "goods_number", format!("must be at most {available}, the units in stock"))
        }
        Cause::InsufficientBalance { user_money } => {
            of("money_paid", format!("must be at most {user_money}, the balance"))
        }
        Cause::TooManyUnpaidOrders { unpaid_orders, unpaid_orders_max } => {
            of("goods", format!("cannot be ordered: {unpaid_orders} orders are unpaid, of at most {unpaid_orders_max}"))
        }
        Cause::TooManyUnpaidUnits { goods_id, unpaid_units, unpaid_units_max } => {
            let left = (unpaid_units_max - unpaid_units).max(0);
            let held = format!("{unpaid_units} units are in unpaid orders, of at most {unpaid_units_max}");
            of_line(goods_id, "goods_number", format!("must be at most {left}: {held}"))
        }
        Cause::TooManyUnitsInAll { units_in_all, units_in_all_max } => {
            let left = (units_in_all_max - units_in_all).max(0);
            let held = format!("{units_in_all} units are in unpaid orders, of at most {units_in_all_max}");
            of("goods", format!("must be at most {left} units in all: {held}"))
        }
        Cause::CouponAlreadyUsed { .. } => of("coupon_id", "must be a coupon that no other order uses".to_owned()),
    };
    error.with_members(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;

    #[test]
    fn each_cause_names_the_field_of_the_request_and_has_its_data() {
        let goods = [GoodsId::new(5), GoodsId::new(7)];
        let causes = [
            Cause::InsufficientStock { goods_id: GoodsId::new(7), available: 3, at_least: false },
            Cause::InsufficientStock { goods_id: GoodsId::new(5), available: 10, at_least: true },
            Cause::ShippingFeeMismatch { shipping_fee: Money::from_minor(1_000) },
        ];
        let errors = serde_json::to_value(field_errors(&goods, &causes)).unwrap();
        let expected = serde_json::json!([
            {"field": "goods[1].goods_number", "code": "insufficient_stock", "index": 1, "goods_id": "7", "available": 3,
             "detail": "must be at most 3, the units in stock"},
            {"field": "goods[0].goods_number", "code": "insufficient_stock", "index": 0, "goods_id": "5", "available": 10,
             "at_least": true, "detail": "must be lower: fewer units are in stock, but at least 10"},
            {"field": "shipping_fee", "code": "shipping_fee_mismatch", "shipping_fee": "10.00", "detail": "is 10.00"},
        ]);
        assert_eq!(errors, expected);
    }
}
