//! Compares the throughput of Tradepost with that of other systems on the same machine, in the same run: the raw limit
//! of the database, one transaction per order, and pgbench on PostgreSQL. The contestants take turns, because the speed
//! of the machine varies. The medians of the rounds are reported, as a table for the README and as a plot.
//!
//! Run `cargo bench --bench throughput`; `-- --help` lists the arguments. Server, database and generator share the
//! machine. A bench is built with the cargo feature `faults`, like tests. A fault point without a plan costs one atomic
//! load.
#![expect(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "an unexpected result must fail the load run"
)]

mod arguments;
mod callback;
mod contest;
mod footprint;
mod growth;
#[path = "../harness/mod.rs"]
mod harness;
mod hot;
mod overload;
mod pgbench;
mod plot;
mod raw;
mod sample;
mod server;
mod stage;
mod table;

use clap::Parser;

use arguments::{Args, Part};
use harness::generator::{self, Kind};
use harness::machine;
use sample::{Contestant, Engine};
use stage::Stage;
use table::{Row, Table};

fn main() {
    if generator::is_generator() {
        return generator::main();
    }
    let args = Args::parse();
    if !args.bench {
        return println!("this is a load run: cargo bench --bench throughput");
    }
    let home = tempfile::tempdir().unwrap();
    let stage = Stage::new(&args, home.path());
    println!("{}", setting(&stage));
    let results = contest::run(&stage, &contestants(&args));
    let mut table = Table::default();
    contest::add_rows(&results, &mut table);
    let peak = || results.peak().unwrap_or_else(|| stage.peak());
    if args.has(Part::Hot) {
        table.add(hot::sell_out(&stage, &results));
    }
    if args.has(Part::Callback) {
        table.add(callback::measure(&stage));
    }
    if args.has(Part::Overload) {
        overload::measure(&stage, peak()).into_iter().for_each(|row| table.add(row));
    }
    if args.has(Part::Growth) {
        growth::measure(&stage).into_iter().for_each(|row| table.add(row));
    }
    footprint::measure(&stage, &results).into_iter().for_each(|row| table.add(row));
    table.add(Row::new("every run of Tradepost", "stopped in order, its audit clean").goal("always"));
    println!("\n{}\n\n{table}", setting(&stage));
    plot::write(&args.plot, &results, &setting(&stage));
}

/// The conditions of the measurement, for the table and the plot.
fn setting(stage: &Stage) -> String {
    let Args { seconds, rounds, users, goods, .. } = &stage.args;
    let server = stage.server.as_ref().map_or_else(String::new, |server| format!("; {}", server.setting()));
    format!(
        "{} cores for database, server and generator; data on {}; SQLite {}, WAL, synchronous=FULL{server}; \
         {users} users, {goods} goods; medians of {rounds} rounds of {seconds} s.",
        machine::cores(),
        machine::file_system(&stage.home),
        raw::version(),
    )
}

/// The contestants that `args` select.
fn contestants(args: &Args) -> Vec<Contestant> {
    let mut all = Vec::new();
    if args.has(Part::Raw) {
        all.extend([100, 400].map(|batch| Contestant::Raw { batch }));
    }
    if args.has(Part::Single) {
        all.push(Contestant::Raw { batch: 1 });
    }
    let shop = |engine, kind, connections| Contestant::Shop { engine, kind, connections };
    if args.has(Part::Spread) {
        all.extend(args.connections.iter().map(|connections| shop(Engine::Sqlite, Kind::Spread, *connections)));
    }
    if args.has(Part::Hot) {
        all.push(shop(Engine::Sqlite, Kind::Hot, args.most()));
    }
    if args.has(Part::Paid) {
        all.push(shop(Engine::Sqlite, Kind::Paid, args.paying));
    }
    if args.has(Part::Postgres) {
        for (kind, is_hot) in [(Kind::Spread, false), (Kind::Hot, true)] {
            all.extend(args.clients.iter().map(|clients| Contestant::Pgbench { is_hot, clients: *clients }));
            all.push(shop(Engine::Postgres, kind, args.most()));
        }
    }
    all
}
