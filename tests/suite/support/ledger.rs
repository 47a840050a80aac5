//! A minimal owner for the tests of the actor runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use actix::{Arbiter, Message};
use diesel::prelude::*;
use tradepost::actor::owner::Limits;
use tradepost::actor::{
    Access, BlockingExecutor, Chain, Context, Faults, Fence, Health, Owner, OwnerActor, OwnerAddr, Priority,
    RelayWaker, Reply, Task,
};
use tradepost::db::with_conn;
use tradepost::db::{self, Db, Store};
use tradepost::domain::clock::Clock;
use tradepost::domain::id::{IdGenerator, NodeId};

use crate::server::place::Place;

diesel::table! {
    entry (id) {
        id -> Integer,
    }
}

diesel::table! {
    seen (n) {
        n -> Integer,
    }
}

/// Owns one table: `entry (id)`.
pub struct Ledger {
    context: Context,
}

impl Owner for Ledger {
    const NAME: &'static str = "ledger";

    fn context(&self) -> &Context {
        &self.context
    }
}

/// A running [`Ledger`] with a store of its own.
pub struct Running {
    pub addr: OwnerAddr<Ledger>,
    pub health: Arc<Health>,
    pub faults: Faults,
    pub fence: Fence,
    pub store: Store,
    _place: Place,
}

pub const LIMITS: Limits = Limits { mailbox: 1000, reserved: 1000, batch_max: 1000, batch_wait: Duration::ZERO };

impl Running {
    pub fn start(limits: Limits) -> Self {
        Self::with_readers(limits, 2)
    }

    /// With `readers` reader connections. With one, a task waits until the connection is returned.
    pub fn with_readers(limits: Limits, readers: u32) -> Self {
        Self::with_connections(limits, db::Limits { readers, ..crate::support::LIMITS })
    }

    /// With these numbers of connections of each kind.
    pub fn with_connections(limits: Limits, connections: db::Limits) -> Self {
        let place = Place::new();
        let store = Store::new(&place.url(), Ledger::NAME, connections).unwrap();
        // The probe of a server's store writes to the table of its migrations.
        let tables = "CREATE TABLE entry (id INTEGER NOT NULL, CONSTRAINT entry_id_key PRIMARY KEY (id));
            CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) NOT NULL PRIMARY KEY)";
        store.migrator().unwrap().batch_execute(tables).unwrap();
        let (clock, faults, fence) = (Clock::default(), Faults::default(), Fence::default());
        let node = NodeId::try_from(1).unwrap();
        let context = Context {
            arbiter: Arbiter::current(),
            executor: BlockingExecutor::default(),
            ids: Arc::new(IdGenerator::new(clock.clone(), node)),
            clock,
            node,
            fence: fence.clone(),
            faults: faults.clone(),
            relay_waker: RelayWaker::default(),
            chain: Chain::default(),
        };
        let (addr, health) = OwnerActor::start(Arc::new(Ledger { context }), store.clone(), limits);
        Self { addr, health, faults, fence, store, _place: place }
    }

    /// The committed entries.
    pub fn entries(&self) -> Vec<i32> {
        entries(&mut self.store.reader().unwrap()).unwrap()
    }
}

fn entries(db: &mut Db) -> db::Result<Vec<i32>> {
    Ok(with_conn!(db, entry::table.select(entry::id).order(entry::id).load(db))?)
}

/// Behaviour of a task after its write or before its read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Succeed,
    Panic,
    BadStatement,
    NoOutcome,
    /// Conflicts in every transaction.
    Conflict,
    /// Conflicts in every transaction with other tasks.
    ConflictWithOthers,
}

/// Writes an entry; a second one with its id breaks a constraint.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<i32>")]
pub struct Write(pub i32, pub Behaviour);

/// Writes an entry with the priority of accepted work.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<i32>")]
pub struct WriteAccepted(pub i32);

/// Reads all entries.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<i32>>")]
pub struct List(pub Behaviour);

/// A report that says when it begins, and lasts until the sender to `ends` is dropped.
#[derive(Debug, Message)]
#[rtype(result = "Reply<()>")]
pub struct Report {
    pub begins: std::sync::mpsc::Sender<()>,
    pub ends: std::sync::mpsc::Receiver<()>,
}

/// Counts the tasks of this kind that ran on the present writer connection.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<i64>")]
pub struct CountOnConnection;

