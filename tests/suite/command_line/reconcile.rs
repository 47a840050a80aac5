//! `tradepost reconcile`, as an operator types it.

use std::fs;

use super::{run, sqlite};

/// Review L2. A command that ends before its actors have started is no panic.
#[test]
fn a_statement_that_cannot_be_read_is_one_line_on_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let (url, file) = (sqlite(&folder.path().join("data")), folder.path().join("statement.csv"));
    let secret = ("TRADEPOST__GATEWAY__SANDBOX__SECRET", "a secret of the tests, of no use elsewhere");
    let variables = [("TRADEPOST__STORE__URL", url.as_str()), secret];
    run(&["migrate"], &variables).expect(0);
    let head = "out_trade_no,trade_no,type,out_request_no,amount,time\n";
    for (text, problem) in [
        (String::new(), "line 1: the file is empty"),
        (head.to_owned(), "the statement has no lines"),
        (format!("{head}77,sb1,payment,,-1.00,2026-01-02T03:04:05Z\n"), "line 2: amount must be money such as 880.00"),
    ] {
        fs::write(&file, text).unwrap();
        let outcome = run(&["reconcile", "--provider", "sandbox", file.to_str().unwrap()], &variables);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert_eq!(outcome.errors, format!("tradepost: {}: {problem}\n", file.display()));
    }
}
