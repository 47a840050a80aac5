//! Two nodes and an empty database.

use super::process::{self, Data, Server};
use super::run::{alone, from_environment};
use super::server::place::Place;
use super::server::{Engine, engine};

/// A node of two on one database: its number, and what all nodes have in common.
pub fn node(number: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("TRADEPOST__NODE__ID", number),
        ("TRADEPOST__SESSION__SECRET", "the secret of all nodes' access tokens"),
        ("TRADEPOST__GATEWAY__SANDBOX__SECRET", "the secret of all nodes' sandbox platforms"),
        ("TRADEPOST__DEMO__SEED", "true"),
        ("TRADEPOST__DEMO__PASSWORD", "the demo user's password"),
    ]
}

/// The same data for two nodes that have their logs apart.
pub fn for_two(place: &Place) -> [Data; 2] {
    ["one", "two"].map(|name| Data { folder: place.folder().with_file_name(name), url: place.url() })
}

#[test]
fn two_nodes_that_start_at_the_same_moment_on_an_empty_database_both_start() {
    if engine() == Engine::Sqlite {
        return println!("SQLite is one node's");
    }
    let _alone = alone();
    for _ in 0..from_environment("TRADEPOST_CRASH_CYCLES", 20).div_ceil(4) {
        let place = Place::new();
        let data = for_two(&place);
        let spawned = [Server::spawn(&data[0], &node("1")), Server::spawn(&data[1], &node("2"))];
        for (server, data) in spawned.into_iter().zip(&data) {
            let Some(server) = server.listening() else { panic!("it did not start: {:#?}", process::log(data)) };
            server.stop();
        }
        assert_eq!(process::audit(&data[0]), Vec::<String>::new());
    }
}
