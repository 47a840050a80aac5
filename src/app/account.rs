//! The administrator's account: made on the first start.

use anyhow::Context;

use super::graph::Graph;
use crate::actor::task::ask;
use crate::config::Admin;
use crate::domain::money::Money;
use crate::domain::status::Role;
use crate::domain::text::{Password, UserName};
use crate::http::security::password::Passwords;
use crate::secret;
use crate::user::message::{Credential, FindCredential, Register, SetPassword};

/// Makes the administrator where there is none, or gives them the password of the settings. Returns what to print.
pub async fn admin(graph: &Graph, passwords: &Passwords, admin: &Admin) -> anyhow::Result<Vec<String>> {
    let given = admin.password.expose();
    let mut found = find(graph, admin).await?;
    if found.is_none() {
        let password = choose(given)?;
        let register = register(graph, passwords, admin.user.clone(), &password, Role::Admin).await?;
        if ask(&graph.owners.user, register).await.context("cannot make the administrator")?.is_ok() {
            return Ok(note("administrator", admin.user.as_str(), given, &password));
        }
        // Another node that starts at the same moment was faster.
        found = find(graph, admin).await?;
    }
    let found = found.with_context(|| format!("setting admin.user: {} is taken", admin.user.as_str()))?;
    anyhow::ensure!(found.user_role == Role::Admin, "setting admin.user: {} is a customer", admin.user.as_str());
    if !given.is_empty() {
        let password_hash = hash(passwords, given).await?;
        let set = SetPassword { user_id: found.user_id, password_hash };
        ask(&graph.owners.user, set).await.context("cannot set the administrator's password")?;
    }
    Ok(Vec::new())
}

async fn find(graph: &Graph, admin: &Admin) -> anyhow::Result<Option<Credential>> {
    let find = FindCredential { user_name: admin.user.clone() };
    ask(&graph.owners.user, find).await.context("cannot look for the administrator")
}

/// The password of the settings, or a new one.
pub fn choose(given: &str) -> anyhow::Result<String> {
    if given.is_empty() { secret::password() } else { Ok(given.to_owned()) }
}

/// What to print of a new account: the password only where it was made here.
pub fn note(who: &str, name: &str, given: &str, password: &str) -> Vec<String> {
    if given.is_empty() { vec![format!("{who}: {name}  password: {password}  (shown once)")] } else { Vec::new() }
}

/// A registration without balance and points, under a new id.
pub async fn register(
    graph: &Graph,
    passwords: &Passwords,
    user_name: UserName,
    password: &str,
    role: Role,
) -> anyhow::Result<Register> {
    Ok(Register {
        user_id: graph.ids.next(),
        user_name,
        password_hash: hash(passwords, password).await?,
        user_mobile: None,
        role,
        user_money: Money::ZERO,
        user_score: 0,
    })
}

async fn hash(passwords: &Passwords, password: &str) -> anyhow::Result<String> {
    let password = Password::try_from(password.to_owned())?;
    passwords.hash(password).await.map_err(|problem| anyhow::anyhow!("cannot hash a password: {problem}"))
}
