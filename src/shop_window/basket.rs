//! The basket: goods and units in a cookie. It holds no price, so it may be as old as it likes.

use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::id::GoodsId;
use crate::domain::quantity::Quantity;
use crate::http::problem::{Code, Problem};
use crate::http::state::State;
use crate::web::cookie::{self, Cookie, Name, SameSite};

const COOKIE: Name = Name::new("tradepost_basket", "__Host-tradepost_basket");
/// Lifetime of the cookie.
const MONTH_S: u64 = 30 * 24 * 3600;
/// The most lines that an order may have.
pub const LINES_MAX: usize = 100;
/// Between the lines in the cookie.
const BETWEEN: char = '_';

/// Goods and units, each product once, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basket(Vec<(GoodsId, Quantity)>);

impl Basket {
    /// The basket of a request. Whatever is no line is left out.
    #[must_use]
    pub fn of(req: &HttpRequest, state: &State) -> Self {
        cookie::read(req, COOKIE.at(state)).map(Self::parse).unwrap_or_default()
    }

    fn parse(text: &str) -> Self {
        let mut basket = Self::default();
        for line in text.split(BETWEEN) {
            let Some((goods_id, number)) = line.split_once('-') else { continue };
            let number = number.parse().ok().and_then(|number: i64| Quantity::try_from(number).ok());
            if let (Ok(goods_id), Some(number)) = (goods_id.parse(), number) {
                basket.set(goods_id, number);
            }
        }
        basket
    }

    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &[(GoodsId, Quantity)] {
        &self.0
    }

    /// The number of units of all goods.
    #[must_use]
    pub fn units(&self) -> i64 {
        self.0.iter().map(|(_, number)| number.get()).sum()
    }

    /// Adds units of a product, as far as one line may have them. `false` if the basket has no place for another product.
    #[must_use]
    pub fn add(&mut self, goods_id: GoodsId, number: Quantity) -> bool {
        let present = self.0.iter().find(|(known, _)| *known == goods_id).map_or(0, |(_, number)| number.get());
        let sum = Quantity::try_from(present.saturating_add(number.get())).or_else(|_| Quantity::try_from(9_999));
        self.set(goods_id, sum.unwrap_or(number))
    }

    /// Sets the units of a product. `false` if the basket has no place for another product.
    pub fn set(&mut self, goods_id: GoodsId, number: Quantity) -> bool {
        if let Some((_, present)) = self.0.iter_mut().find(|(known, _)| *known == goods_id) {
            *present = number;
            return true;
        }
        let has_place = self.0.len() < LINES_MAX;
        if has_place {
            self.0.push((goods_id, number));
        }
        has_place
    }

    /// Takes a product out.
    pub fn remove(&mut self, goods_id: GoodsId) {
        self.0.retain(|(known, _)| *known != goods_id);
    }

    /// Adds the cookie with this basket to a response.
    ///
    /// # Errors
    /// 500 if the cookie has characters that no header may have, which is a bug.
    pub fn keep(&self, state: &State, mut response: HttpResponse) -> Result<HttpResponse, Problem> {
        let value = self.text();
        let max_age = if self.0.is_empty() { 0 } else { MONTH_S };
        let is_secure = state.is_https();
        let cookie =
            Cookie { name: COOKIE.at(state), value: &value, max_age, same_site: SameSite::Lax, is_secure }.header();
        let cookie = HeaderValue::try_from(cookie).map_err(|_| Problem::new(Code::Internal))?;
        response.headers_mut().append(SET_COOKIE, cookie);
        Ok(response)
    }

    fn text(&self) -> String {
        let lines = self.0.iter().map(|(goods_id, number)| format!("{goods_id}-{}", number.get()));
        lines.collect::<Vec<_>>().join(&BETWEEN.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(number: i64) -> Quantity {
        Quantity::try_from(number).unwrap()
    }

    #[test]
    fn a_basket_survives_its_cookie_and_ignores_what_is_no_line() {
        let mut basket = Basket::default();
        assert!(basket.add(GoodsId::new(7), units(2)) && basket.add(GoodsId::new(9), units(1)));
        assert!(basket.add(GoodsId::new(7), units(3)));
        assert_eq!((basket.text().as_str(), basket.units()), ("7-5_9-1", 6));
        assert_eq!(Basket::parse(&basket.text()), basket);
        assert_eq!(Basket::parse("7-5_x-1_9-0_9-10000__-3_9-1_\u{e9}"), basket);
        basket.remove(GoodsId::new(7));
        assert_eq!(basket.text(), "9-1");
    }

    #[test]
    fn a_line_has_at_most_the_units_of_an_order_and_a_basket_at_most_its_lines() {
        let mut basket = Basket::default();
        for id in 1..=100 {
            assert!(basket.add(GoodsId::new(id), units(9_999)));
        }
        assert!(basket.add(GoodsId::new(1), units(9_999)) && !basket.add(GoodsId::new(101), units(1)));
        assert_eq!(basket.units(), 999_900);
        assert!(basket.text().len() < 4_000, "a browser keeps the cookie");
    }
}
