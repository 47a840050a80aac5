//! Access of tests to tables and faults of the application.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;
use tradepost::actor::fault::Fault;
use tradepost::db::with_conn;

use super::{TestApp, eventually};

const OWNERS: [&str; 6] = ["coupon", "goods", "user", "order", "pay", "sandbox"];
/// The fault point at which an order is priced and not stored yet.
const PRE_ORDER: &str = "order.apply";

impl TestApp {
    /// Number of rows of each table, as `owner.table`.
    pub fn rows(&self) -> BTreeMap<String, i64> {
        #[derive(QueryableByName)]
        struct Table {
            #[diesel(sql_type = diesel::sql_types::Text)]
            name: String,
        }
        let mut rows = BTreeMap::new();
        // The tables of the migrations, those of the chain, which change when records are sealed, and sign-ins.
        let is_internal = |name: &str| {
            name.starts_with("__") || name.starts_with("ledger_") || ["sign_in", "ended_session"].contains(&name)
        };
        for owner in OWNERS {
            let store = self.store(owner);
            let query = match store.engine() {
                "sqlite" => "SELECT name FROM sqlite_master WHERE type = 'table'",
                "postgres" => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()",
                _ => "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database()",
            };
            let mut reader = store.reader().unwrap();
            let db = &mut *reader;
            let tables: Vec<Table> = with_conn!(db, diesel::sql_query(query).load(db)).unwrap();
            drop(reader);
            for Table { name } in tables.into_iter().filter(|table| !is_internal(&table.name)) {
                let count = self.number(owner, &format!("SELECT count(*) AS n FROM {name}"));
                rows.insert(format!("{owner}.{name}"), count);
            }
        }
        rows
    }

    /// Waits for a condition that can only be polled.
    pub async fn until(&self, condition: impl Fn() -> bool) {
        eventually(Duration::from_secs(10), "what the test waits for", || async { condition().then_some(()) }).await;
    }

    /// The fault point `point` fails every time until [`TestApp::clear_fault`].
    pub fn fail_at(&self, point: &str) {
        self.faults.plan(point, Fault::Error, 0, u32::MAX);
    }

    /// Clears the fault at `point`.
    pub fn clear_fault(&self, point: &str) {
        self.faults.plan(point, Fault::Error, 0, 0);
    }

    /// Runs `between` after `order` is priced and before it is stored.
    pub async fn between_quote_and_order<O>(
        &self,
        order: impl Future<Output = O>,
        between: impl Future<Output = ()>,
    ) -> O {
        self.fail_at(PRE_ORDER);
        let change = async {
            self.until(|| self.faults.fired(PRE_ORDER) > 0).await;
            between.await;
            self.clear_fault(PRE_ORDER);
        };
        futures_util::future::join(order, change).await.0
    }
}
