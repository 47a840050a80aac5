//! The environment of the measurements: data that are prepared once, and one measurement of a contestant.

use std::path::{Path, PathBuf};

use super::arguments::{Args, Part};
use super::harness::generator::{Kind, Phase, Used};
use super::harness::process::Data;
use super::harness::run::{self, Report, Task};
use super::harness::shop::Shop;
use super::harness::template::Template;
use super::sample::{Contestant, Engine, Sample};
use super::server::Postgres;
use super::{pgbench, raw};

/// Upper bound of the orders per second over HTTP, for the number of prepared coupons.
const FASTEST: u64 = 25_000;
/// Upper bound of the orders per second of the bare loop.
const FASTEST_RAW: u64 = 80_000;
/// Seconds of load before the measurement.
pub const WARM_UP_S: f64 = 1.0;

/// The prepared environment.
pub struct Stage {
    pub args: Args,
    pub home: PathBuf,
    pub template: Template,
    pub server: Option<Postgres>,
}

impl Stage {
    /// Prepares the data of the selected parts in `home`.
    pub fn new(args: &Args, home: &Path) -> Self {
        // The half load has two phases with callbacks. The rest covers warm-up and a margin.
        let payments = u64::from(args.callbacks) * (3 * args.seconds + 30);
        let (users, goods) = (args.users, args.goods);
        let shop = Shop { users, goods, coupons: FASTEST * (args.seconds + 1), payments };
        let template = Template::new(home.join("template"), shop);
        if args.has(Part::Raw) || args.has(Part::Single) {
            raw::prepare(&home.join("raw.db"), &raw_shop(args));
        }
        let server = args.has(Part::Postgres).then(|| Postgres::start(&shop, &home.join("server")));
        Self { args: args.clone(), home: home.to_owned(), template, server }
    }

    pub const fn shop(&self) -> Shop {
        self.template.shop
    }

    /// Measures `contestant` once.
    pub fn measure(&self, contestant: Contestant) -> Sample {
        let Args { seconds, .. } = self.args;
        match contestant {
            Contestant::Raw { batch } => raw::run(&self.home.join("raw.db"), &raw_shop(&self.args), batch, seconds),
            Contestant::Pgbench { is_hot, clients } => {
                let server = self.server.as_ref().unwrap();
                server.with_copy(|database| pgbench::run(server, database, &self.shop(), is_hot, clients, seconds))
            }
            Contestant::Shop { engine: Engine::Postgres, kind, connections } => {
                let server = self.server.as_ref().unwrap();
                let folder = self.home.join("server");
                let sample = |database: &str| {
                    let data = Data { folder, url: server.url(database) };
                    Sample::of(&run::run(&data, &[], &self.task(kind, connections)))
                };
                server.with_copy(sample)
            }
            Contestant::Shop { engine: Engine::Sqlite, kind, connections } => {
                Sample::of(&self.on_a_copy(&[], &self.task(kind, connections)))
            }
        }
    }

    /// Runs `task` on a fresh copy of the data.
    pub fn on_a_copy(&self, settings: &[(&str, &str)], task: &Task) -> Report {
        self.on_a_copy_with(settings, task, |_| {})
    }

    /// Like [`Self::on_a_copy`]; `change` modifies the copy before the run.
    pub fn on_a_copy_with(&self, settings: &[(&str, &str)], task: &Task, change: impl FnOnce(&Data)) -> Report {
        let folder = self.home.join("data");
        let data = self.template.copy(&folder);
        change(&data);
        let report = run::run(&data, settings, task);
        std::fs::remove_dir_all(folder).unwrap();
        report
    }

    /// A closed loop of orders.
    pub fn task(&self, kind: Kind, connections: usize) -> Task {
        let seconds = self.args.seconds as f64;
        let phases = match kind {
            // All paid orders count, and all time until their messages are delivered.
            Kind::Paid => vec![Phase::Closed { connections, warm_up_s: 0.0, seconds }, Phase::Drain],
            Kind::Spread | Kind::Hot | Kind::Scarce => {
                vec![Phase::Closed { connections, warm_up_s: WARM_UP_S, seconds }]
            }
        };
        Task { shop: self.shop(), kind, phases, callbacks: 0, viewers: 0, first: Used::default() }
    }

    /// Measures the peak rate, for parts that need it when the contest did not measure it.
    pub fn peak(&self) -> f64 {
        let connections = self.args.most();
        self.measure(Contestant::Shop { engine: Engine::Sqlite, kind: Kind::Spread, connections }).per_second
    }
}

/// The shop of the bare loop: as that of Tradepost, with more coupons and without payments.
const fn raw_shop(args: &Args) -> Shop {
    Shop { users: args.users, goods: args.goods, coupons: FASTEST_RAW * (args.seconds + 1), payments: 0 }
}
