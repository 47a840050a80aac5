//! `/console/overview`: how the shop is doing, and what needs a person.

use maud::{Markup, html};
use rust_decimal::Decimal;

use super::graph::{Graph, spark};
use super::live::{Part, Topic};
use super::menu::Section;
use super::operator::Operator;
use super::orders::orders_table;
use crate::actor::task::ask;
use crate::domain::money::{CURRENCY, Money};
use crate::http::metrics::serving;
use crate::http::state::{HandlerResult, State};
use crate::metrics::at_risk::{RiskKind, total};
use crate::metrics::figures::Figures;
use crate::metrics::sampler::rate;
use crate::order::message::{ListAll, Order, StateFilter};
use crate::web::asset;
use crate::web::component::{Pill, Tone, time};
use crate::web::language::Words;

/// Number of the latest orders that are shown.
const ORDERS_SHOWN: i64 = 8;
/// Number of seconds of the small line.
const SPARK_SECONDS: usize = 60;

/// `GET /console/overview`
///
/// # Errors
/// None of its own. A part without a reply says so.
pub async fn show(operator: Operator) -> HandlerResult {
    let words = operator.words;
    let data = Data::read(&operator.state).await;
    let content = html! {
        div.title { h1 { (words.overview.title) } }
        div.stack hx-sse:connect=(Topic::Overview.address()) {
            @for part in data.parts(words) { (part.in_page()) }
        }
    };
    operator.page_with(Section::Overview, words.overview.title, &[&*asset::HTMX], content).await
}

/// The data of the page.
pub struct Data {
    figures: Figures,
    graph: Graph,
    /// Orders confirmed per second, by second.
    order_rates: Vec<Decimal>,
    orders: Vec<Order>,
}

impl Data {
    /// Reads the figures and the latest orders.
    pub async fn read(state: &State) -> Self {
        let latest = ListAll {
            order_id: None,
            user_id: None,
            consignee: None,
            goods_id: None,
            from: None,
            before_time: None,
            amount_min: None,
            amount_max: None,
            states: StateFilter::default(),
            before: None,
            limit: ORDERS_SHOWN,
        };
        let (figures, orders) = tokio::join!(state.sources.read(serving(state)), ask(&state.sources.order, latest));
        let samples = state.sampler.samples();
        let recent = samples.get(samples.len().saturating_sub(SPARK_SECONDS + 1)..).unwrap_or_default();
        let rates = recent.windows(2).filter_map(|pair| {
            let [before, after] = pair else { return None };
            Some(rate((before.at, before.orders), (after.at, after.orders)))
        });
        Self {
            figures,
            graph: Graph::read(&state.sampler),
            order_rates: rates.collect(),
            orders: orders.unwrap_or_default(),
        }
    }

    /// The live parts.
    #[must_use]
    pub fn parts(&self, words: &Words) -> Vec<Part> {
        let figures = html! {
            div.row {
                (self.books(words))
                (self.at_risk(words))
                (self.order_rate(words))
                (self.messages(words))
                (self.admission(words))
            }
            div.two {
                section.card { h2 { (words.overview.graph) } (self.graph.draw(words.overview.graph, false)) }
                (self.needs(words))
            }
        };
        let orders = html! { section.card { h2 { (words.overview.latest) } (orders_table(words, &self.orders)) } };
        vec![Part { name: "figures", content: figures }, Part { name: "orders", content: orders }]
    }

    fn books(&self, words: &Words) -> Markup {
        let (overview, audit) = (&words.overview, self.figures.audit.as_deref());
        html! {
            section.card {
                h2.eyebrow { a href="/console/audit" { (overview.books) } }
                @if let Some(report) = audit {
                    @let held = report.invariants.iter().filter(|invariant| invariant.ok).count();
                    @let violated: u64 = report.invariants.iter().map(|invariant| invariant.violated).sum();
                    p.figure {
                        (held) " " (overview.of) " " (report.invariants.len()) " " small { (overview.hold) }
                    }
                    p.soft { (overview.checked) " " (time(report.checked_at)) }
                    p.soft { (violated) " " (overview.violated) }
                } @else {
                    p.soft { (overview.not_checked) }
                }
            }
        }
    }

