//! What a transaction keeps of itself where an error inside it was swallowed.

use tradepost::db::{self, Class};

use crate::database::error_class::{Ground, class, run};
use crate::server::{Engine, engine};

const NEW: &str = "INSERT INTO item VALUES (3, 'new', 3, NULL)";
const TAKEN: &str = "INSERT INTO item VALUES (1, 'taken', 1, NULL)";

#[test]
fn postgresql_keeps_nothing_of_a_transaction_in_which_an_error_was_swallowed_and_diesel_calls_it_a_success() {
    let ground = Ground::new();
    let mut db = ground.writer();
    db::transaction(&mut db, |db| {
        run(db, NEW)?;
        assert_eq!(class(db, TAKEN), Class::Constraint);
        Ok(())
    })
    .unwrap();
    let kept = if engine() == Engine::Postgres { 2 } else { 3 };
    assert_eq!(run(&mut ground.writer(), "UPDATE item SET n = 5").unwrap(), kept);
}

#[test]
fn an_error_in_a_savepoint_undoes_only_that() {
    let ground = Ground::new();
    let mut db = ground.writer();
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
    assert_eq!(run(&mut ground.writer(), "UPDATE item SET n = 5").unwrap(), 4);
}
