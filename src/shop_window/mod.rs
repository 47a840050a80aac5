//! The pages of customers. The page of a payment is there in every profile. The shop window, with which a visitor can try
//! everything that the interface offers, is there in the default profile only: in production, the shop has a front of its
//! own.
//!
//! Handlers take a `Visitor` or a `Buyer`, ask the owners or call the function that the handler of
//! the API calls, and answer with a page. Forms work without script. An order and a payment are sent with an idempotency
//! key that is sealed in their form, so that a double click is one order.

mod account;
mod basket;
mod basket_pages;
mod checkout;
mod checkout_form;
mod front;
mod goods;
mod order;
mod order_acts;
mod order_page;
mod orders;
mod payment;
mod refusal;
pub mod route;
mod visitor;
