//! Creates what a first start needs: secrets, the administrator, the demo data.

pub mod admin;
pub mod demo;
pub mod secret;

use super::graph::Graph;
use crate::domain::money::Money;
use crate::domain::status::Role;
use crate::domain::text::{Password, UserName};
use crate::http::security::password::Passwords;
use crate::user::message::Register;

/// The password of the settings, or a generated one if that is empty.
pub fn choose(configured: &str) -> anyhow::Result<String> {
    if configured.is_empty() { secret::password() } else { Ok(configured.to_owned()) }
}

/// The note to print about a new account: its password if that was generated, otherwise nothing.
pub fn note(account: &str, name: &str, configured: &str, password: &str) -> Vec<String> {
    if configured.is_empty() {
        vec![format!("{account}: {name}  password: {password}  (shown once)")]
    } else {
        Vec::new()
    }
}

/// A registration with a new id, no balance and no points.
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