/// Writes an entry unless it exists. If it does not, `rival` writes the same entry between the check and the write.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<i32>")]
pub struct WriteOnce {
    pub id: i32,
    pub rival: Store,
}

/// Locks two entries, the second one only after another task has locked its first entry as well.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct Swap {
    pub first: i32,
    pub second: i32,
    /// Number of tasks that have locked their first entry.
    pub met: Arc<AtomicU32>,
}

fn insert(db: &mut Db, id: i32) -> db::Result<()> {
    with_conn!(db, diesel::insert_into(entry::table).values(entry::id.eq(id)).execute(db))?;
    Ok(())
}

fn behave(db: &mut Db, behaviour: Behaviour) -> db::Result<()> {
    match behaviour {
        Behaviour::Succeed | Behaviour::NoOutcome | Behaviour::ConflictWithOthers => Ok(()),
        Behaviour::Conflict => Err(db::Error::conflict("a conflict that repeats")),
        Behaviour::Panic => panic!("a poison entry"),
        Behaviour::BadStatement => Ok(db.batch_execute("SELECT nothing FROM entry")?),
    }
}

impl Task<Ledger> for Write {
    type Outcome = i32;
    const ACCESS: Access = Access::Write;

    fn run(_: &Ledger, batch: &[Self], db: &mut Db) -> db::Result<Vec<i32>> {
        for Self(id, behaviour) in batch {
            insert(db, *id)?;
            behave(db, *behaviour)?;
            if *behaviour == Behaviour::ConflictWithOthers && batch.len() > 1 {
                return Err(db::Error::conflict("another task of the batch is in the way"));
            }
        }
        Ok(batch.iter().filter(|write| write.1 != Behaviour::NoOutcome).map(|write| write.0).collect())
    }
}

impl Task<Ledger> for WriteOnce {
    type Outcome = i32;
    const ACCESS: Access = Access::Write;

    fn run(_: &Ledger, batch: &[Self], db: &mut Db) -> db::Result<Vec<i32>> {
        for Self { id, rival } in batch {
            if !entries(db)?.contains(id) {
                insert(&mut *rival.writer()?, *id)?;
                insert(db, *id)?;
            }
        }
        Ok(batch.iter().map(|write| write.id).collect())
    }
}

impl Task<Ledger> for Swap {
    type Outcome = ();
    const ACCESS: Access = Access::Write;

    fn run(_: &Ledger, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let lock = |db: &mut Db, id: i32| -> db::Result<()> {
            with_conn!(db, diesel::update(entry::table.find(id)).set(entry::id.eq(id)).execute(db))?;
            Ok(())
        };
        for Self { first, second, met } in batch {
            lock(db, *first)?;
            met.fetch_add(1, Relaxed);
            let until = Instant::now() + Duration::from_secs(5);
            while met.load(Relaxed) < 2 && Instant::now() < until {
                std::thread::yield_now();
            }
            lock(db, *second)?;
        }
        Ok(vec![(); batch.len()])
    }
}

impl Task<Ledger> for WriteAccepted {
    type Outcome = i32;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Ledger, batch: &[Self], db: &mut Db) -> db::Result<Vec<i32>> {
        batch.iter().map(|Self(id)| insert(db, *id).map(|()| *id)).collect()
    }
}

impl Task<Ledger> for List {
    type Outcome = Vec<i32>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Ledger, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<i32>>> {
        batch
            .iter()
            .map(|list| {
                behave(db, list.0)?;
                entries(db)
            })
            .collect()
    }
}

impl Task<Ledger> for Report {
    type Outcome = ();
    const ACCESS: Access = Access::Report;

    fn run(_: &Ledger, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        for report in batch {
            entries(db)?;
            report.begins.send(()).unwrap();
            report.ends.recv_timeout(Duration::from_secs(30)).unwrap_err();
        }
        Ok(vec![(); batch.len()])
    }
}

impl Task<Ledger> for CountOnConnection {
    type Outcome = i64;
    const ACCESS: Access = Access::Write;

    fn run(_: &Ledger, batch: &[Self], db: &mut Db) -> db::Result<Vec<i64>> {
        let mut ages = Vec::new();
        for _ in batch {
            db.batch_execute("CREATE TEMPORARY TABLE IF NOT EXISTS seen (n INTEGER)")?;
            db.batch_execute("INSERT INTO seen VALUES (1)")?;
            ages.push(with_conn!(db, seen::table.count().get_result(db))?);
        }
        Ok(ages)
    }
}
