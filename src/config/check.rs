//! What the type of one value alone cannot say.

use super::{Error, Profile, Settings};

/// The first setting that cannot be used.
pub fn check(settings: &Settings) -> Result<(), Error> {
    let at_least_one = [
        ("owners.mailbox", settings.owners.mailbox),
        ("owners.batch_max", settings.owners.batch_max),
        ("orders.in_flight_max", settings.orders.in_flight_max),
        ("session.hashing_max", settings.session.hashing_max),
        ("http.connections_max", settings.http.connections_max),
        ("http.in_flight_max", settings.http.in_flight_max),
        ("store.readers", usize::try_from(settings.store.readers).unwrap_or(0)),
        ("store.writers", usize::try_from(settings.store.writers).unwrap_or(0)),
        ("relay.batch_max", usize::from(settings.relay.batch_max)),
        ("relay.attempts", usize::try_from(settings.relay.attempts).unwrap_or(0)),
    ];
    let longer_than_nothing = [
        ("orders.answer_within", settings.orders.answer_within),
        ("orders.sweep_every", settings.orders.sweep_every),
        ("orders.pay_within", settings.orders.pay_within),
        ("payments.sweep_every", settings.payments.sweep_every),
        ("payments.close_again_after", settings.payments.close_again_after),
        ("store.acquire_within", settings.store.acquire_within),
        ("store.lock_within", settings.store.lock_within),
        ("store.statement_within", settings.store.statement_within),
        ("relay.poll", settings.relay.poll),
        ("relay.lease", settings.relay.lease),
        ("session.token_ttl", settings.session.token_ttl),
        ("http.body_within", settings.http.body_within),
    ];
    for (key, value) in at_least_one {
        if value == 0 {
            return Err(Error::new(key, "must be at least 1"));
        }
    }
    for (key, value) in longer_than_nothing {
        if value.0.is_zero() {
            return Err(Error::new(key, "must be longer than nothing"));
        }
    }
    let secrets =
        [("session.secret", &settings.session.secret), ("gateway.sandbox.secret", &settings.gateway.sandbox.secret)];
    for (key, secret) in secrets {
        let secret = secret.expose();
        if !secret.is_empty() && (secret.len() < 32 || secret.trim() != secret) {
            return Err(Error::new(key, "must have at least 32 characters, without blanks at its ends"));
        }
    }
    for (key, password) in [("admin.password", &settings.admin.password), ("demo.password", &settings.demo.password)] {
        let length = password.expose().chars().count();
        if length != 0 && !(8..=128).contains(&length) {
            return Err(Error::new(key, "must have 8 to 128 characters"));
        }
    }
    let (url, listen) = (&settings.http.public_url, &settings.admin.listen);
    if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Error::new("http.public_url", "must begin with http:// or https://"));
    }
    if !listen.is_empty() && listen.parse::<std::net::SocketAddr>().is_err() {
        return Err(Error::new("admin.listen", "must be an address such as 127.0.0.1:8081"));
    }
    let second = &settings.gateway.sandbox.second;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if second == "sandbox" || second.len() > 32 || !second.chars().all(is_name) {
        return Err(Error::new(
            "gateway.sandbox.second",
            "must be another name than sandbox, of up to 32 lower-case letters, digits and _",
        ));
    }
    if settings.profile == Profile::Production {
        for (key, on) in
            [("gateway.sandbox.enabled", settings.gateway.sandbox.enabled), ("demo.seed", settings.demo.seed)]
        {
            if on {
                return Err(Error::new(key, "must be false in the production profile"));
            }
        }
    }
    Ok(())
}
