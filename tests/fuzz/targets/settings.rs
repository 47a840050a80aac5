//! The settings: leading lines with `TRADEPOST__` are the environment, the rest is the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::config;
use tradepost_fuzz::seed;

const VARIABLES: &str = "TRADEPOST__LOG__FORMAT=json\nTRADEPOST__STORE__READERS=3\n\
    TRADEPOST__ORDERS__BACKOFF__FIRST=50ms\n[http]\npublic_url = \"https://shop.example.com\"\n";

fuzz_target!(init: seed([config::DEFAULT, VARIABLES, "[orders]\nshipping_fee = \"1.50\"\n"]), |input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let (mut rest, mut variables) = (&*text, Vec::new());
    while let Some((line, after)) = rest.split_once('\n').filter(|(line, _)| line.starts_with("TRADEPOST__")) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        variables.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    if let Err(error) = config::read(rest, variables) {
        let text = error.to_string();
        assert!(!text.contains(char::is_control), "more than one line: {text:?}");
    }
});
