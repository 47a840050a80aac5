//! The way to a database server: whether others on it could read along.

use super::condition::is_local_host;
use crate::config::Settings;

/// The values of `sslmode` or `ssl_mode` with which the client library refuses a connection in plain text.
const ENCRYPTED: [&str; 6] = ["require", "verify-ca", "verify-full", "required", "verify_ca", "verify_identity"];

pub fn is_plain(settings: &Settings) -> bool {
    is_url_plain(&settings.store.url)
}

pub fn is_goods_plain(settings: &Settings) -> bool {
    is_url_plain(&settings.store.goods.url)
}

pub fn is_coupon_plain(settings: &Settings) -> bool {
    is_url_plain(&settings.store.coupon.url)
}

pub fn is_user_plain(settings: &Settings) -> bool {
    is_url_plain(&settings.store.user.url)
}

pub fn is_order_plain(settings: &Settings) -> bool {
    is_url_plain(&settings.store.order.url)
}

pub fn is_pay_plain(settings: &Settings) -> bool {
    is_url_plain(&settings.store.pay.url)
}

/// Whether a URL of stores leads to another machine, and does not ask for TLS.
pub fn is_url_plain(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    if !["postgres", "postgresql", "mysql"].contains(&scheme) {
        return false;
    }
    let (server, options) = rest.split_once('?').unwrap_or((rest, ""));
    let option = |names: &[&str]| {
        let mut pairs = options.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| names.contains(name)).map(|(_, value)| value)
    };
    let is_encrypted =
        option(&["sslmode", "ssl_mode"]).is_some_and(|mode| ENCRYPTED.contains(&mode.to_ascii_lowercase().as_str()));
    let hosts = option(&["host", "hostaddr"]).unwrap_or_else(|| hosts(server));
    !is_encrypted && !hosts.split(',').all(is_on_this_machine)
}

/// The hosts of `user:password@host:port,host/database`. A password may contain any character.
fn hosts(server: &str) -> &str {
    let hosts = server.rsplit_once('@').map_or(server, |(_, hosts)| hosts);
    hosts.split('/').next().unwrap_or_default()
}

/// Whether a host, perhaps with a port, is this machine: also a socket, or none, which is the library's socket.
fn is_on_this_machine(host: &str) -> bool {
    let is_socket = host.is_empty() || host.starts_with('/') || host.starts_with("%2F") || host.starts_with("%2f");
    let name = match host.split_once(']') {
        Some((name, _)) => name,
        None => host.split(':').next().unwrap_or_default(),
    };
    is_socket || is_local_host(name)
}

#[cfg(test)]
mod tests {
    use super::is_url_plain;

    #[test]
    fn a_database_on_another_machine_has_to_be_reached_over_tls() {
        for (url, is_plain) in [
            ("sqlite://data", false),
            ("postgres://shop:pw@localhost/tradepost", false),
            ("postgres://shop:pw@127.0.0.1:5433/tradepost", false),
            ("postgres://shop@[::1]:5433/tradepost", false),
            ("postgres://shop@%2Fvar%2Frun%2Fpostgresql/tradepost", false),
            ("postgres:///tradepost?host=/var/run/postgresql", false),
            ("postgres:///tradepost", false),
            ("postgres:///tradepost?host=db", true),
            ("postgres://shop:pw@db/tradepost", true),
            ("postgres://shop:p@127.0.0.1@db:5432/tradepost", true),
            ("postgres://shop@127.0.0.1,db/tradepost", true),
            ("postgres://shop@[2001:db8::1]/tradepost", true),
            ("postgresql://db/tradepost?sslmode=prefer", true),
            ("postgresql://db/tradepost?application_name=a&sslmode=require", false),
            ("postgres://db/tradepost?sslmode=verify-full", false),
            ("mysql://shop:pw@db/tradepost", true),
            ("mysql://shop:pw@db/tradepost?ssl_mode=PREFERRED", true),
            ("mysql://shop:pw@db/tradepost?ssl_mode=REQUIRED", false),
            ("mysql://shop:pw@localhost/tradepost", false),
        ] {
            assert_eq!(is_url_plain(url), is_plain, "{url}");
        }
    }
}
