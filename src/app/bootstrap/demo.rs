//! The demo data: a user and a coupon, with the ids of the teaching case this project is based on, and a few goods.

use std::collections::HashSet;

use anyhow::Context;

use super::{choose, register};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::app::graph::Graph;
use crate::config::Demo;
use crate::domain::id::{CouponId, GoodsId, UserId};
use crate::domain::money::Money;
use crate::domain::quantity::Stock;
use crate::domain::status::{Role, SaleStatus};
use crate::domain::text::{GoodsDesc, GoodsName, UserName};
use crate::http::security::first_passwords::FirstPasswords;
use crate::http::security::password::Passwords;
use crate::{coupon, goods, user};

/// The demo user.
pub const USER: UserId = UserId::new(345_963_634_385_633_280);
const USER_NAME: &str = "zs";
const COUPON: CouponId = CouponId::new(345_988_230_098_857_984);

/// The goods: id, name, stock, price in minor units, description.
const GOODS: [(i64, &str, i64, i64, &str); 5] = [
    (345_959_443_973_935_104, "Javase课程", 1_000, 100_000, "The course of the golden case."),
    (345_959_443_973_935_105, "Rust handbook", 500, 4_950, "Ownership, borrowing, and why the compiler is right."),
    (345_959_443_973_935_106, "Mechanical keyboard", 120, 39_900, "Brown switches, no light show."),
    (345_959_443_973_935_107, "Coffee mug", 2_000, 1_290, "Holds 0.3 l and one release candidate."),
    (345_959_443_973_935_108, "Rubber duck", 10_000, 500, "Listens."),
];

/// Creates the demo data that do not exist yet. A generated password of the demo user is in `first` before the account
/// exists.
///
/// # Errors
/// Fails if an owner does not reply.
pub async fn seed(graph: &Graph, passwords: &Passwords, demo: &Demo, first: &FirstPasswords) -> anyhow::Result<()> {
    seed_goods(graph).await.context("cannot create the demo goods")?;
    seed_user(graph, passwords, demo, first).await.context("cannot create the demo user")?;
    let find = coupon::message::Find { coupon_id: COUPON, user_id: USER };
    if ask(&graph.owners.coupon, find).await?.is_none() {
        let coupon_price = Money::from_minor(2_000);
        let create = coupon::message::Create { coupon_id: COUPON, user_id: USER, coupon_price, request: None };
        let created = ask(&graph.owners.coupon, create).await;
        let exists = async { Ok(ask(&graph.owners.coupon, find).await?.is_some()) };
        created_or_exists(created, exists).await.context("cannot create the demo coupon")?;
    }
    Ok(())
}

/// The demo goods.
pub fn goods() -> Vec<GoodsId> {
    GOODS.iter().map(|(id, ..)| GoodsId::new(*id)).collect()
}

async fn seed_goods(graph: &Graph) -> anyhow::Result<()> {
    let found = ask(&graph.owners.goods, goods::message::Find { goods: goods() }).await?;
    let found: HashSet<GoodsId> = found.into_iter().map(|goods| goods.goods_id).collect();
    for (id, name, number, price, desc) in GOODS.into_iter().filter(|(id, ..)| !found.contains(&GoodsId::new(*id))) {
        let create = goods::message::Create {
            goods_id: GoodsId::new(id),
            goods_name: GoodsName::try_from(name.to_owned()).map_err(anyhow::Error::msg)?,
            goods_number: Stock::try_from(number)?,
            goods_price: Money::from_minor(price),
            goods_desc: GoodsDesc::try_from(desc.to_owned()).map_err(anyhow::Error::msg)?,
            on_sale: SaleStatus::OnSale,
            request: None,
        };
        let created = ask(&graph.owners.goods, create).await;
        let find = goods::message::Find { goods: vec![GoodsId::new(id)] };
        created_or_exists(created, async { Ok(!ask(&graph.owners.goods, find).await?.is_empty()) }).await?;
    }
    Ok(())
}

/// The outcome of a creation: success if it succeeded here, or if the object `exists` because another node that started
/// at the same time created it.
async fn created_or_exists<T>(created: Reply<T>, exists: impl Future<Output = Reply<bool>>) -> Reply<()> {
    match created {
        Ok(_) => Ok(()),
        Err(failure) => {
            if exists.await? {
                Ok(())
            } else {
                Err(failure)
            }
        }
    }
}

async fn seed_user(graph: &Graph, passwords: &Passwords, demo: &Demo, first: &FirstPasswords) -> anyhow::Result<()> {
    if ask(&graph.owners.user, user::message::Find { user_id: USER }).await?.is_some() {
        return Ok(());
    }
    let password = choose(demo.password.expose(), "demo user", USER_NAME, first)?;
    let user_name = UserName::try_from(USER_NAME.to_owned())?;
    let mut register = register(graph, passwords, user_name, &password, Role::Customer).await?;
    (register.user_id, register.user_money, register.user_score) = (USER, Money::from_minor(100_000), 100);
    // If the name was registered before the demo data were enabled, that account stays.
    let _ = ask(&graph.owners.user, register).await?;
    Ok(())
}
