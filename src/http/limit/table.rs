//! The limit of each route: method, template and limit. A test compares the table with the routes.

use super::rate::Rate;

/// The rates of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The rate of an address.
    pub address: Option<Rate>,
    /// The rate of a user.
    pub user: Option<Rate>,
}

impl Limit {
    /// The limit of a path that is in no line: there is no such route, or its path is written in another way.
    pub const UNKNOWN: Self = Self { address: Some(Rate::AddressRequests), user: Some(Rate::UserRequests) };
    /// No limit: health checks; callbacks, which a platform sends at the rate of the shop's payments; readers of events; and
    /// administrators.
    const NONE: Self = Self { address: None, user: None };

    /// A route without a user.
    #[must_use]
    pub const fn address(rate: Rate) -> Self {
        Self { address: Some(rate), user: None }
    }

    /// A route for signed-in users.
    #[must_use]
    pub const fn user(rate: Rate) -> Self {
        Self { address: None, user: Some(rate) }
    }
}

/// A line of the table: method, template of the path, and limit.
pub type Line = (&'static str, &'static str, Limit);

const BY_ADDRESS: Limit = Limit::address(Rate::AddressRequests);
const BY_USER: Limit = Limit::user(Rate::UserRequests);
/// A route for guests and for signed-in users.
const BY_BOTH: Limit = Limit::UNKNOWN;
const PAYMENT_PAGE: Limit = Limit::address(Rate::PaymentPages);

/// The limits of all routes. A template that ends with `*` stands for all routes below it, with every method.
pub const LINES: &[Line] = &[
    ("GET", "/healthz", Limit::NONE),
    ("GET", "/readyz", Limit::NONE),
    ("GET", "/metrics", Limit::NONE),
    ("GET", "/openapi.json", BY_ADDRESS),
    ("GET", "/docs", BY_ADDRESS),
    ("GET", "/asyncapi.json", BY_ADDRESS),
    ("GET", "/problems/{code}", BY_ADDRESS),
    ("POST", "/v1/users", Limit::address(Rate::Registrations)),
    ("POST", "/v1/users/me/password", Limit::address(Rate::SignIns)),
    ("GET", "/v1/users/me/second-factor", BY_USER),
    ("POST", "/v1/users/me/second-factor", Limit::address(Rate::SignIns)),
    ("POST", "/v1/users/me/second-factor/confirm", Limit::address(Rate::SignIns)),
    ("POST", "/v1/users/me/second-factor/remove", Limit::address(Rate::SignIns)),
    ("POST", "/v1/sessions", Limit::address(Rate::SignIns)),
    ("DELETE", "/v1/sessions", BY_USER),
    ("DELETE", "/v1/sessions/current", BY_USER),
    ("GET", "/v1/users/me", BY_USER),
    ("GET", "/v1/users/me/coupons", BY_USER),
    ("GET", "/v1/users/me/money-log", BY_USER),
    ("GET", "/v1/users/me/score-log", BY_USER),
    ("GET", "/v1/goods", BY_ADDRESS),
    ("GET", "/v1/goods/{id}", BY_ADDRESS),
    ("GET", "/v1/payment-methods", BY_ADDRESS),
    ("POST", "/v1/quotes", BY_BOTH),
    ("POST", "/v1/orders", Limit::user(Rate::Orders)),
    ("GET", "/v1/orders", BY_USER),
    ("GET", "/v1/orders/{id}", BY_USER),
    ("GET", "/v1/orders/{id}/events", BY_USER),
    ("GET", "/v1/orders/{id}/payments", BY_USER),
    ("GET", "/v1/orders/{id}/refunds", BY_USER),
    ("POST", "/v1/orders/{id}/cancel", BY_USER),
    ("POST", "/v1/orders/{id}/receive", BY_USER),
    ("POST", "/v1/orders/{id}/refund", BY_USER),
    ("GET", "/v1/payments", BY_USER),
    ("POST", "/v1/payments", Limit::user(Rate::Payments)),
    ("GET", "/v1/payments/{id}", BY_USER),
    ("POST", "/v1/payments/{id}/close", BY_USER),
    ("POST", "/v1/payments/callbacks/{provider}", Limit::NONE),
    ("GET", "/v1/events", Limit::NONE),
    ("*", "/admin/*", Limit::NONE),
    ("*", "/console/*", Limit::NONE),
    ("POST", "/console/second-factor/enrol", Limit::address(Rate::SignIns)),
    ("POST", "/console/second-factor/confirm", Limit::address(Rate::SignIns)),
    ("POST", "/console/second-factor/remove", Limit::address(Rate::SignIns)),
    ("POST", "/console/sign-in", Limit::address(Rate::SignIns)),
    ("GET", "/assets/{file}", BY_ADDRESS),
    ("GET", "/language/{code}", BY_ADDRESS),
    ("GET", "/pay/page.js", BY_ADDRESS),
    ("GET", "/pay/{ticket}", PAYMENT_PAGE),
    ("POST", "/pay/{ticket}/again", PAYMENT_PAGE),
    ("GET", "/", BY_ADDRESS),
    ("GET", "/goods/{id}", BY_ADDRESS),
    ("GET", "/basket", BY_ADDRESS),
    ("POST", "/basket/add", BY_ADDRESS),
    ("POST", "/basket/set", BY_ADDRESS),
    ("POST", "/basket/remove", BY_ADDRESS),
    ("GET", "/checkout", BY_USER),
    ("POST", "/checkout", Limit::user(Rate::Orders)),
    ("POST", "/checkout/price", BY_USER),
    ("GET", "/orders", BY_USER),
    ("GET", "/orders/{id}", BY_USER),
    ("POST", "/orders/{id}/pay", Limit::user(Rate::Payments)),
    ("POST", "/orders/{id}/cancel", BY_USER),
    ("POST", "/orders/{id}/receive", BY_USER),
    ("POST", "/orders/{id}/refund", BY_USER),
    ("GET", "/account", BY_USER),
    ("GET", "/sign-in", BY_ADDRESS),
    ("POST", "/sign-in", Limit::address(Rate::SignIns)),
    ("GET", "/register", BY_ADDRESS),
    ("POST", "/register", Limit::address(Rate::Registrations)),
    ("POST", "/sign-out", BY_ADDRESS),
    ("*", "/sandbox/*", BY_ADDRESS),
];
