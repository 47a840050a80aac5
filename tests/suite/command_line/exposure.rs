//! Starts of the real binary that would expose something: refused with one line, or warned of.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::tempdir;

use super::server::{Server, Variables, refused, variables};
use super::{run, sqlite};
use crate::support::Production;

/// A shop that may be exposed, in a folder of its own.
struct Shop {
    production: Production,
    variables: Variables,
}

impl Shop {
    fn new() -> Self {
        let production = Production::new();
        let settings = production.settings();
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let variables = variables(production.folder(), &settings);
        Self { production, variables }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.production.path(name)
    }

    /// Its settings and this one.
    fn with(&self, name: &str, value: &str) -> Variables {
        let further = (format!("TRADEPOST__{name}"), value.to_owned());
        self.variables.iter().cloned().chain([further]).collect()
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn a_production_shop_that_exposes_nothing_starts_and_says_so() {
    let shop = Shop::new();
    let server = Server::start(&[], &shop.variables);
    let notes = &server.notes[server.notes.len() - 2..];
    assert_eq!(
        notes,
        ["exposed to other machines: what the proxy of https://shop.example.com passes on", "not encrypted: nothing"]
    );
    assert!(!server.log().contains("WARN"), "{}", server.log());
    server.stop();
}

#[test]
fn a_refused_start_names_the_setting_and_creates_nothing() {
    let shop = Shop::new();
    for (name, value, start) in [
        ("HTTP__LISTEN", "0.0.0.0:0", "tradepost: setting http.listen: is an address that other machines reach"),
        (
            "HTTP__PUBLIC_URL",
            "http://shop.example.com",
            "tradepost: setting http.public_url: does not begin with https",
        ),
        ("SESSION__SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "tradepost: setting session.secret: is easy to guess"),
        ("SESSION__SECRET", "passwordpasswordpasswordpassword1", "tradepost: setting session.secret: is easy to guess"),
        ("HTTP__TRUSTED_PROXIES", "0.0.0.0/0", "tradepost: setting http.trusted_proxies: has all addresses"),
        ("ADMIN__PASSWORD", "tradepost", "tradepost: setting admin.password: is one of the most common"),
        ("ADMIN__PASSWORD", "password", "tradepost: setting admin.password: is one of the most common"),
        (
            "STORE__URL",
            "postgres://shop:canary@db/shop",
            "tradepost: setting store.url: leads to a database on another",
        ),
    ] {
        let line = refused(&[], &shop.with(name, value));
        assert!(line.starts_with(start) && line.ends_with(&format!("(TRADEPOST__{name})")), "{line}");
        assert!(!line.contains("canary"), "{line}");
    }
    assert!(!shop.path("data").exists(), "a refused start has created something");
}

#[test]
fn a_production_start_warns_of_limits_that_are_turned_off() {
    let shop = Shop::new();
    let off =
        [("HTTP__HEAD_WITHIN", "0s"), ("HTTP__CONNECTIONS_PER_ADDRESS_MAX", "0"), ("LIMITS__ORDERS_PER_USER", "0")];
    let off = off.map(|(name, value)| (format!("TRADEPOST__{name}"), value.to_owned()));
    let server = Server::start(&[], &shop.variables.iter().cloned().chain(off).collect());
    for words in [
        "setting http.head_within: lets a client hold a connection without a request: set it to 10s",
        "setting http.connections_per_address_max: lets an address have all connections: set it to 1000",
        "setting limits.orders_per_user: lets a user fill the disk with orders that are refused: set it to 60",
    ] {
        server.await_log(words);
    }
    server.stop();
}

#[test]
fn the_sandbox_and_the_demo_data_are_on_a_public_address_only_if_that_is_said_twice() {
    let folder = tempdir().unwrap();
    let open = [("HTTP__LISTEN", "0.0.0.0:0"), ("LOG__FILTER", "info")];
    let line = refused(&[], &variables(folder.path(), &open));
    assert!(line.starts_with("tradepost: setting gateway.sandbox.enabled: anyone who reaches this server"), "{line}");
    let sandbox = [open[0], open[1], ("GATEWAY__SANDBOX__PUBLIC", "true")];
    let line = refused(&[], &variables(folder.path(), &sandbox));
    assert!(line.starts_with("tradepost: setting demo.seed: the demo goods are for sale"), "{line}");
    let both = [open[0], open[1], ("GATEWAY__SANDBOX__PUBLIC", "true"), ("DEMO__PUBLIC", "true")];
    for _ in 0..2 {
        let server = Server::start(&[], &variables(folder.path(), &both));
        let exposed = server.notes.iter().find(|line| line.starts_with("exposed to other machines: ")).unwrap();
        assert!(exposed.contains("where anyone can pay without money"), "{exposed}");
        assert!(server.notes.last().unwrap().starts_with("not encrypted: HTTP on 0.0.0.0:"), "{:?}", server.notes);
        server.await_log("setting gateway.sandbox.public: anyone who reaches this server can pay");
        server.stop();
    }
}

#[test]
fn production_refuses_the_store_of_a_shop_that_was_tried_unless_it_is_accepted() {
    let shop = Shop::new();
    Server::start(&[], &variables(shop.production.folder(), &[])).stop();
    let line = refused(&[], &shop.with("LOG__FILTER", "error"));
    assert_eq!(
        line,
        "tradepost: setting store.url: has the demo goods, the demo user: start production with a new store, or set \
         store.accept_demo_data to true"
    );
    let server = Server::start(&[], &shop.with("STORE__ACCEPT_DEMO_DATA", "true"));
    server.await_log("setting store.accept_demo_data: goods, balances and payments without money are accepted");
    server.stop();
}

#[test]
fn production_refuses_files_and_folders_that_others_can_use() {
    let shop = Shop::new();
    let settings_file = shop.path("shop.toml");
    fs::write(&settings_file, "[admin]\npassword = \"a good password of ours\"\n").unwrap();
    set_mode(&settings_file, 0o600);
    let arguments = ["--config", settings_file.to_str().unwrap()];
    let quiet = shop.with("LOG__FILTER", "error");
    Server::start(&arguments, &quiet).stop();
    for (path, closed, open, key) in [
        ("data", 0o700, 0o755, "secrets.folder"),
        ("data", 0o700, 0o777, "secrets.folder"),
        ("data/token.secret", 0o600, 0o644, "secrets.folder"),
        ("data/token.secret", 0o600, 0o640, "secrets.folder"),
        ("app.pem", 0o600, 0o644, "gateway.alipay.app_key"),
        ("platform.pem", 0o644, 0o666, "gateway.alipay.platform_key"),
        ("shop.toml", 0o600, 0o644, "--config"),
    ] {
        let path = shop.path(path);
        assert_eq!(mode(&path), closed, "{}", path.display());
        set_mode(&path, open);
        let line = refused(&arguments, &quiet);
        assert!(line.starts_with(&format!("tradepost: setting {key}: others can ")), "{line}");
        assert!(line.contains("run chmod ") && line.contains(path.file_name().unwrap().to_str().unwrap()), "{line}");
        set_mode(&path, closed);
    }
    Server::start(&arguments, &quiet).stop();
}

#[test]
fn in_the_default_profile_they_are_warned_of() {
    let folder = tempdir().unwrap();
    let variables = variables(folder.path(), &[("LOG__FILTER", "warn")]);
    Server::start(&[], &variables).stop();
    let data = folder.path().join("data");
    set_mode(&data, 0o755);
    set_mode(&data.join("token.secret"), 0o644);
    let server = Server::start(&[], &variables);
    for words in ["others can look into", "others can read"] {
        server.await_log(words);
    }
    server.stop();
}

#[test]
fn production_refuses_a_stored_secret_that_is_easy_to_guess() {
    let shop = Shop::new();
    let quiet = shop.with("LOG__FILTER", "error");
    Server::start(&[], &quiet).stop();
    let secret = shop.path("data/token.secret");
    fs::write(&secret, "0".repeat(64)).unwrap();
    let line = refused(&[], &quiet);
    assert!(line.contains("token.secret is easy to guess: remove the file"), "{line}");
    fs::remove_file(&secret).unwrap();
    Server::start(&[], &quiet).stop();
}

#[test]
fn all_that_a_server_writes_is_closed_to_others_whatever_the_mask_of_the_process_is() {
    let folder = tempdir().unwrap();
    let url = sqlite(&folder.path().join("data"));
    let migrate = format!("umask 000 && exec {} migrate", super::BINARY);
    let output = std::process::Command::new("sh").args(["-c", &migrate]).env("TRADEPOST__STORE__URL", &url).output();
    assert!(output.unwrap().status.success());
    let data = folder.path().join("data");
    assert_eq!(mode(&data), 0o700);
    let files: Vec<PathBuf> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        assert_eq!(mode(&file) & 0o077, 0, "{}", file.display());
    }
}

#[test]
fn a_backup_goes_into_a_folder_that_is_new_or_ours_alone() {
    let folder = tempdir().unwrap();
    let url = sqlite(&folder.path().join("data"));
    let here = [("TRADEPOST__STORE__URL", url.as_str())];
    run(&["migrate"], &here).expect(0);
    let at = |name: &str| folder.path().join(name);
    let back_up = |path: &str| {
        let outcome = run(&["backup", path], &here);
        (outcome.code, outcome.errors)
    };
    for (name, open) in [("open", 0o755), ("group", 0o770)] {
        fs::create_dir(at(name)).unwrap();
        set_mode(&at(name), open);
        let (code, errors) = back_up(at(name).to_str().unwrap());
        assert!(code == 1 && errors.contains("is open to other users"), "{errors}");
    }
    fs::create_dir(at("target")).unwrap();
    set_mode(&at("target"), 0o700);
    symlink(at("target"), at("link")).unwrap();
    for path in [at("link").display().to_string(), format!("{}/", at("link").display())] {
        let (code, errors) = back_up(&path);
        assert!(code == 1 && errors.contains("is no directory"), "{errors}");
    }
    assert_eq!(fs::read_dir(at("target")).unwrap().count(), 0);
    for name in ["target", "new"] {
        let (code, errors) = back_up(at(name).to_str().unwrap());
        assert_eq!(code, 0, "{errors}");
        assert_eq!(mode(&at(name)), 0o700);
        assert!(fs::read_dir(at(name)).unwrap().all(|entry| mode(&entry.unwrap().path()) & 0o077 == 0));
    }
    // Only root can give a folder away.
    fs::create_dir(at("foreign")).unwrap();
    set_mode(&at("foreign"), 0o700);
    if std::os::unix::fs::chown(at("foreign"), Some(12_345), None).is_ok() {
        let (code, errors) = back_up(at("foreign").to_str().unwrap());
        assert!(code == 1 && errors.contains("belongs to user 12345"), "{errors}");
    }
}
