//! Two nodes start on an empty database.

use super::process::{self, Data, Server};
use super::run::{exclusive, from_environment};
use super::server::place::Place;
use super::server::{Engine, engine};

/// The settings of a node: its id, and the settings that all nodes share.
pub fn node(number: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("TRADEPOST__NODE__ID", number),
        ("TRADEPOST__SESSION__SECRET", "the secret of all nodes' access tokens"),
        ("TRADEPOST__GATEWAY__SANDBOX__SECRET", "the secret of all nodes' sandbox platforms"),
        ("TRADEPOST__DEMO__SEED", "true"),
        ("TRADEPOST__DEMO__PASSWORD", "the demo user's password"),
    ]
}

/// The data of two nodes on one database, with separate log files.
pub fn data_of_two_nodes(place: &Place) -> [Data; 2] {
    ["one", "two"].map(|name| Data { folder: place.folder().with_file_name(name), url: place.url() })
}

#[test]
fn two_nodes_can_start_on_an_empty_database_at_the_same_time() {
    if engine() == Engine::Sqlite {
        return println!("SQLite supports one node");
    }
    let _lock = exclusive();
    for _ in 0..from_environment("TRADEPOST_CRASH_CYCLES", 20).div_ceil(4) {
        let place = Place::new();
        let data = data_of_two_nodes(&place);
        let spawned = [Server::spawn(&data[0], &node("1")), Server::spawn(&data[1], &node("2"))];
        for (server, data) in spawned.into_iter().zip(&data) {
            let Some(server) = server.listening() else { panic!("the node did not start: {:#?}", process::log(data)) };
            server.stop();
        }
        assert_eq!(process::audit(&data[0]), Vec::<String>::new());
    }
}