    fn at_risk(&self, words: &Words) -> Markup {
        let overview = &words.overview;
        let count = |kinds: &[RiskKind]| self.count(kinds).unwrap_or_default();
        html! {
            section.card {
                h2.eyebrow { (overview.at_risk) }
                @if let Some(sums) = &self.figures.at_risk {
                    @let total: Money = total(sums);
                    p.figure { (total.to_string()) " " small { (CURRENCY) } }
                    p.soft { (count(&[RiskKind::OpenPayment])) " " (overview.open_payments) }
                    p.soft {
                        (count(&[RiskKind::RequestedRefund, RiskKind::PendingRefund])) " " (overview.refunds) " · "
                        (count(&[RiskKind::UnbookedPayment])) " " (overview.unbooked) " · "
                        (count(&[RiskKind::ParkedRefund, RiskKind::ParkedCharge])) " " (overview.parked)
                    }
                } @else {
                    p.soft { (overview.no_answer) }
                }
            }
        }
    }

    /// Number of payments, refunds and charges of these kinds; `None` if Pay does not reply.
    fn count(&self, kinds: &[RiskKind]) -> Option<i64> {
        let sums = self.figures.at_risk.as_ref()?;
        Some(sums.iter().filter(|sum| kinds.contains(&sum.kind)).map(|sum| sum.count).sum())
    }

    fn order_rate(&self, words: &Words) -> Markup {
        let coordinator = self.graph.nodes.iter().find(|node| node.report.name == "coordinator");
        let p99 = coordinator.map(|node| node.report.latency_ms.p99.round_dp(1)).unwrap_or_default();
        html! {
            section.card {
                h2.eyebrow { (words.overview.orders) }
                p.figure {
                    (self.order_rates.last().copied().unwrap_or_default().normalize()) " "
                    small { (words.overview.per_second) }
                }
                p.soft { "p99 " (p99) " ms" }
                (spark(&self.order_rates))
            }
        }
    }

    fn messages(&self, words: &Words) -> Markup {
        let backlogs = self.figures.backlogs.iter().filter_map(|(_, backlog)| backlog.as_ref());
        let (mut pending, mut dead, mut oldest) = (0_i64, 0_i64, None);
        for backlog in backlogs {
            pending += backlog.pending;
            dead += backlog.dead;
            oldest = [oldest, backlog.oldest].into_iter().flatten().min();
        }
        let age = oldest.map_or(0, |oldest| self.figures.now.since(oldest).as_secs());
        html! {
            section.card {
                h2.eyebrow { a href="/console/messages" { (words.overview.messages) } }
                p.figure { (pending) " " small { (words.overview.on_their_way) } }
                p.soft { (words.overview.oldest) " " (age) " s · " (dead) " " (words.overview.dead) }
            }
        }
    }

    fn admission(&self, words: &Words) -> Markup {
        let admission = self.figures.serving.admission;
        html! {
            section.card {
                h2.eyebrow { (words.overview.admission) }
                p.figure {
                    (admission.in_flight) " " small { (words.overview.of) " " (admission.capacity) }
                }
                p.soft { (admission.refused) " " (words.overview.refused) }
            }
        }
    }

    fn needs(&self, words: &Words) -> Markup {
        let overview = &words.overview;
        let backlogs = self.figures.backlogs.iter();
        let dead: Option<i64> = backlogs.map(|(_, backlog)| backlog.as_ref().map(|backlog| backlog.dead)).sum();
        let sagas = self.figures.sagas;
        let lines = [
            (overview.dead_messages, "/console/messages?status=dead", dead, Tone::Bad),
            (overview.parked_refunds, "/console/refunds", self.count(&[RiskKind::ParkedRefund]), Tone::Bad),
            (overview.parked_charges, "/console/notices", self.count(&[RiskKind::ParkedCharge]), Tone::Bad),
            (overview.without_wakeup, "/console/sagas", sagas.and_then(|sagas| sagas.without_wakeup), Tone::Bad),
            (overview.unconfirmed, "/console/sagas", sagas.and_then(|sagas| sagas.unconfirmed), Tone::Info),
            (overview.open, "/console/payments", self.count(&[RiskKind::OpenPayment]), Tone::Info),
        ];
        html! {
            section.card {
                h2 { (overview.needs) }
                ul.needs {
                    @for (text, path, number, tone) in lines {
                        li {
                            a href=(path) { (text) }
                            @match number {
                                Some(0) => (Pill(Tone::Good, "0")),
                                Some(number) => (Pill(tone, &number.to_string())),
                                None => (Pill(Tone::Waiting, overview.no_answer)),
                            }
                        }
                    }
                }
            }
        }
    }
}
