//! The dashboard, the alert rules and the documentation name metrics that exist, and each alert fires at its cause.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tradepost::actor::health::ActorReport;
use tradepost::actor::{Fence, Health};
use tradepost::db::connection::size::Size;
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::metrics::figures::{Figures, NodeFigures, Serving, StoreFigures};
use tradepost::metrics::text;
use tradepost::payments::platform::report::PlatformReport;
use tradepost::payments::platform::single::PlatformState;

use super::openmetrics::Scrape;
use crate::support::{OrderBody, TestApp};

/// A metric that Prometheus makes itself.
const OF_PROMETHEUS: &str = "up";

fn file(path: &str) -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (path, text)
}

/// An alert: its name and its expression.
fn alerts() -> Vec<(String, String)> {
    let (_, text) = file("deploy/prometheus/rules.yml");
    let of = |key: &str| -> Vec<String> {
        text.lines()
            .filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix(key))
            .map(str::to_owned)
            .collect()
    };
    let (names, expressions) = (of("alert: "), of("expr: "));
    assert_eq!(names.len(), expressions.len());
    names.into_iter().zip(expressions).collect()
}

/// The words of an expression that begin like a name of this program.
fn metrics_in(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("tradepost_")).map(str::to_owned).collect()
}

/// A comparison of a metric with a number, such as `increase(a_total{b="c"}[5m]) > 3`.
#[derive(Debug)]
struct Rule<'a> {
    metric: &'a str,
    /// Label, whether it must match, and the values.
    labels: Vec<(&'a str, Vec<&'a str>)>,
    is_increase: bool,
    operator: &'a str,
    bound: f64,
}

impl<'a> Rule<'a> {
    fn parse(expression: &'a str) -> Self {
        let mut parts = expression.rsplitn(3, ' ');
        let (bound, operator, left) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let inner = left.strip_prefix("increase(").and_then(|rest| rest.strip_suffix("m])")?.rsplit_once('['));
        let selector = inner.map_or(left, |(selector, _)| selector);
        let (metric, labels) = selector.split_once('{').unwrap_or((selector, "}"));
        let labels = labels.strip_suffix('}').unwrap().split(',').filter(|label| !label.is_empty());
        let label = |label: &'a str| {
            let (name, value) = label.split_once('=').unwrap();
            (name, value.trim_start_matches('~').trim_matches('"').split('|').collect())
        };
        Self {
            metric,
            labels: labels.map(label).collect(),
            is_increase: inner.is_some(),
            operator,
            bound: bound.parse().unwrap(),
        }
    }

    /// Whether the alert fires at `after`, if `before` was read within the time of its expression.
    fn fires(&self, before: &Scrape, after: &Scrape) -> bool {
        let fits = |labels: &BTreeMap<String, String>| {
            self.labels
                .iter()
                .all(|(name, values)| labels.get(*name).is_some_and(|value| values.contains(&value.as_str())))
        };
        let samples = |scrape: &Scrape| -> Vec<(BTreeMap<String, String>, f64)> {
            let found = scrape.find(self.metric, &[]).filter(|(labels, _)| fits(labels));
            found.map(|(labels, value)| (labels.clone(), value)).collect()
        };
        let earlier: BTreeMap<_, _> = samples(before).into_iter().collect();
        samples(after).into_iter().any(|(labels, value)| {
            // Prometheus has no increase of a series that has just begun.
            let value = if self.is_increase { value - earlier.get(&labels).copied().unwrap_or(value) } else { value };
            match self.operator {
                "==" => value == self.bound,
                ">" => value > self.bound,
                "<" => value < self.bound,
                other => panic!("{other}"),
            }
        })
    }
}

/// The alerts that fire at `after`.
fn firing(before: &Scrape, after: &Scrape) -> BTreeSet<String> {
    let fires = |(_, expression): &(String, String)| Rule::parse(expression).fires(before, after);
    alerts().into_iter().filter(fires).map(|(name, _)| name).collect()
}

fn named(alerts: &[&str]) -> BTreeSet<String> {
    alerts.iter().map(|name| format!("Tradepost{name}")).collect()
}

/// Asserts that exactly these alerts fire at `after`.
#[track_caller]
fn assert_firing(before: &Scrape, after: &Scrape, expected: &[&str]) -> BTreeSet<String> {
    let firing = firing(before, after);
    assert_eq!(firing, named(expected), "left: firing");
    firing
}

