//! Looks at the time for which the certificates of a file are valid.

use std::path::Path;
use std::time::Duration;

use super::finding::Finding;
use crate::app::tls;
use crate::config::{self, Settings};
use crate::domain::clock::Timestamp;
use crate::gateway::crypto::certificate::{self, Certificate};
use crate::http::connection::tls::certificate as tls_certificate;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Time to get a new certificate.
const SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The finding about the certificate of the listeners; `None` if they speak plain text.
pub fn of_listeners(settings: &Settings, now: Timestamp) -> Option<Finding> {
    match tls_certificate::load(&tls::files(settings)?) {
        Err(error) => {
            let config::Error { key, why } = tls::at_fault(&error);
            Some(Finding::bad(key, why, "give a certificate and its private key, both as PEM"))
        }
        Ok(loaded) => of_times("http.tls.certificate_file", &[(loaded.valid_from, loaded.valid_until)], now, WAY_OUT),
    }
}

const WAY_OUT: &str = "renew it; the server reads the new files by itself";

/// The finding about the certificates in `file`; `None` if it cannot be read, which is found elsewhere. A file may have a
/// certificate and its successor, so the one that is valid for the longest time counts.
pub fn check(key: &str, file: &Path, now: Timestamp) -> Option<Finding> {
    let certificates = certificate::read(&std::fs::read_to_string(file).ok()?).ok()?;
    of(key, &certificates, now)
}

fn of(key: &str, certificates: &[Certificate], now: Timestamp) -> Option<Finding> {
    let times = certificates.iter().map(|certificate| (certificate.valid_from, certificate.valid_until));
    of_times(key, &times.collect::<Vec<_>>(), now, "get a new one from the platform, and add it to the file")
}

fn of_times(key: &str, times: &[(Timestamp, Timestamp)], now: Timestamp, way_out: &str) -> Option<Finding> {
    let began = times.iter().filter(|(from, _)| *from <= now);
    let Some(until) = began.map(|(_, until)| *until).max() else {
        let from = times.iter().map(|(from, _)| *from).min()?;
        let detail = format!("is valid only from {from}");
        return Some(Finding::bad(key, detail, "set the clock of this machine, or use the present certificate"));
    };
    let days = until.since(now).as_secs() / DAY.as_secs();
    Some(match until {
        until if until <= now => Finding::bad(key, format!("expired at {until}"), way_out),
        until if until < now.plus(SOON) => {
            let detail = format!("expires in {days} days, at {until}");
            Finding::warn(key, detail, way_out)
        }
        until => Finding::ok(key, format!("is valid for {days} days, until {until}")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    fn certificate(from_day: i64, until_day: i64) -> Certificate {
        let at = |day: i64| Timestamp(day * 86_400_000);
        Certificate {
            serial_decimal: String::new(),
            serial_hex: String::new(),
            issuer: String::new(),
            is_signed_by_rsa: true,
            key: None,
            valid_from: at(from_day),
            valid_until: at(until_day),
        }
    }

    #[test]
    fn the_certificate_that_is_valid_for_the_longest_time_counts() {
        let now = Timestamp(100 * 86_400_000 + 1);
        for (certificates, verdict, part) in [
            (vec![certificate(1, 200)], Verdict::Ok, "for 99 days"),
            (vec![certificate(1, 99)], Verdict::Bad, "expired at"),
            (vec![certificate(1, 99), certificate(90, 500)], Verdict::Ok, "for 399 days"),
            (vec![certificate(1, 101), certificate(101, 500)], Verdict::Warn, "in 0 days"),
            (vec![certificate(1, 120)], Verdict::Warn, "in 19 days"),
            (vec![certificate(101, 200)], Verdict::Bad, "only from"),
        ] {
            let finding = of("key", &certificates, now).unwrap();
            assert!(finding.verdict == verdict && finding.detail.contains(part), "{finding:?}");
        }
    }
}
