//! The effects of a transaction in which an error was ignored.

use tradepost::db::{self, Class};

use crate::database::error_class::{ItemStore, class, run};
use crate::server::{Engine, engine};

const NEW: &str = "INSERT INTO item VALUES (3, 'new', 3, NULL)";
const TAKEN: &str = "INSERT INTO item VALUES (1, 'taken', 1, NULL)";

#[test]
fn postgresql_rolls_back_a_transaction_with_an_ignored_error_although_diesel_reports_success() {
    let items = ItemStore::new();
    let mut db = items.writer();
    db::transaction(&mut db, |db| {
        run(db, NEW)?;
        assert_eq!(class(db, TAKEN), Class::Constraint);
        Ok(())
    })
    .unwrap();
    let kept = if engine() == Engine::Postgres { 2 } else { 3 };
    assert_eq!(run(&mut items.writer(), "UPDATE item SET n = 5").unwrap(), kept);
}

#[test]
fn an_error_in_a_savepoint_rolls_back_only_the_savepoint() {
    let items = ItemStore::new();
    let mut db = items.writer();
    db::transaction(&mut db, |db| {
        run(db, NEW)?;
        let failed = db::savepoint(db, |db| {
            run(db, "DELETE FROM item")?;
            run(db, NEW)?;
            run(db, "INSERT INTO item VALUES (3, 'twice', 3, NULL)")
        });
        assert_eq!(failed.unwrap_err().class, Class::Constraint);
        run(db, "INSERT INTO item VALUES (4, 'after', 3, NULL)")
    })
    .unwrap();
    assert_eq!(run(&mut items.writer(), "UPDATE item SET n = 5").unwrap(), 4);
}
