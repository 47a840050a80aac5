//! Stores that are moved, deleted or replaced under the running server: it acknowledges nothing that the next start would
//! not find.

use std::fs;
use std::path::Path;
use std::time::Duration;

use actix_web::rt::System;
use serde_json::json;

use super::http::{Http, Reply};
use super::process::{self, ADMIN_PASSWORD, Data, Server};
use super::run::exclusive;

const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// A change of the file of a store.
type Replace = fn(&Path);

const REPLACE: [(&str, Replace); 3] = [
    ("deleted", |file| fs::remove_file(file).unwrap()),
    ("moved", |file| fs::rename(file, file.with_extension("old")).unwrap()),
    ("replaced", |file| {
        let copy = file.with_extension("copy");
        fs::copy(file, &copy).unwrap();
        fs::rename(&copy, file).unwrap();
    }),
];

/// Waits for the end of a server whose store was replaced. Its line must name `file`.
#[track_caller]
fn assert_ends(server: Server, data: &Data, file: &str) {
    let status = server.wait(ENDS_WITHIN);
    let log = process::log(data);
    assert_eq!(status.code(), Some(74), "{log:#?}");
    let line = log.iter().find(|line| line.contains(&format!("{file} was moved, deleted or replaced")));
    assert!(line.is_some_and(|line| line.contains("Stop the server before")), "{log:#?}");
}

#[test]
fn an_idle_server_whose_store_is_replaced_ends_with_a_line_that_names_the_file() {
    let _lock = exclusive();
    for (how, replace) in REPLACE {
        let home = tempfile::tempdir().unwrap();
        let data = Data::embedded(home.path().join("data"));
        let server = Server::start(&data, &[]);
        println!("{how}");
        replace(&data.folder.join("order.db"));
        assert_ends(server, &data, "order.db");
    }
}

#[test]
fn nothing_is_acknowledged_after_a_store_or_its_log_was_replaced() {
    let _lock = exclusive();
    for (how, replace) in REPLACE {
        for file in ["goods.db", "goods.db-wal"] {
            if how == "replaced" && file == "goods.db-wal" {
                // The size and the name of a log are all that is known of it.
                continue;
            }
            let home = tempfile::tempdir().unwrap();
            let data = Data::embedded(home.path().join("data"));
            let server = Server::start(&data, &[]);
            let http = Http::new(&server.url);
            System::new().block_on(async {
                let account = json!({"user_name": "admin", "user_password": ADMIN_PASSWORD});
                let session = http.post("/v1/sessions", "", "", &account).await.expect(201);
                let token = session["access_token"].as_str().unwrap();
                let goods = json!({"goods_name": "Mug", "goods_number": 1, "goods_price": "1.00"});
                http.post("/admin/goods", token, "", &goods).await.expect(201);
                replace(&data.folder.join(file));
                let reply = http.post("/admin/goods", token, "", &goods).await;
                assert!(!matches!(reply, Reply::Answer(201, _)), "{file} was {how}: {reply:?}");
            });
            assert_ends(server, &data, file);
        }
    }
}
