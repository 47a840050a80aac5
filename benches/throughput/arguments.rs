//! The command line arguments.

use std::path::PathBuf;

use clap::Parser;

/// A part of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The raw limit: a bare loop with many orders per transaction.
    Raw,
    /// The same loop with one transaction per order.
    Single,
    /// Tradepost over HTTP.
    Spread,
    /// Tradepost over HTTP, with all orders for the same goods; then until these are sold out.
    Hot,
    /// Orders that are paid end to end.
    Paid,
    /// Latency of the acknowledgement of callbacks.
    Callback,
    /// pgbench and Tradepost on the same PostgreSQL server.
    Postgres,
    /// A load of several times the peak throughput.
    Overload,
    /// Stores with many old orders.
    Growth,
}

impl Part {
    /// Each part with its name and its letter. Several parts may share a letter.
    const ALL: [(Self, &str, &str); 9] = [
        (Self::Raw, "raw", "a"),
        (Self::Single, "single", "b"),
        (Self::Spread, "spread", "c"),
        (Self::Hot, "hot", "d"),
        (Self::Paid, "paid", "d"),
        (Self::Callback, "callback", "d"),
        (Self::Postgres, "postgres", "e"),
        (Self::Overload, "overload", "f"),
        (Self::Growth, "growth", "g"),
    ];
    /// Parts that run only if `--only` names them, because they take long or need more than a Rust toolchain.
    const ONLY_BY_NAME: [Self; 2] = [Self::Postgres, Self::Growth];
}

/// Compares Tradepost with the raw limit of its database and with other systems.
#[derive(Debug, Clone, Parser)]
pub struct Args {
    /// Run only these parts: raw (a), single (b), spread (c), hot, paid, callback (d), postgres (e, needs `--features
    /// postgres`), overload (f), growth (g). Default: all but postgres and growth.
    #[arg(long, value_delimiter = ',', value_parser = known)]
    only: Vec<String>,
    /// Seconds to measure each contestant in a round, after a warm-up of one second.
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// Number of rounds.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Numbers of connections to Tradepost to measure.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256])]
    pub connections: Vec<usize>,
    /// Number of connections when orders are also paid.
    #[arg(long, default_value_t = 256)]
    pub paying: usize,
    /// Numbers of pgbench clients to measure. Only the best is reported.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 8, 16, 32, 64])]
    pub clients: Vec<usize>,
    /// Number of different users.
    #[arg(long, default_value_t = 10_000)]
    pub users: u64,
    /// Number of different goods.
    #[arg(long, default_value_t = 10_000)]
    pub goods: u64,
    /// Callbacks per second, in the parts `callback`, `overload` and `growth`.
    #[arg(long, default_value_t = 100)]
    pub callbacks: u32,
    /// Duration of the overload, in seconds.
    #[arg(long, default_value_t = 120)]
    pub overload_seconds: u64,
    /// Load of the overload, as a multiple of the peak.
    #[arg(long, default_value_t = 10.0)]
    pub overload_factor: f64,
    /// Connections in the overload, more than `http.in_flight_max`. Reduced if the limit of open files is too low.
    #[arg(long, default_value_t = 768)]
    pub overload_connections: usize,
    /// Numbers of old orders to measure in the part `growth`.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1_000_000, 5_000_000])]
    pub growth: Vec<u64>,
    /// File to write the plot to.
    #[arg(long, default_value = "target/throughput.svg")]
    pub plot: PathBuf,
    /// Passed by `cargo bench`; without it nothing runs.
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Args {
    /// Whether `part` is selected.
    pub fn has(&self, part: Part) -> bool {
        let (_, name, letter) = Part::ALL[Part::ALL.iter().position(|(each, ..)| *each == part).unwrap()];
        let is_named = self.only.iter().any(|only| only == name || only == letter);
        is_named || self.only.is_empty() && !Part::ONLY_BY_NAME.contains(&part)
    }

    /// The largest number of connections.
    pub fn most(&self) -> usize {
        self.connections.iter().copied().max().unwrap_or(64)
    }
}

fn known(text: &str) -> Result<String, String> {
    let is_known = Part::ALL.iter().any(|(_, name, letter)| text == *name || text == *letter);
    if is_known { Ok(text.to_owned()) } else { Err("no such part".to_owned()) }
}
