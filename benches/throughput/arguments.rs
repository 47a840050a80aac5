//! What can be asked for.

use std::path::PathBuf;

use clap::Parser;

/// A part of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The raw limit: a bare loop, many orders a transaction.
    Raw,
    /// The same loop, one transaction per order.
    Single,
    /// Tradepost over HTTP.
    Spread,
    /// The same, and everybody buys the same goods, until they are sold out.
    Hot,
    /// Orders that are paid end to end.
    Paid,
    /// How fast a callback is acknowledged.
    Callback,
    /// PostgreSQL: pgbench beside Tradepost on the same server.
    Postgres,
    /// Ten times what it can bear.
    Overload,
    /// Stores that have grown.
    Growth,
}

impl Part {
    /// Each with its name and its letter, which several may share.
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
    /// Those that take long, or need more than a Rust toolchain, are asked for by name.
    const NOT_BY_ITSELF: [Self; 2] = [Self::Postgres, Self::Growth];
}

/// Compares Tradepost with the raw limit of its database and with others.
#[derive(Debug, Clone, Parser)]
pub struct Args {
    /// Only these parts: raw (a), single (b), spread (c), hot, paid, callback (d), postgres (e, needs `--features
    /// postgres`), overload (f), growth (g). Without it: all but postgres and growth.
    #[arg(long, value_delimiter = ',', value_parser = known)]
    only: Vec<String>,
    /// How long each is measured in a round, after a second that is not.
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// How often each is measured.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Connections from which Tradepost is driven.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256])]
    pub connections: Vec<usize>,
    /// Connections of customers who also pay.
    #[arg(long, default_value_t = 256)]
    pub paying: usize,
    /// Clients of pgbench; the best counts.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 8, 16, 32, 64])]
    pub clients: Vec<usize>,
    /// Different users.
    #[arg(long, default_value_t = 10_000)]
    pub users: u64,
    /// Different goods.
    #[arg(long, default_value_t = 10_000)]
    pub goods: u64,
    /// Callbacks a second, under half load and in the overload.
    #[arg(long, default_value_t = 100)]
    pub callbacks: u32,
    /// How long the overload lasts.
    #[arg(long, default_value_t = 120)]
    pub overload_seconds: u64,
    /// How many times the peak is asked for in the overload.
    #[arg(long, default_value_t = 10.0)]
    pub overload_factor: f64,
    /// Connections at most in the overload, as far as files may be open: more than orders may be under way.
    #[arg(long, default_value_t = 768)]
    pub overload_connections: usize,
    /// Orders that are in the stores already, for the growth.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1_000_000, 5_000_000])]
    pub growth: Vec<u64>,
    /// Where the plot is written.
    #[arg(long, default_value = "target/throughput.svg")]
    pub plot: PathBuf,
    /// Given by `cargo bench`; without it nothing runs.
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Args {
    /// Whether a part is asked for.
    pub fn has(&self, part: Part) -> bool {
        let (_, name, letter) = Part::ALL[Part::ALL.iter().position(|(each, ..)| *each == part).unwrap()];
        let named = self.only.iter().any(|only| only == name || only == letter);
        named || self.only.is_empty() && !Part::NOT_BY_ITSELF.contains(&part)
    }

    /// The most connections.
    pub fn most(&self) -> usize {
        self.connections.iter().copied().max().unwrap_or(64)
    }
}

fn known(text: &str) -> Result<String, String> {
    let is_known = Part::ALL.iter().any(|(_, name, letter)| text == *name || text == *letter);
    if is_known { Ok(text.to_owned()) } else { Err("no such part".to_owned()) }
}
