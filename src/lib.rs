//! Tradepost: the order and payment back end of a shop. This file is the map.
//!
//! # Where an order goes
//!
//! `POST /v1/orders` reaches [`http::shop::order`], which turns the request into an [`domain::order::OrderRequest`] and sends
//! it to the [`coordinator`]. The coordinator asks [`goods`], [`user`] and [`coupon`] for a quote, has [`order`] write the
//! order as `unconfirmed`, reserves stock, coupon and balance at the same time, and has [`order`] confirm it: the pivot of
//! the saga. Each of these owners is an [`actor`] that alone writes its tables: it collects the tasks that arrive together
//! and commits them in one transaction through [`db`]. `POST /v1/payments` reaches [`payments`], which calls a platform
//! through its [`gateway`]. The platform's notification reaches [`pay`], which commits "paid" together with the messages
//! that carry its effects; [`messaging`] delivers them. [`audit`] proves that what all owners have written fits together.
//!
//! # Rooms
//!
//! A room may use the rooms above it in this list, never one below.
//!
//! | room | what it is |
//! | --- | --- |
//! | [`domain`] | pure values and rules: money, ids, states, prices, the transitions of an order |
//! | [`db`] | three engines behind one type: connections, queries, errors, schema, migrations |
//! | [`trace`] | the spans of work that belong to one order, and their export (cargo feature) |
//! | [`actor`] | what all owners share: task queue, batch, group commit, executor, supervisor, health |
//! | [`messaging`] | messages between owners: their contract, outbox, inbox, relay; events for other systems |
//! | [`journal`] | the acts of administrators, recorded by the transaction that carries them out |
//! | [`node`] | the nodes that share one database server: the lease of a number, who is alive, the database's clock |
//! | [`config`] | settings as types that cannot be wrong |
//! | [`gateway`] | payment platforms behind one trait: Alipay, WeChat Pay |
//! | [`coupon`] [`goods`] [`user`] [`order`] [`pay`] | the owners; they do not know each other |
//! | [`coordinator`] | the saga that places an order |
//! | [`payments`] | every call to a platform: start, sync, close, refund, expire |
//! | [`webhook`] | sends events to the endpoints of other systems |
//! | [`audit`] [`reconcile`] | the invariants of all tables; a platform's statement against ours |
//! | [`metrics`] | the figures that operators see: OpenMetrics text, money at risk, samples of 15 minutes |
//! | [`http`] | routes, extractors, middleware, handlers for shop and administrators, pages, the OpenAPI document |
//! | [`web`] | what all pages share: layout, language, assets, sessions by cookie, previews |
//! | [`console`] | the pages of administrators |
//! | [`shop_window`] | the pages of customers: the page of a payment, and a shop to try everything with |
//! | `sandbox` | the built-in payment platform: a sixth owner with pages of its own (cargo feature) |
//! | [`app`] | the composition root: stores, actor graph, servers, bootstrap |
//! | [`cli`] | the commands |
//!
//! # Words
//!
//! | word | meaning here |
//! | --- | --- |
//! | owner | the one actor that writes a set of tables |
//! | task | a message to an owner, with its access (read or write) and its priority (new or accepted work) |
//! | batch, group commit | the tasks that are applied in one transaction; replies follow after COMMIT |
//! | saga, step, pivot, compensate | placing an order over several owners; the confirmation decides; before it, all is released |
//! | tombstone | the log row of a release that came before its reservation, which it then refuses |
//! | outbox, inbox, relay | rows of messages to deliver and of messages consumed, and the actor that delivers |
//! | attempt, backoff, dead letter, replay | one delivery, the delay until the next, a message given up, trying it again by hand |
//! | idempotency key, fingerprint | the client's name for a request, and a hash of what it asked for |
//! | refusal, failure, problem | a business "no" with data; no outcome for a technical reason; the RFC 9457 answer |
//! | unknown outcome | it may or may not have happened: send the same command again |
//! | notification, notice | what a platform reports by itself; its row is `pay_notice` and its route `/admin/notices` |
//! | sync | asking a platform for the status of a payment on a schedule |
//! | judge | a pure function that compares a notification with our rows |
//! | invariant | a statement over all tables that the audit checks |

pub mod domain;

pub mod db;

pub mod trace;

pub mod actor;

pub mod messaging;
pub mod node;

pub mod journal;

pub mod config;

pub mod gateway;

pub mod coupon;
pub mod goods;
pub mod order;
pub mod pay;
pub mod user;

pub mod coordinator;
pub mod payments;
pub mod webhook;

pub mod audit;
pub mod reconcile;

pub mod metrics;

pub mod http;

pub mod web;

pub mod console;
pub mod shop_window;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub mod app;
pub mod cli;
