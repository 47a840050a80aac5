//! `tradepost config`: every setting with its value and its origin, and no secret.

use serde_json::Value;
use tempfile::tempdir;
use tradepost::config::layer::Layers;
use tradepost::config::secret::SECRETS;
use tradepost::config::variable_of;

use super::run;

#[test]
fn the_settings_in_effect_are_listed_with_their_origins() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    std::fs::write(&file, "# A shop.\n[http]\nworkers = 2\nlisten = \"127.0.0.1:81\"\n").unwrap();
    let file = file.to_str().unwrap();
    let variables = [("TRADEPOST__HTTP__LISTEN", "127.0.0.1:82"), ("RUST_LOG", "debug")];
    let changed = run(&["--config", file, "config", "--changed"], &variables).expect(0);
    let expected = format!(
        "http.listen = \"127.0.0.1:82\"  # TRADEPOST__HTTP__LISTEN\n\
         http.workers = 2              # line 3 of {file}\n\
         log.filter = \"debug\"          # RUST_LOG\n"
    );
    assert_eq!(changed, expected);
    let all = run(&["--config", file, "config"], &variables).expect(0);
    assert_eq!(all.lines().count(), Layers::defaults().unwrap().effective().len());
    assert!(all.contains("profile = \"default\"") && all.contains("# default"), "{all}");
}

#[test]
fn the_list_is_a_settings_file_with_the_same_effect() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("copy.toml");
    let list = run(&["config"], &[("TRADEPOST__GATEWAY__WECHAT__SUBJECT", "\"茶\" \\ tea\u{7f}")]).expect(0);
    std::fs::write(&file, &list).unwrap();
    let copy = run(&["--config", file.to_str().unwrap(), "config"], &[]).expect(0);
    let values = |list: &str| -> Vec<String> {
        list.lines().map(|line| line.rsplit_once("  # ").unwrap().0.trim_end().to_owned()).collect()
    };
    assert_eq!(values(&copy), values(&list));
}

#[test]
fn the_json_has_the_same_for_programs() {
    let json = run(&["config", "--json"], &[("TRADEPOST__HTTP__WORKERS", "3")]).expect(0);
    let all: Vec<Value> = serde_json::from_str(&json).unwrap();
    let find = |key: &str| all.iter().find(|setting| setting["setting"] == key).unwrap().clone();
    let expected = serde_json::json!({
        "setting": "http.workers", "value": 3, "variable": "TRADEPOST__HTTP__WORKERS",
        "origin": "variable", "from": "TRADEPOST__HTTP__WORKERS",
    });
    assert_eq!(find("http.workers"), expected);
    assert_eq!(find("demo.seed")["origin"], "default");
}

#[test]
fn no_secret_is_printed_in_any_form() {
    const CANARY: &str = "canary-of-32-characters-or-more-in-it";
    let mut variables: Vec<(String, String)> =
        SECRETS.iter().map(|key| (variable_of(key), CANARY.to_owned())).collect();
    for owner in ["", "GOODS__", "COUPON__", "USER__", "ORDER__", "PAY__"] {
        variables.push((format!("TRADEPOST__STORE__{owner}URL"), format!("postgres://shop:{CANARY}@db/tradepost")));
    }
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for arguments in [&["config"][..], &["config", "--json"], &["config", "--changed"]] {
        let outcome = run(arguments, &variables);
        assert!(outcome.output.matches("********").count() >= variables.len(), "{outcome:?}");
        assert!(!outcome.output.contains(CANARY) && !outcome.errors.contains(CANARY), "{outcome:?}");
    }
}

#[test]
fn invalid_values_are_listed_and_then_named() {
    let outcome = run(&["config", "--changed"], &[("TRADEPOST__HTTP__LISTEN", "nowhere")]);
    assert_eq!((outcome.code, outcome.output.as_str()), (1, "http.listen = \"nowhere\"  # TRADEPOST__HTTP__LISTEN\n"));
    let expected = "tradepost: setting http.listen: invalid socket address syntax (TRADEPOST__HTTP__LISTEN)\n";
    assert_eq!(outcome.errors, expected);
}
