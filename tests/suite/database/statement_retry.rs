//! A prepared statement that failed on a lock works when it is run again on the same connection.

use std::sync::mpsc;
use std::time::Duration;

use diesel::prelude::*;
use tradepost::db::Limits;
use tradepost::db::schema::mq_consumer::dsl;
use tradepost::db::{self, Class, Db, Store, for_update, migrate, with_conn};

use crate::server::place::Place;
use crate::server::{Engine, engine};
use crate::support::LIMITS;

fn read(db: &mut Db) -> db::Result<Vec<String>> {
    db::transaction(db, |db| {
        let rows = dsl::mq_consumer.order((dsl::msg_id, dsl::group_name)).select(dsl::msg_id);
        Ok(with_conn!(db, for_update(rows).load(db))?)
    })
}

#[test]
fn a_statement_that_did_not_get_its_lock_succeeds_when_it_is_run_again() {
    if engine() == Engine::Sqlite {
        return println!("SQLite locks no rows");
    }
    let place = Place::new();
    let limits = Limits { writers: 2, lock_within: Duration::from_secs(1), ..LIMITS };
    let store = Store::new(&place.url(), "goods", limits).unwrap();
    migrate::run(&store, migrate::GOODS).unwrap();
    let (mut holder, mut db) = (store.writer().unwrap(), store.writer().unwrap());
    let row = "INSERT INTO mq_consumer (msg_id, group_name, msg_tag, msg_key, msg_body, consumer_status, consumer_times, \
               consumer_timestamp) VALUES ('one', 'goods', 'tag', 'key', '{}', 1, 1, 1)";
    holder.batch_execute(row).unwrap();
    // Prepares the statement, so that the next run reuses it.
    assert_eq!(read(&mut db).unwrap(), ["one"]);
    holder.batch_execute("BEGIN; UPDATE mq_consumer SET msg_key = 'other'").unwrap();
    assert_eq!(read(&mut db).unwrap_err().class, Class::Busy);
    holder.batch_execute("ROLLBACK").unwrap();

    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(read(&mut db).map_err(|error| error.to_string())));
    let second_read = receiver.recv_timeout(Duration::from_secs(10));
    assert_eq!(second_read, Ok(Ok(vec!["one".to_owned()])), "the second read on the same connection");
}
