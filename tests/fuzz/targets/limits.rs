//! The address of a client, by which requests are limited: the trusted proxies, the address of the connection and the
//! forwarded addresses, one line each.
#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use tradepost::domain::network::{TrustedProxies, client_block};
use tradepost_fuzz::{parts, seed};

const SEEDS: [&str; 6] = [
    "10.0.0.0/8\n10.0.0.1\n203.0.113.7",
    "10.0.0.0/8, ::1\n::ffff:10.0.0.1\n1.1.1.1, 2001:db8::7, 10.9.9.9",
    "fd00::/8\nfd12::1\n203.0.113.7",
    "0.0.0.0/0,::/0\n192.0.2.2\n203.0.113.7, unknown",
    "\n192.0.2.2\n203.0.113.7",
    "10.0.0.0/33\n1.1.1.1\n",
];

fuzz_target!(init: seed(SEEDS), |input: &[u8]| {
    let [networks, peer, forwarded] = parts(input).map(String::from_utf8_lossy);
    let Ok(trusted) = TrustedProxies::try_from(networks.into_owned()) else { return };
    let Ok(peer) = peer.parse::<IpAddr>().map(|peer| peer.to_canonical()) else { return };
    let client = trusted.client(peer, &forwarded);
    if !trusted.contains(peer) {
        assert_eq!(client, peer, "an address was believed that no proxy has sent");
    }
    let mut named = forwarded.split(',').filter_map(|hop| hop.trim().parse::<IpAddr>().ok());
    assert!(client == peer || named.any(|hop| hop.to_canonical() == client), "an address out of nothing");
    if !trusted.contains(client) {
        let forged = format!("198.51.100.1, {forwarded}");
        assert_eq!(trusted.client(peer, &forged), client, "a client has chosen its address");
    }
    let block = client_block(client);
    assert_eq!(client_block(block), block, "the block of a block is another one");
});
