//! `tradepost doctor`: what it finds, what it says to do, and that it changes nothing.

use std::fs::{self, Permissions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use super::{Outcome, run, sqlite};
use crate::platform::Key;
use crate::support::TestApp;

const SECRET: &str = "a-secret-of-32-characters-or-more";

/// A folder for a shop, whose settings are variables.
struct Shop {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Shop {
    fn new() -> Self {
        let folder = tempdir().unwrap();
        let url = sqlite(&folder.path().join("data"));
        let mut shop = Self { folder, variables: Vec::new() };
        shop.set("STORE__URL", &url);
        shop.set("HTTP__LISTEN", "127.0.0.1:0");
        shop
    }

    /// A shop whose tables exist.
    fn migrated() -> Self {
        let shop = Self::new();
        shop.run(&["migrate"]).expect(0);
        shop
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.push((format!("TRADEPOST__{name}"), value.to_owned()));
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let variables: Vec<(&str, &str)> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        run(arguments, &variables)
    }

    /// The findings, of a run that has ended with this exit code.
    #[track_caller]
    fn findings(&self, code: i32) -> Vec<Value> {
        let report: Value = serde_json::from_str(&self.run(&["doctor", "--json"]).expect(code)).unwrap();
        assert_eq!(report["ok"], code == 0, "{report}");
        report["findings"].as_array().unwrap().clone()
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }
}

/// Asserts that a check has this verdict and these words, and what to do if it is not ok.
#[track_caller]
fn expect(findings: &[Value], check: &str, verdict: &str, words: &str) {
    let of_check: Vec<&Value> = findings.iter().filter(|finding| finding["check"] == check).collect();
    let text = |finding: &Value| format!("{}: {}", finding["detail"], finding["way_out"]);
    let found = of_check.iter().any(|finding| finding["verdict"] == verdict && text(finding).contains(words));
    assert!(found, "{check} is not {verdict} ({words}): {of_check:#?}");
    for finding in of_check {
        assert_eq!(finding["verdict"] == "ok", finding["way_out"].is_null(), "{finding}");
    }
}

#[track_caller]
fn assert_none_bad(findings: &[Value]) {
    let bad: Vec<&Value> = findings.iter().filter(|finding| finding["verdict"] == "bad").collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_new_shop_is_fit_and_nothing_is_created() {
    let shop = Shop::new();
    let findings = shop.findings(0);
    expect(&findings, "settings", "ok", "all are valid");
    expect(&findings, "store.url", "ok", "does not exist yet and can be created");
    expect(&findings, "store of order", "warn", "`tradepost serve` or `tradepost migrate` creates them");
    expect(&findings, "http.listen", "ok", "any free port");
    expect(&findings, "open files", if findings.iter().any(is_few_files) { "warn" } else { "ok" }, "are allowed");
    assert_eq!(fs::read_dir(shop.folder.path()).unwrap().count(), 0, "the doctor has created something");
}

fn is_few_files(finding: &Value) -> bool {
    finding["check"] == "open files" && finding["verdict"] == "warn"
}

#[test]
fn each_finding_is_a_line_with_the_way_out() {
    let shop = Shop::migrated();
    set_mode(&shop.data(""), 0o777);
    let text = shop.run(&["doctor"]).expect(1);
    let folder = shop.folder.path().join("data").display().to_string();
    let line = |check: &str| text.lines().find(|line| line.split_whitespace().nth(1) == Some(check)).unwrap();
    let expected = format!("others can write {folder}/ (mode 777): chmod 700 {folder}/").replace("data/", "data");
    assert!(line("store.url").starts_with("bad   store.url") && line("store.url").ends_with(&expected), "{text}");
    assert!(line("stores").starts_with("ok    stores"), "{text}");
    assert!(text.lines().all(|line| ["ok  ", "warn", "bad "].contains(&&line[..4])), "{text}");
}

#[actix_web::test]
async fn a_running_shop_is_fit_and_its_port_is_known_to_be_its_own() {
    let app = TestApp::start().await;
    let mut shop = Shop::new();
    shop.set("STORE__URL", &app.store_url());
    shop.set("SECRETS__FOLDER", app.place().folder().to_str().unwrap());
    shop.set("HTTP__LISTEN", app.url().trim_start_matches("http://"));
    // The server is on this thread's runtime, which must be free to answer.
    let findings = actix_web::rt::task::spawn_blocking(move || shop.findings(0)).await.unwrap();
    expect(&findings, "http.listen", "ok", "a Tradepost is serving there");
    expect(&findings, "store of pay", "ok", "reachable and writable");
    expect(&findings, "stores", "ok", "the tables of this release");
    let clock = findings.iter().find(|finding| finding["check"] == "clock").unwrap();
    assert_eq!(clock["verdict"], "ok", "{clock}");
    app.finish().await;
}

#[test]
fn a_port_of_another_program_is_bad() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut shop = Shop::migrated();
    shop.set("ADMIN__LISTEN", &other.local_addr().unwrap().to_string());
    std::thread::spawn(move || {
        for stream in other.incoming() {
            // A reader that is gone does not matter.
            drop(stream.unwrap().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}"));
        }
    });
    shop.set("HTTP__LISTEN", "192.0.2.1:80");
    let findings = shop.findings(1);
    expect(&findings, "admin.listen", "bad", "is in use by another program");
    expect(&findings, "http.listen", "bad", "is no address of this machine");
}

#[test]
fn wrong_settings_are_bad_and_variables_without_effect_are_named() {
    let mut shop = Shop::new();
    shop.set("HTTP__WORKERS", "many");
    shop.variables.push(("TRADEPOST_HTTP_LISTEN".to_owned(), "127.0.0.1:1".to_owned()));
    let findings = shop.findings(1);
    expect(&findings, "settings", "bad", "http.workers");
    expect(&findings, "environment", "warn", "TRADEPOST_HTTP_LISTEN has no effect\": \"set TRADEPOST__HTTP__LISTEN");
    assert_eq!(findings.len(), 2, "nothing can be examined with wrong settings: {findings:?}");
}

#[test]
fn secrets_that_others_can_use_are_found() {
    let mut shop = Shop::migrated();
    fs::write(shop.data("token.secret"), "0".repeat(64)).unwrap();
    fs::write(shop.data("first-passwords.txt"), "admin x").unwrap();
    let file = shop.folder.path().join("shop.toml");
    fs::write(&file, format!("[session]\nsecret = \"{SECRET}\"\n")).unwrap();
    let key = shop.folder.path().join("app_key.pem");
    fs::write(&key, "no key").unwrap();
    shop.set("GATEWAY__ALIPAY__APP_KEY", key.to_str().unwrap());
    for (secret, passwords, settings, verdicts) in [
        (0o600, 0o600, 0o600, ["ok", "warn", "ok"]),
        (0o644, 0o644, 0o644, ["warn", "bad", "warn"]),
        (0o622, 0o600, 0o666, ["bad", "warn", "warn"]),
    ] {
        set_mode(&shop.data("token.secret"), secret);
        set_mode(&shop.data("first-passwords.txt"), passwords);
        set_mode(&file, settings);
        let output = shop.run(&["--config", file.to_str().unwrap(), "doctor", "--json"]).output;
        let report: Value = serde_json::from_str(&output).unwrap();
        let findings = report["findings"].as_array().unwrap();
        for (check, verdict) in ["token.secret", "first-passwords.txt", "--config"].into_iter().zip(verdicts) {
            expect(findings, check, verdict, "");
        }
        expect(findings, "gateway.alipay.app_key", "warn", "chmod 600");
        assert!(!output.contains(SECRET), "{output}");
    }
}

#[test]
fn keys_that_do_not_fit_are_found_and_the_end_of_a_certificate_is_known() {
    let mut shop = Shop::migrated();
    let file = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/platform/alipay").join(name);
    let (certificate, roots) = (file("app_certificate.pem"), file("root_certificates.pem"));
    let key = shop.folder.path().join("app_key.pem");
    for (name, value) in [
        ("HTTP__PUBLIC_URL", "https://shop.example.com"),
        ("GATEWAY__ALIPAY__APP_ID", "2021000000000001"),
        ("GATEWAY__ALIPAY__SELLER_ID", "2088000000000001"),
        ("GATEWAY__ALIPAY__APP_KEY", key.to_str().unwrap()),
        ("GATEWAY__ALIPAY__APP_CERTIFICATE", certificate.to_str().unwrap()),
        ("GATEWAY__ALIPAY__PLATFORM_CERTIFICATE", certificate.to_str().unwrap()),
        ("GATEWAY__ALIPAY__ROOT_CERTIFICATE", roots.to_str().unwrap()),
    ] {
        shop.set(name, value);
    }
    let pem = |name: &'static str| Key::named(name).pem("PRIVATE KEY", "pkcs8_der_b64");
    for (content, setting, words) in [
        (fs::read_to_string(&certificate).unwrap(), "app_key", "must be an RSA private key"),
        (pem("wx_merchant"), "app_certificate", "is not the certificate of gateway.alipay.app_key"),
        (pem("ali_app"), "platform_certificate", "is the merchant's own key"),
    ] {
        fs::write(&key, content).unwrap();
        let findings = shop.findings(1);
        expect(&findings, &format!("gateway.alipay.{setting}"), "bad", words);
        expect(&findings, "gateway.alipay.app_certificate", "ok", "days, until 2035-01-01T00:00:00");
    }
}

#[test]
fn a_production_shop_without_a_platform_is_bad() {
    let mut shop = Shop::migrated();
    for (name, value) in [("PROFILE", "production"), ("DEMO__SEED", "false"), ("GATEWAY__SANDBOX__ENABLED", "false")] {
        shop.set(name, value);
    }
    let findings = shop.findings(1);
    expect(&findings, "gateway.alipay.app_id", "bad", "no payment platform is set up");
    expect(&findings, "http.public_url", "bad", "does not begin with https://");
    expect(&findings, "platforms", "bad", "no order can be paid");
}

#[test]
fn an_open_shop_of_the_default_profile_is_bad_unless_that_is_said_twice() {
    let mut shop = Shop::migrated();
    shop.set("HTTP__LISTEN", "0.0.0.0:0");
    let findings = shop.findings(1);
    expect(&findings, "gateway.sandbox.enabled", "bad", "can pay, decline and refund without money");
    expect(&findings, "demo.seed", "bad", "the demo goods are for sale");
    expect(&findings, "http.listen", "warn", "in plain text");
    expect(&findings, "admin.listen", "warn", "open to all who reach it");
    for name in ["GATEWAY__SANDBOX__PUBLIC", "DEMO__PUBLIC"] {
        shop.set(name, "true");
    }
    expect(&shop.findings(0), "gateway.sandbox.public", "warn", "without money");
}

#[test]
fn stores_that_are_missing_or_of_another_shop_are_bad() {
    let shop = Shop::migrated();
    let other = Shop::migrated();
    fs::copy(other.data("pay.db"), shop.data("pay.db")).unwrap();
    expect(&shop.findings(1), "stores", "bad", "belongs to another shop");
    fs::remove_file(shop.data("pay.db")).unwrap();
    let findings = shop.findings(1);
    expect(&findings, "store of pay", "warn", "has no tables yet");
    expect(&findings, "stores", "bad", "has no tables there");
    fs::write(shop.data("pay.db"), "no database at all, but long enough to be read as a page of one").unwrap();
    expect(&shop.findings(1), "store of pay", "bad", "tradepost check");
}

#[cfg(feature = "postgres")]
#[test]
fn a_database_server_that_is_away_is_bad_and_its_password_is_not_shown() {
    let mut shop = Shop::new();
    shop.set("STORE__URL", &format!("postgres://shop:{SECRET}@127.0.0.1:1/tradepost"));
    let secrets = shop.folder.path().join("secrets");
    shop.set("SECRETS__FOLDER", secrets.to_str().unwrap());
    let findings = shop.findings(1);
    expect(&findings, "store of order", "bad", "start the database server");
    expect(&findings, "session.secret", "warn", "set the same value on all nodes");
    assert!(!format!("{findings:?}").contains(SECRET));
}

#[test]
fn files_that_another_user_has_left_in_the_folder_are_bad() {
    let shop = Shop::migrated();
    assert_none_bad(&shop.findings(0));
    // Only root can give a file away. For another user, the files that root has left are not even readable.
    if chown(shop.data("order.db"), Some(12_345), None).is_ok() {
        expect(&shop.findings(1), "store.url", "bad", "order.db belongs to user 12345");
    }
}
