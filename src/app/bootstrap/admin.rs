//! The administrator's account, created on the first start.

use anyhow::Context;

use super::{choose, hash, register};
use crate::actor::task::ask;
use crate::app::graph::Graph;
use crate::config::Admin;
use crate::domain::status::Role;
use crate::domain::text::Password;
use crate::http::security::first_passwords::FirstPasswords;
use crate::http::security::password::Passwords;
use crate::user::message::{Credential, FindCredential, ListAdmins, SetPassword};

/// The kind of account, in the file of the first passwords.
pub const ACCOUNT: &str = "administrator";

/// Creates the administrator if there is none; otherwise sets the password of the settings, if there is one. A generated
/// password is in `first` before the account exists. Returns the administrator's credential.
///
/// # Errors
/// Fails if the user name belongs to a customer, or the owner does not reply.
pub async fn admin(
    graph: &Graph,
    passwords: &Passwords,
    admin: &Admin,
    first: &FirstPasswords,
) -> anyhow::Result<Credential> {
    let configured = admin.password.expose();
    let mut found = find(graph, admin).await?;
    if found.is_none() {
        let password = choose(configured, ACCOUNT, admin.user.as_str(), first)?;
        let register = register(graph, passwords, admin.user.clone(), &password, Role::Admin).await?;
        // If the name is taken, another node that started at the same time has created the account.
        let _ = ask(&graph.owners.user, register).await.context("cannot create the administrator")?;
        found = find(graph, admin).await?;
    }
    let mut found = found.with_context(|| format!("setting admin.user: {} is taken", admin.user.as_str()))?;
    let is_admin = found.state.user_role == Role::Admin;
    anyhow::ensure!(is_admin, "setting admin.user: {} is a customer", found.user_name);
    anyhow::ensure!(found.state.disable_time.is_none(), "setting admin.user: {} is disabled", found.user_name);
    if !configured.is_empty() && !is_password_of(passwords, configured, &found).await? {
        let password_hash = hash(passwords, configured).await?;
        found.user_password.clone_from(&password_hash);
        let set = SetPassword { user_id: found.user_id, password_hash };
        ask(&graph.owners.user, set).await.context("cannot set the administrator's password")?;
    }
    name_the_others(graph, admin).await?;
    Ok(found)
}

async fn find(graph: &Graph, admin: &Admin) -> anyhow::Result<Option<Credential>> {
    let find = FindCredential { user_name: admin.user.clone() };
    ask(&graph.owners.user, find).await.context("cannot find the administrator")
}

/// An unchanged password is not set again, because that would end the administrator's sessions.
pub async fn is_password_of(passwords: &Passwords, password: &str, credential: &Credential) -> anyhow::Result<bool> {
    let password = Password::try_from(password.to_owned())?;
    let matches = passwords.verify(password, Some(credential.user_password.clone())).await;
    matches.map_err(|problem| anyhow::anyhow!("cannot verify a password: {problem}"))
}

/// Warns of former administrators: their accounts remain if `admin.user` changes, as those of customers.
async fn name_the_others(graph: &Graph, admin: &Admin) -> anyhow::Result<()> {
    let mut names = ask(&graph.owners.user, ListAdmins).await.context("cannot list the administrators")?;
    names.retain(|name| name != admin.user.as_str());
    if !names.is_empty() {
        let others = names.join(", ");
        tracing::warn!(
            %others,
            "these accounts were administrators before admin.user was changed; they have the rights of customers now"
        );
    }
    Ok(())
}
