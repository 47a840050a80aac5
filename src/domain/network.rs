//! Addresses of clients, behind the proxies of the shop.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

use super::Invalid;

/// A network: an address, and the number of its leading bits that are fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(bits), |prefix| prefix.parse().ok().filter(|prefix| *prefix <= bits))?;
        Some(Self { address, prefix })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = u32::from(network) ^ u32::from(address);
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = u128::from(network) ^ u128::from(address);
                differing.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

/// The proxies whose `X-Forwarded-For` is believed: addresses and networks, separated by commas. If empty, none is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TrustedProxies(Vec<Network>);

impl TryFrom<String> for TrustedProxies {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let networks = text.split(',').map(str::trim).filter(|network| !network.is_empty()).map(Network::parse);
        let networks: Option<Vec<Network>> = networks.collect();
        networks.map(Self).ok_or(Invalid("must be addresses or networks such as 10.0.0.0/8, ::1, separated by commas"))
    }
}

/// Leading bits of the block of an IPv6 address that one client usually has.
const IPV6_CLIENT_BITS: u32 = 64;

/// The addresses that count as one client: an IPv4 address, or the first 64 bits of an IPv6 address.
#[must_use]
pub fn client_block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6((u128::from(address) & (u128::MAX << (u128::BITS - IPV6_CLIENT_BITS))).into())
        }
    }
}

/// IPv4 networks that are not reached from the internet, or not as one address: IANA's registry of special addresses.
const SPECIAL_IPV4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];
/// The IPv6 addresses of the internet.
const GLOBAL_IPV6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// Networks within [`GLOBAL_IPV6`] that are for other purposes, among them tunnels to IPv4 addresses.
const SPECIAL_IPV6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether `address` is one of the internet: not of this machine, of a private network or of a link.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let is_in = |network: IpAddr, prefix| Network { address: network, prefix }.contains(address);
    match address {
        IpAddr::V4(_) => !SPECIAL_IPV4.iter().any(|(network, prefix)| is_in(IpAddr::V4(*network), *prefix)),
        IpAddr::V6(_) => {
            is_in(IpAddr::V6(GLOBAL_IPV6.0), GLOBAL_IPV6.1)
                && !SPECIAL_IPV6.iter().any(|(network, prefix)| is_in(IpAddr::V6(*network), *prefix))
        }
    }
}

impl TrustedProxies {
    /// Whether `address` is one of the proxies.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether all addresses, at least of one version of the protocol, are proxies.
    #[must_use]
    pub fn has_all(&self) -> bool {
        self.0.iter().any(|network| network.prefix == 0)
    }

    /// The address of the client: that of the connection `peer`, or the last one in `forwarded_for`, from the right, that
    /// is no trusted proxy's. What a client writes into the header itself is left of it, and is not believed.
    #[must_use]
    pub fn client(&self, peer: IpAddr, forwarded_for: &str) -> IpAddr {
        let mut client = peer.to_canonical();
        let mut hops = forwarded_for.rsplit(',').map(str::trim);
        while self.contains(client) {
            match hops.next().and_then(|hop| hop.parse::<IpAddr>().ok()) {
                Some(hop) => client = hop.to_canonical(),
                None => break,
            }
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded_for: &str) -> String {
        let trusted = TrustedProxies::try_from(trusted.to_owned()).unwrap();
        trusted.client(peer.parse().unwrap(), forwarded_for).to_string()
    }

    #[test]
    fn only_trusted_proxies_say_who_the_client_is() {
        for (trusted, peer, header, expected) in [
            ("", "10.0.0.1", "203.0.113.7", "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.1", "203.0.113.7", "203.0.113.7"),
            ("10.0.0.0/8", "10.0.0.1", "1.1.1.1, 203.0.113.7", "203.0.113.7"),
            ("10.0.0.0/8", "10.0.0.1", "1.1.1.1, 203.0.113.7, 10.9.9.9", "203.0.113.7"),
            ("10.0.0.0/8, ::1", "::ffff:10.0.0.1", "2001:db8::7", "2001:db8::7"),
            ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.1", "10.0.0.2", "10.0.0.2"),
            ("192.0.2.1", "192.0.2.2", "203.0.113.7", "192.0.2.2"),
            ("0.0.0.0/0", "192.0.2.2", "203.0.113.7", "203.0.113.7"),
            ("fd00::/8", "fd12::1", "203.0.113.7", "203.0.113.7"),
        ] {
            assert_eq!(client(trusted, peer, header), expected, "{trusted} {peer} {header}");
        }
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        for (address, block) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ] {
            assert_eq!(client_block(address.parse().unwrap()).to_string(), block, "{address}");
        }
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for public in ["93.184.215.14", "172.15.255.255", "172.32.0.0", "100.128.0.1", "2606:2800:21f::1", "2a00::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }

    #[test]
    fn a_wrong_network_is_refused() {
        for wrong in ["10.0.0.0/33", "::/129", "10.0.0", "a", "10.0.0.0/", "10.0.0.0/8 ::1"] {
            assert!(TrustedProxies::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
