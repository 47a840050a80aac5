//! Reservations and compensations at each of the three owners, in every order of arrival and each of them twice.

use std::sync::Arc;
use std::time::Duration;

use actix::Arbiter;
use futures_util::future::{BoxFuture, join_all};
use tradepost::actor::owner::Limits;
use tradepost::actor::task::ask;
use tradepost::actor::{BlockingExecutor, Chain, Context, Faults, Fence, OwnerActor, OwnerAddr, RelayWaker};
use tradepost::config;
use tradepost::coupon::{self, Coupon};
use tradepost::db::{self, Store, migrate};
use tradepost::domain::clock::Clock;
use tradepost::domain::id::{Id, IdGenerator, NodeId, OrderId};
use tradepost::domain::money::Money;
use tradepost::domain::status::{Role, SaleStatus};
use tradepost::goods::{self, Goods};
use tradepost::messaging::contract::ReservationsReleased;
use tradepost::messaging::inbox::{Consumer, Delivery};
use tradepost::messaging::outbox::Message;
use tradepost::user::{self, User};

use crate::server::place::Place;
use crate::support::{self, number};

const ORDER: OrderId = OrderId::new(1);
const OTHER: OrderId = OrderId::new(2);
const LIMITS: Limits = Limits { mailbox: 100, reserved: 100, batch_max: 100, batch_wait: Duration::ZERO };

/// A message that arrives at the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    Reserve,
    /// A cancellation with this number in its message id.
    Cancel(u8),
}
use Arrival::{Cancel, Reserve};

/// Whether a reservation succeeded; `None` for a cancellation.
type Outcome = Option<bool>;

fn context() -> Context {
    let (clock, node) = (Clock::default(), NodeId::default());
    let ids = Arc::new(IdGenerator::new(clock.clone(), node));
    Context {
        clock,
        ids,
        node,
        fence: Fence::default(),
        faults: Faults::default(),
        arbiter: Arbiter::current(),
        executor: BlockingExecutor::default(),
        relay_waker: RelayWaker::default(),
        chain: Chain::default(),
    }
}

/// Every order in which two reservations and two cancellations can arrive. The second cancellation is either a
/// duplicate of the first or a message of its own.
fn arrivals() -> Vec<Vec<Arrival>> {
    let mut all = Vec::new();
    for second in [1, 2] {
        for cancels in [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]] {
            let mut order = vec![Reserve; 4];
            order[cancels[0]] = Cancel(1);
            order[cancels[1]] = Cancel(second);
            all.push(order);
        }
    }
    all
}

async fn cancel<O: Consumer>(owner: &OwnerAddr<O>, group: &str, number: u8) {
    let (user_id, coupon_id, goods) = (Id::new(1), Some(Id::new(1)), vec![Id::new(1), Id::new(2)]);
    let body = ReservationsReleased { order_id: ORDER, user_id, coupon_id, goods };
    let delivery = Delivery(Message {
        id: format!("cancel-{number}"),
        group: group.to_owned().into(),
        topic: "order".into(),
        tag: "cancel".into(),
        key: ORDER.to_string().into(),
        body: serde_json::to_string(&body).unwrap().into(),
        attempt: 1,
        age: Duration::ZERO,
    });
    ask(owner, delivery).await.unwrap().unwrap();
}

/// Runs every order of arrival, sequentially and concurrently, check_every_arrival on a new owner.
async fn check_every_arrival<O: Consumer>(
    migrations: fn() -> migrate::Migrations,
    start: impl AsyncFn(Store) -> OwnerAddr<O>,
    reserve: impl Fn(OwnerAddr<O>, OrderId) -> BoxFuture<'static, bool>,
    group: &'static str,
    sums: &[(&str, i64)],
) {
    for (arrivals, at_once) in arrivals().into_iter().flat_map(|order| [(order.clone(), false), (order, true)]) {
        let database = Place::new();
        // Concurrent messages must not form one batch, and batches must overlap if the engine allows several writers.
        let writers = if at_once { 4 } else { 1 };
        let store = Store::new(&database.url(), group, db::Limits { writers, ..support::LIMITS }).unwrap();
        migrate::run(&store, migrations()).unwrap();
        let owner = start(store.clone()).await;
        let arrive = async |arrival: Arrival| -> Outcome {
            match arrival {
                Reserve => Some(reserve(owner.clone(), ORDER).await),
                Cancel(number) => {
                    cancel(&owner, group, number).await;
                    None
                }
            }
        };
        if at_once {
            join_all(arrivals.iter().map(|arrival| arrive(*arrival))).await;
        } else {
            let first_cancel = arrivals.iter().position(|arrival| *arrival != Reserve).unwrap();
            for (index, arrival) in arrivals.iter().enumerate() {
                let outcome = arrive(*arrival).await;
                let is_expected = outcome.is_none_or(|succeeded| succeeded == (index < first_cancel));
                assert!(is_expected, "{index} of {arrivals:?}: {outcome:?}");
            }
        }
        assert!(!arrive(Reserve).await.unwrap(), "{arrivals:?}: a reservation after all of them succeeded");
        for (query, sum) in sums {
            assert_eq!(number(&store, query), *sum, "{group}, {arrivals:?}, at once: {at_once}: {query}");
        }
        assert!(reserve(owner.clone(), OTHER).await, "{arrivals:?}: another order cannot reserve everything");
    }
}

