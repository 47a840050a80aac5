//! A statement of the sandbox.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::gateway::Entry;
use tradepost::sandbox::statement::{HEAD, read};
use tradepost_fuzz::seed;

const LINES: &str = "77,sb1,payment,,880.00,2026-01-02T03:04:05Z\n77,sb1,refund,78,20.00,2026-01-03T03:04:05Z\n";

fn line(entry: &Entry) -> String {
    let Entry { out_trade_no, trade_no, refund_no, amount, time } = entry;
    let kind = if refund_no.is_some() { "refund" } else { "payment" };
    format!("{out_trade_no},{trade_no},{kind},{},{amount},{time}\n", refund_no.as_deref().unwrap_or_default())
}

fuzz_target!(init: seed([format!("{HEAD}{LINES}"), HEAD.to_owned()]), |input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    for text in [text.to_string(), format!("{HEAD}{text}")] {
        if let Ok(entries) = read(&text) {
            let written: String = entries.iter().map(line).collect();
            assert_eq!(read(&format!("{HEAD}{written}")), Ok(entries), "the written statement is read differently");
        }
    }
});
