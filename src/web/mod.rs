//! The parts that all pages share: layout, language, assets, sessions by cookie, the guard of a group of pages, and the
//! tokens between a preview and its execution. The pages of administrators are in [`crate::console`],
//! those of customers in [`crate::shop_window`].
//!
//! # How to add a page to the console
//!
//! 1. Words: a file in [`language`] with a struct of `&'static str` fields and its two constants `ENGLISH` and
//!    `CHINESE`, and a field of [`language::Words`]. A word that is missing in one language does not compile.
//! 2. Handler: a file in [`crate::console`]. Its first argument is [`crate::console::operator::Operator`], which is the
//!    check that the visitor is the administrator; it has the state, the words and the address of the page. Filters are
//!    read with `Filters<T>`, forms with `FormBody<T>`. The handler asks the owners for data, or calls a function that
//!    it shares with the handler of the API, and answers with `operator.page(Section::…, title, body)`.
//!    Every error is a [`crate::http::problem::Problem`]: [`guard`] makes a page of it.
//! 3. Markup comes from [`component`]: `pill`, `money`, `time`, `id`, `table`, `filters`, `pager`, `notice`, `facts`.
//!    No inline script or style: the content security policy refuses both.
//! 4. Route: a line in `src/console/route.rs`, a line in the table of `tests/suite/console/access.rs`. Menu: a line in
//!    `src/console/menu.rs`.
//! 5. An act, such as a refund, is a variant of [`crate::console::act::Act`]. A form posts its fields to a route that
//!    checks them and answers with `operator.preview(…)`: what will happen, and a button. The button posts the token of
//!    [`preview`] to `/console/act`, which performs the act. The token is bound to the session and to the content of the
//!    act, and has an idempotency key, so that a double click is one act.
//!
//! Live parts use htmx with its extension for server-sent events (`asset::HTMX`): pass it to `operator.page_with(…)`. A page
//! must be readable without it.

pub mod asset;
pub mod component;
pub mod cookie;
pub mod failure;
pub mod guard;
pub mod language;
pub mod layout;
pub mod live;
pub mod preview;
pub mod redirect;
pub mod same_origin;
pub mod session;
pub mod sheet;
pub mod value;
