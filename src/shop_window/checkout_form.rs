//! The form of the checkout: what the customer has entered, and what is wrong with it.

use serde::{Deserialize, Serialize};

use crate::domain::id::{CouponId, GoodsId};
use crate::domain::money::Money;
use crate::domain::order::{OrderRequest, OrderRequestLine};
use crate::domain::quantity::Quantity;
use crate::domain::text::{Address, Consignee};
use crate::http::extract::field::Object;
use crate::http::shop::order::{NewLine, NewOrder};
use crate::web::language::Words;

/// Longest name of a recipient.
const CONSIGNEE_MAX: usize = 100;
/// Longest address.
const ADDRESS_MAX: usize = 200;

/// The fields as they were entered. A field that was left empty is `None`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entered {
    /// The draft, sealed.
    pub draft: Option<String>,
    /// The button that was pressed.
    pub act: Option<Pressed>,
    /// The language to which the page shall switch.
    pub language: Option<String>,
    /// The recipient.
    pub consignee: Option<String>,
    /// The delivery address.
    pub address: Option<String>,
    /// The chosen coupon.
    pub coupon_id: Option<String>,
    /// The amount that the balance shall pay.
    pub money_paid: Option<String>,
}

/// A button of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pressed {
    /// Compute the price again.
    Price,
    /// Place the order.
    Order,
}

/// The lines with their prices, and the sums, as the page has shown them. It is sealed in the form together with an idempotency
/// key, so that an order is placed for what was shown, or refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Draft {
    /// The lines.
    pub lines: Vec<NewLine>,
    /// The shipping fee.
    pub shipping_fee: Option<Money>,
    /// The sum of goods and shipping.
    pub order_amount: Option<Money>,
}

/// Faults of the fields, in the words of the page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wrong {
    /// About the recipient.
    pub consignee: Option<String>,
    /// About the address.
    pub address: Option<String>,
    /// About the coupon.
    pub coupon: Option<String>,
    /// About the amount that the balance shall pay.
    pub money_paid: Option<String>,
}

impl Entered {
    /// The chosen coupon; `Err` if no coupon can have this id.
    fn coupon(&self) -> Result<Option<CouponId>, ()> {
        self.coupon_id.as_deref().map(str::parse).transpose().map_err(|_| ())
    }

    /// The amount that the balance shall pay; `Err` if it is no amount.
    fn money(&self) -> Result<Money, ()> {
        self.money_paid.as_deref().map_or(Ok(Money::ZERO), |text| text.trim().parse().map_err(|_| ()))
    }

    /// The request of a quote for `lines`. A field that cannot be read is left out.
    pub fn quote(&self, lines: &[(GoodsId, Quantity)]) -> OrderRequest {
        let line = |&(goods_id, goods_number): &(GoodsId, Quantity)| OrderRequestLine {
            goods_id,
            goods_number,
            goods_price: None,
        };
        OrderRequest {
            lines: lines.iter().map(line).collect(),
            coupon_id: self.coupon().unwrap_or_default(),
            money_paid: self.money().unwrap_or_default(),
            shipping_fee: None,
            order_amount: None,
            address: String::new(),
            consignee: String::new(),
        }
    }

    /// The order of `draft` with these fields.
    ///
    /// # Errors
    /// The faults of the fields.
    pub fn order(&self, words: &Words, draft: Draft) -> Result<NewOrder, Wrong> {
        let texts = &words.purchase.refusal;
        let required = |text: &Option<String>, most: usize| match text.as_deref().map(str::trim) {
            None | Some("") => texts.required.to_owned(),
            Some(_) => (texts.text)(most),
        };
        let consignee = Consignee::try_from(self.consignee.clone().unwrap_or_default());
        let address = Address::try_from(self.address.clone().unwrap_or_default());
        match (consignee, address, self.coupon(), self.money()) {
            (Ok(consignee), Ok(address), Ok(coupon_id), Ok(money_paid)) => Ok(NewOrder {
                goods: draft.lines.into_iter().map(Object).collect(),
                coupon_id,
                money_paid: Some(money_paid),
                shipping_fee: draft.shipping_fee,
                order_amount: draft.order_amount,
                address,
                consignee,
            }),
            (consignee, address, coupon, money) => Err(Wrong {
                consignee: consignee.err().map(|_| required(&self.consignee, CONSIGNEE_MAX)),
                address: address.err().map(|_| required(&self.address, ADDRESS_MAX)),
                coupon: coupon.err().map(|()| texts.coupon_not_found.to_owned()),
                money_paid: money.err().map(|()| texts.amount.to_owned()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::language::ENGLISH;

    fn draft() -> Draft {
        Draft { lines: Vec::new(), shipping_fee: None, order_amount: Some(Money::from_minor(100)) }
    }

    #[test]
    fn every_field_that_is_wrong_is_named_at_once() {
        let long = Entered {
            address: Some("x".repeat(201)),
            coupon_id: Some("x".to_owned()),
            money_paid: Some("ten".to_owned()),
            ..Entered::default()
        };
        let wrong = long.order(&ENGLISH, draft()).unwrap_err();
        let expected = Wrong {
            consignee: Some("Fill this in.".to_owned()),
            address: Some("At most 200 characters.".to_owned()),
            coupon: Some("You have no such coupon.".to_owned()),
            money_paid: Some("Enter an amount such as 12.50.".to_owned()),
        };
        assert_eq!(wrong, expected);
    }

    #[test]
    fn an_order_expects_the_sums_that_the_page_has_shown() {
        let entered = Entered {
            consignee: Some(" Li Wei ".to_owned()),
            address: Some("1 Main Street".to_owned()),
            money_paid: Some("12.5".to_owned()),
            ..Entered::default()
        };
        let order = entered.order(&ENGLISH, draft()).unwrap();
        assert_eq!(
            (order.order_amount, order.money_paid),
            (Some(Money::from_minor(100)), Some(Money::from_minor(1_250)))
        );
        assert_eq!(order.consignee.into_inner(), "Li Wei");
    }
}