#[actix_web::test]
async fn stock_is_correct_in_every_order_of_arrival() {
    let start = async |store| {
        let (owner, _) = OwnerActor::start(Arc::new(Goods { context: context() }), store, LIMITS);
        for goods_id in [1, 2] {
            let create = goods::message::Create {
                goods_id: Id::new(goods_id),
                goods_name: "goods".to_owned().try_into().unwrap(),
                goods_number: 3.try_into().unwrap(),
                goods_price: Money::from_minor(100),
                goods_desc: String::new().try_into().unwrap(),
                on_sale: SaleStatus::OnSale,
                request: None,
            };
            ask(&owner, create).await.unwrap().unwrap();
        }
        owner
    };
    let reserve = |owner: OwnerAddr<Goods>, order_id| -> BoxFuture<'static, bool> {
        let lines = vec![(Id::new(1), 3.try_into().unwrap()), (Id::new(2), 2.try_into().unwrap())];
        Box::pin(async move { ask(&owner, goods::message::Reserve { order_id, lines }).await.unwrap().is_ok() })
    };
    let sums = [
        ("SELECT sum(goods_number) AS n FROM goods", 6),
        ("SELECT sum(goods_number * (3 - 2 * direction)) AS n FROM goods_number_log", 0),
        ("SELECT count(*) AS n FROM goods_number_log WHERE direction = 2", 2),
    ];
    check_every_arrival(|| migrate::GOODS, start, reserve, "goods", &sums).await;
}

#[actix_web::test]
async fn a_coupon_is_correct_in_every_order_of_arrival() {
    let start = async |store| {
        let (owner, _) = OwnerActor::start(Arc::new(Coupon { context: context() }), store, LIMITS);
        let (coupon_id, user_id) = (Id::new(1), Id::new(1));
        let create =
            coupon::message::Create { coupon_id, user_id, coupon_price: Money::from_minor(2_000), request: None };
        ask(&owner, create).await.unwrap().unwrap();
        owner
    };
    let reserve = |owner: OwnerAddr<Coupon>, order_id| -> BoxFuture<'static, bool> {
        let (coupon_id, user_id) = (Id::new(1), Id::new(1));
        Box::pin(
            async move { ask(&owner, coupon::message::Bind { order_id, coupon_id, user_id }).await.unwrap().is_ok() },
        )
    };
    let sums =
        [("SELECT sum(is_used) AS n FROM coupon", 0), ("SELECT count(*) AS n FROM coupon_log WHERE direction = 2", 1)];
    check_every_arrival(|| migrate::COUPON, start, reserve, "coupon", &sums).await;
}

#[actix_web::test]
async fn a_balance_is_correct_in_every_order_of_arrival() {
    let start = async |store| {
        let points_per_unit = config::read("", Vec::new()).unwrap().points.per_unit;
        let (owner, _) = OwnerActor::start(Arc::new(User { context: context(), points_per_unit }), store, LIMITS);
        let register = user::message::Register {
            user_id: Id::new(1),
            user_name: "zs".to_owned().try_into().unwrap(),
            password_hash: "none".to_owned(),
            user_mobile: None,
            role: Role::Customer,
            user_money: Money::from_minor(10_000),
            user_score: 0,
            key: None,
        };
        ask(&owner, register).await.unwrap().unwrap();
        owner
    };
    let reserve = |owner: OwnerAddr<User>, order_id| -> BoxFuture<'static, bool> {
        let (user_id, money) = (Id::new(1), Money::from_minor(10_000));
        Box::pin(async move { ask(&owner, user::message::Take { order_id, user_id, money }).await.unwrap().is_ok() })
    };
    let sums = [
        ("SELECT sum(user_money) AS n FROM users", 10_000),
        ("SELECT sum(use_money * (3 - 2 * money_log_type)) AS n FROM user_money_log", 0),
        ("SELECT count(*) AS n FROM user_money_log WHERE money_log_type = 2", 1),
    ];
    check_every_arrival(|| migrate::USER, start, reserve, "user", &sums).await;
}
