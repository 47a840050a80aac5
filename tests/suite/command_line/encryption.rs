//! TLS of the real binary: its commands reach it, and its certificate is read again on SIGHUP.

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::tempdir;

use super::run;
use super::server::{Server, refused, variables};
use crate::support::encryption::{Issued, get};

#[test]
fn the_commands_reach_a_server_under_tls() {
    let folder = tempdir().unwrap();
    let issued = Issued::new();
    let tls = issued.write(folder.path()).settings();
    let mut settings: Vec<(&str, &str)> = tls.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.push(("ADMIN__PASSWORD", "a good password of ours"));
    let mut variables = variables(folder.path(), &settings);
    let server = Server::start(&[], &variables);
    let address: SocketAddr = server.url.strip_prefix("https://").expect("an address with TLS").parse().unwrap();
    let answer = get(issued.connect(address).unwrap(), "/healthz", "");
    assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
    variables.push(("TRADEPOST__HTTP__LISTEN".to_owned(), address.to_string()));
    let borrowed: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(run(&["health"], &borrowed).expect(0), "ready\n");
    let goods = folder.path().join("goods.csv");
    fs::write(&goods, "goods_name,goods_number,goods_price\nTea,5,2.00\n").unwrap();
    let imported = run(&["import", "goods", goods.to_str().unwrap()], &borrowed).expect(0);
    assert!(imported.contains("goods: 1 created"), "{imported}");
    let report: Value = serde_json::from_str(&run(&["doctor", "--json"], &borrowed).output).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let has = |check: &str, words: &str| {
        findings.iter().any(|finding| finding["check"] == check && finding["detail"].as_str().unwrap().contains(words))
    };
    assert!(has("http.listen", "a Tradepost is serving there"), "{findings:#?}");
    assert!(has("http.tls.certificate_file", "until 2100-01-01"), "{findings:#?}");
    // The password goes to no other server.
    let other = tempdir().unwrap();
    let others = Issued::new().write(other.path()).settings();
    let mut others: Vec<(String, String)> =
        others.iter().map(|(name, value)| (format!("TRADEPOST__{name}"), value.clone())).collect();
    others.splice(0..0, variables.clone());
    let borrowed: Vec<(&str, &str)> = others.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(run(&["import", "goods", goods.to_str().unwrap()], &borrowed).code, 1);
    server.stop();
}

#[test]
fn a_hang_up_reads_the_certificate_again_and_a_broken_file_is_one_line() {
    let folder = tempdir().unwrap();
    let (first, second) = (Issued::new(), Issued::new());
    let tls = first.write(folder.path()).settings();
    let settings: Vec<(&str, &str)> = tls.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Server::start(&[], &variables(folder.path(), &settings));
    let address: SocketAddr = server.url.strip_prefix("https://").unwrap().parse().unwrap();
    assert!(first.connect(address).is_ok() && second.connect(address).is_err());
    let files = second.write(folder.path());
    server.signal("HUP");
    let start = Instant::now();
    while second.connect(address).is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    fs::write(&files.certificate, "no certificate").unwrap();
    server.await_log("the certificate of http.tls was not replaced: ");
    // Further looks at the same files say nothing.
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(server.log().matches("was not replaced").count(), 1, "{}", server.log());
    assert!(second.connect(address).is_ok(), "the certificate before stays");
    server.stop();
}

#[test]
fn files_that_cannot_be_used_are_refused_at_the_start_and_found_by_the_doctor() {
    let folder = tempdir().unwrap();
    let files = Issued::new().write(folder.path());
    let fitting = (fs::read(&files.certificate).unwrap(), fs::read(&files.key).unwrap());
    let other_folder = tempdir().unwrap();
    let other_key = fs::read(Issued::new().write(other_folder.path()).key).unwrap();
    let tls = files.settings();
    let mut settings: Vec<(&str, &str)> = tls.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.push(("LOG__FILTER", "error"));
    let variables = variables(folder.path(), &settings);
    let borrowed: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for (certificate, key, setting, words) in [
        (&b"no PEM"[..], &fitting.1[..], "http.tls.certificate_file", "has no certificate as PEM"),
        (&fitting.0, b"no PEM", "http.tls.key_file", "has no private key as PEM"),
        (&fitting.0, &other_key, "http.tls.key_file", "is not the key of the certificate in"),
    ] {
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
        let line = refused(&[], &variables);
        assert!(line.contains(&format!("setting {setting}: ")) && line.contains(words), "{line}");
        let report: Value = serde_json::from_str(&run(&["doctor", "--json"], &borrowed).expect(1)).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let is_found = |finding: &Value| finding["check"] == setting && finding["verdict"] == "bad";
        assert!(findings.iter().any(is_found), "{findings:#?}");
    }
    // An expired certificate is served, because the server cannot know better, and is bad.
    Issued::until(2021).write(folder.path());
    let server = Server::start(&[], &variables);
    server.stop();
    let report: Value = serde_json::from_str(&run(&["doctor", "--json"], &borrowed).expect(1)).unwrap();
    assert!(report.to_string().contains("expired at 2021-01-01"), "{report}");
}