/// Asserts that exactly these alerts fire within ten seconds: callbacks and messages are on their way.
async fn assert_will_fire(app: &TestApp, before: &Scrape, expected: &[&str]) {
    let until = Instant::now() + Duration::from_secs(10);
    while firing(before, &app.scrape().await) != named(expected) && Instant::now() < until {
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }
    assert_firing(before, &app.scrape().await, expected);
}

#[test]
fn an_expression_is_read_as_prometheus_does() {
    let rule = Rule::parse(r#"increase(a_total{b="c",d=~"e|f"}[15m]) > 3"#);
    assert_eq!((rule.metric, rule.is_increase, rule.operator, rule.bound), ("a_total", true, ">", 3.0));
    assert_eq!(rule.labels, [("b", vec!["c"]), ("d", vec!["e", "f"])]);
    let scrape = |value| {
        let text = format!("# HELP a A.\n# TYPE a counter\na_total{{b=\"c\",d=\"f\"}} {value}\n# EOF\n");
        Scrape::parse(&text).unwrap()
    };
    assert!(rule.fires(&scrape(1), &scrape(5)) && !rule.fires(&scrape(1), &scrape(4)));
    assert!(!Rule::parse(r#"a_total{b="x"} == 5"#).fires(&scrape(5), &scrape(5)));
    assert!(Rule::parse("a_total < 6").fires(&scrape(5), &scrape(5)));
}

/// A scrape of an application that has done a bit of everything, so that every family has a sample.
async fn full_scrape() -> Scrape {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let refund = [("idempotency-key", "refund")];
    let path = format!("/v1/orders/{order_id}/refund");
    app.send(awc::http::Method::POST, &path, &zs, &refund, Some(&json!({}))).await.expect(202);
    app.settle().await;
    let second =
        app.order(&zs, "second", &OrderBody::of(crate::support::GOODS, 1)).await.expect(201).text_of("order_id");
    app.pay(&zs, "second", &second).await.expect(201);
    app.get("/admin/audit", &app.admin().await).await.expect(200);
    app.endpoint("https://warehouse.invalid/events", &["shop.tradepost.order.placed.v1"]).await;
    let scrape = app.scrape().await;
    app.finish().await;
    scrape
}

#[actix_web::test]
async fn the_documentation_lists_every_metric_and_dashboard_and_rules_name_no_other() {
    let scrape = full_scrape().await;
    let names = scrape.names();
    let (_, dashboard) = file("deploy/grafana/tradepost.json");
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let shown: BTreeSet<String> = targets.flat_map(|target| metrics_in(target["expr"].as_str().unwrap())).collect();
    let alerted: BTreeSet<String> = alerts().iter().flat_map(|(_, expression)| metrics_in(expression)).collect();
    assert!(shown.len() > 30 && alerted.len() > 15, "the expressions are not found");
    for name in shown.union(&alerted) {
        assert!(names.contains(name), "{name} is in no scrape: {names:?}");
    }
    let (_, page) = file("docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `tradepost_")?.split_once('`'));
    let listed: BTreeMap<String, &str> = rows.map(|(name, rest)| (format!("tradepost_{name}"), rest)).collect();
    let families: BTreeSet<&String> = scrape.0.keys().collect();
    assert_eq!(listed.keys().collect::<BTreeSet<_>>(), families, "left: docs/metrics.md, right: a scrape");
    for (name, family) in &scrape.0 {
        let labels: BTreeSet<&str> = family
            .samples
            .iter()
            .flat_map(|(_, labels, _)| labels.keys())
            .map(String::as_str)
            .filter(|l| *l != "le")
            .collect();
        let expected = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let row = format!(" | {} | {} | {} |", family.kind, expected, family.help);
        assert_eq!(listed[name], row.replace("|  |", "| |"), "docs/metrics.md: {name}");
    }
    let alerts_listed = alerts().into_iter().filter(|(name, _)| !page.contains(&format!("`{name}`")));
    assert_eq!(alerts_listed.map(|(name, _)| name).collect::<Vec<_>>(), Vec::<String>::new(), "not in docs/metrics.md");
}

#[test]
fn prometheus_accepts_the_rules() {
    let (path, _) = file("deploy/prometheus/rules.yml");
    let Ok(checked) = Command::new("promtool").args(["check", "rules"]).arg(path).output() else {
        return println!("promtool is not installed: apt-get install prometheus");
    };
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[actix_web::test]
async fn alerts_about_money_and_messages_fire_at_their_causes() {
    let app = TestApp::with(&[("RELAY__ATTEMPTS", "1")]).await;
    let quiet = app.scrape().await;
    assert_firing(&quiet, &quiet, &[]);
    let (zs, order_id, pay_id) = app.paying().await;
    let quiet = app.scrape().await;
    assert_firing(&quiet, &quiet, &[]);
    // The order does not learn of its payment.
    app.fail_at("order.apply");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.clock.advance(Duration::from_secs(301));
    assert_will_fire(&app, &quiet, &["MessagesOld", "PaymentsNotBooked"]).await;
    app.clear_fault("order.apply");
    app.advance(Duration::from_secs(600)).await;
    assert_will_fire(&app, &quiet, &[]).await;
    // The platform makes no refund.
    app.fail_at("sandbox.call");
    let refund = [("idempotency-key", "refund")];
    let path = format!("/v1/orders/{order_id}/refund");
    app.send(awc::http::Method::POST, &path, &zs, &refund, Some(&json!({}))).await.expect(202);
    app.settle().await;
    app.clock.advance(Duration::from_secs(86_401));
    assert_will_fire(&app, &quiet, &["RefundsOld"]).await;
    app.clear_fault("sandbox.call");
    app.advance(Duration::from_secs(600)).await;
    // The customer pays another amount, and the payment is not closed at the platform.
    let zs = app.zs().await;
    let second =
        app.order(&zs, "second", &OrderBody::of(crate::support::GOODS, 1)).await.expect(201).text_of("order_id");
    let pay_id = app.pay(&zs, "second", &second).await.expect(201).text_of("pay_id");
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET amount = 1 WHERE out_trade_no = '{pay_id}'"));
    let before = app.scrape().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.fail_at("sandbox.call");
    app.clock.advance(Duration::from_secs(86_401));
    // The platform's callback is refused, so its message is dead.
    let expected = ["MoneyParked", "PaymentsOpenForLong", "NoticesRejected", "MessagesDead"];
    assert_will_fire(&app, &before, &expected).await;
    app.finish_broken().await;
}

#[actix_web::test]
async fn alerts_about_dead_letters_notices_refusals_and_the_audit_fire_at_their_causes() {
    let app = TestApp::with(&[("HTTP__IN_FLIGHT_MAX", "1"), ("HTTP__ADMIT_WITHIN", "0s")]).await;
    let (zs, _, pay_id) = app.paying().await;
    let admin = app.admin().await;
    app.get("/admin/audit", &admin).await.expect(200);
    // Prometheus has read the series before something happens to them.
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET amount = 1 WHERE out_trade_no = '{pay_id}'"));
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let before = app.scrape().await;
    app.tamper("sandbox", "UPDATE sandbox_trade SET status = 0, amount = 2, trade_no = '7'");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.faults.plan("order.apply", tradepost::actor::fault::Fault::Delay(Duration::from_millis(500)), 0, 1);
    let goods = OrderBody::of(crate::support::GOODS, 1);
    let keys: Vec<String> = (0..20).map(|number| format!("key-{number}")).collect();
    futures_util::future::join_all(keys.iter().map(|key| app.order(&zs, key, &goods))).await;
    app.settle().await;
    app.tamper("goods", "UPDATE goods SET goods_number = goods_number + 1");
    let is_dead = "UPDATE mq_producer SET msg_status = 2, remark = 'for the test'";
    app.tamper("sandbox", is_dead);
    app.get("/admin/audit", &admin).await.expect(200);
    let expected = ["MoneyParked", "NoticesRejected", "RequestsRefused", "AuditViolations", "MessagesDead"];
    assert_will_fire(&app, &before, &expected).await;
    app.finish_broken().await;
}

/// Figures of a process in which all is well.
fn well(actors: &[&Health], fence: &Fence, state: PlatformState, size: Size) -> Figures {
    let platform = PlatformReport {
        provider: "alipay".to_owned(),
        state,
        since: None,
        calls: 0,
        open: Some(0),
        refunds_pending: Some(0),
        parked: Some(0),
        amount: None,
    };
    Figures {
        now: Timestamp(0),
        started: Timestamp(0),
        actors: actors.iter().map(|actor| actor.report()).collect::<Vec<ActorReport>>(),
        occurrences: BTreeMap::new(),
        edges: Vec::new(),
        orders: Vec::new(),
        sagas_ended: Vec::new(),
        refusals: Vec::new(),
        sagas: Some(tradepost::coordinator::message::Sagas {
            in_flight: 0,
            unconfirmed: Some(0),
            without_wakeup: Some(0),
        }),
        backlogs: Vec::new(),
        deliveries: Vec::new(),
        at_risk: Some(Vec::new()),
        webhooks: Some(Vec::new()),
        webhook_attempts: Vec::new(),
        pending: Some(tradepost::pay::message::PendingCounts {
            open: 0,
            watched: 0,
            refunds_pending: 0,
            refunds_parked: 0,
            charges_parked: 0,
        }),
        platforms: vec![platform],
        requests: Vec::new(),
        serving: Serving::default(),
        stores: Some(vec![StoreFigures { owner: "goods", size }]),
        node: NodeFigures { has_lease: fence.is_open(), alive: 1, clock_difference_ms: 0 },
        log_lines_dropped: 0,
        trace_spans: tradepost::trace::Counts::default(),
        audit: None,
    }
}

fn read(figures: Figures) -> Scrape {
    Scrape::parse(&text::write(figures).unwrap()).unwrap()
}

const ROOM: Size = Size { file: 1, log: 1, free: 10_000_000_000 };

#[test]
fn alerts_about_actors_stores_platforms_and_the_node_fire_at_their_causes() {
    let goods = || Arc::new(Health::new("goods", Clock::default(), 1, Some("sqlite")));
    let of = |actor: &Health| read(well(&[actor], &Fence::default(), PlatformState::Up, ROOM));
    let before = of(&goods());
    let mut fired = assert_firing(&before, &before, &[]);
    let mut at = |after: Scrape, expected: &str| fired.extend(assert_firing(&before, &after, &[expected]));

    let actor = goods();
    actor.started();
    actor.stopped(false);
    at(of(&actor), "ActorDown");
    let actor = goods();
    for _ in 0..4 {
        actor.restarting();
        actor.restarted();
    }
    at(of(&actor), "ActorRestarts");
    let actor = goods();
    actor.set_reachable(false);
    at(of(&actor), "StoreUnreachable");
    let actor = goods();
    actor.set_writable(false);
    at(of(&actor), "StoreReadOnly");

    let actor = goods();
    let fence = Fence::default();
    fence.close();
    at(read(well(&[&actor], &fence, PlatformState::Up, ROOM)), "LeaseLost");
    for state in [PlatformState::Down, PlatformState::Removed] {
        at(read(well(&[&actor], &Fence::default(), state, ROOM)), "PlatformUnavailable");
    }
    assert_firing(&before, &read(well(&[&actor], &Fence::default(), PlatformState::Slow, ROOM)), &[]);
    let full = Size { free: 999_999_999, ..ROOM };
    at(read(well(&[&actor], &Fence::default(), PlatformState::Up, full)), "DiskAlmostFull");
    let long = Size { log: 600_000_000, ..ROOM };
    at(read(well(&[&actor], &Fence::default(), PlatformState::Up, long)), "LogNotCheckpointed");

    let figures = || well(&[&actor], &Fence::default(), PlatformState::Up, ROOM);
    at(read(Figures { log_lines_dropped: 1, ..figures() }), "LogLinesDropped");
    at(
        read(Figures { node: NodeFigures { clock_difference_ms: -6_000, ..figures().node }, ..figures() }),
        "ClocksDiffer",
    );
    at(read(Figures { stores: None, ..figures() }), "FiguresMissing");
    let lost = tradepost::coordinator::message::Sagas { in_flight: 0, unconfirmed: Some(1), without_wakeup: Some(1) };
    at(read(Figures { sagas: Some(lost), ..figures() }), "SagasWithoutWakeup");

    // With the tests above, every alert has fired, but the one about a process that answers nothing.
    let elsewhere = ["MessagesOld", "PaymentsNotBooked", "RefundsOld", "MoneyParked", "PaymentsOpenForLong"];
    let further = ["NoticesRejected", "RequestsRefused", "AuditViolations", "MessagesDead"];
    fired.extend(elsewhere.iter().chain(&further).map(|name| format!("Tradepost{name}")));
    let all = alerts().into_iter().filter(|(_, expression)| !expression.starts_with(OF_PROMETHEUS));
    assert_eq!(all.map(|(name, _)| name).collect::<BTreeSet<_>>(), fired, "left: the rules, right: what has fired");
}
