//! What tests see and do behind the application's back.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;
use tradepost::actor::fault::Fault;
use tradepost::db::with_conn;

use super::{TestApp, eventually};

const OWNERS: [&str; 6] = ["coupon", "goods", "user", "order", "pay", "sandbox"];
/// Where an order is between its quote and its pre-order.
const PRE_ORDER: &str = "order.apply";

impl TestApp {
    /// How many rows each table of each owner has, as `owner.table`.
    pub fn rows(&self) -> BTreeMap<String, i64> {
        #[derive(QueryableByName)]
        struct Table {
            #[diesel(sql_type = diesel::sql_types::Text)]
            name: String,
        }
        let mut rows = BTreeMap::new();
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
            for Table { name } in tables.into_iter().filter(|table| !table.name.starts_with("__")) {
                let count = self.number(owner, &format!("SELECT count(*) AS n FROM {name}"));
                rows.insert(format!("{owner}.{name}"), count);
            }
        }
        rows
    }

    /// Waits until something has happened that nothing else tells of.
    pub async fn until(&self, happened: impl Fn() -> bool) {
        eventually(Duration::from_secs(10), "what the test waits for", || async { happened().then_some(()) }).await;
    }

    /// From now on the point `point` fails every time; [`TestApp::heal`] ends it.
    pub fn ail(&self, point: &str) {
        self.faults.plan(point, Fault::Error, 0, u32::MAX);
    }

    /// The point works again.
    pub fn heal(&self, point: &str) {
        self.faults.plan(point, Fault::Error, 0, 0);
    }

    /// Does `between` when `order` is priced and not written yet.
    pub async fn between_quote_and_order<O>(
        &self,
        order: impl Future<Output = O>,
        between: impl Future<Output = ()>,
    ) -> O {
        self.ail(PRE_ORDER);
        let change = async {
            self.until(|| self.faults.fired(PRE_ORDER) > 0).await;
            between.await;
            self.heal(PRE_ORDER);
        };
        futures_util::future::join(order, change).await.0
    }
}
