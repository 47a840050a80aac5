//! The administrator's account, created on the first start.

use anyhow::Context;

use super::{choose, hash, note, register};
use crate::actor::task::ask;
use crate::app::graph::Graph;
use crate::config::Admin;
use crate::domain::status::Role;
use crate::http::security::password::Passwords;
use crate::user::message::{Credential, FindCredential, SetPassword};

/// Creates the administrator if there is none; otherwise sets the password of the settings, if there is one. Returns
/// the notes to print.
///
/// # Errors
/// Fails if the user name belongs to a customer, or the owner does not reply.
pub async fn admin(graph: &Graph, passwords: &Passwords, admin: &Admin) -> anyhow::Result<Vec<String>> {
    let configured = admin.password.expose();
    let mut found = find(graph, admin).await?;
    if found.is_none() {
        let password = choose(configured)?;
        let register = register(graph, passwords, admin.user.clone(), &password, Role::Admin).await?;
        if ask(&graph.owners.user, register).await.context("cannot create the administrator")?.is_ok() {
            return Ok(note("administrator", admin.user.as_str(), configured, &password));
        }
        // Another node that started at the same time has created the account.
        found = find(graph, admin).await?;
    }
    let found = found.with_context(|| format!("setting admin.user: {} is taken", admin.user.as_str()))?;
    anyhow::ensure!(found.user_role == Role::Admin, "setting admin.user: {} is a customer", admin.user.as_str());
    if !configured.is_empty() {
        let password_hash = hash(passwords, configured).await?;
        let set = SetPassword { user_id: found.user_id, password_hash };
        ask(&graph.owners.user, set).await.context("cannot set the administrator's password")?;
    }
    Ok(Vec::new())
}

async fn find(graph: &Graph, admin: &Admin) -> anyhow::Result<Option<Credential>> {
    let find = FindCredential { user_name: admin.user.clone() };
    ask(&graph.owners.user, find).await.context("cannot find the administrator")
}
